import { resolve } from "node:path";

import { type Command, Option } from "commander";

import {
  CLIENTS,
  type Client,
  type ClientConfig,
  readClientConfig,
  readClientConfigs,
} from "../../config/config.ts";
import { GatewayError } from "../../domain/errors.ts";
import type { ServerEntry } from "../../domain/server.ts";
import { CliError } from "../cli-error.ts";
import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions, Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { GatewayClient } from "../gateway-client.ts";

interface ImportOptions extends CommonOptions {
  readonly client?: Client;
  readonly dryRun?: boolean;
}

interface Outcome {
  readonly name: string;
  readonly source: string;
  readonly file: string;
  readonly result: "added" | "would be added" | "exists" | "skipped" | "failed";
  readonly reason?: string;
  readonly notes: readonly string[];
}

export function addImport(program: Command, kit: CommandKit): void {
  withCommon(
    program
      .command("import")
      .description("add the servers that other MCP clients on this machine know")
      .argument("[file]", "a client's config file; without it all known places are read")
      .addOption(new Option("--client <client>", "only this client").choices(CLIENTS))
      .option("--dry-run", "show what would be added"),
  ).action((file: string | undefined, options: ImportOptions) =>
    kit.run(options, async (context) => {
      const configs = read(context, file, options.client);
      const client = options.dryRun === true ? undefined : context.client();
      const outcomes: Outcome[] = [];
      const taken = new Set<string>();
      for (const config of configs) outcomes.push(...(await importAll(config, client, taken)));
      const problems = configs.flatMap(({ file: place, problem }) =>
        problem === undefined ? [] : [{ file: place, problem }],
      );
      context.out.result({ items: outcomes, problems }, () => report(outcomes, context));
      for (const { problem } of problems) context.out.progress(`not read: ${problem}`);
      return exitOf(outcomes, problems.length);
    }),
  );
}

function read(
  { deps }: Context,
  file: string | undefined,
  client: Client | undefined,
): readonly ClientConfig[] {
  const machine = { platform: deps.platform, home: deps.home, cwd: deps.cwd, env: deps.env };
  const configs =
    file === undefined
      ? readClientConfigs(machine, client)
      : [readClientConfig(resolve(deps.cwd, file), machine, client)];
  if (configs.length > 0) return configs;
  throw new CliError(
    EXIT.notFound,
    "not_found",
    `No config of ${client ?? "a known MCP client"} was found.`,
    {
      fix: [{ label: "Name the file", command: "switchgear import path/to/mcp.json" }],
    },
  );
}

async function importAll(
  config: ClientConfig,
  client: GatewayClient | undefined,
  taken: Set<string>,
): Promise<Outcome[]> {
  const { source, file } = config;
  const outcomes: Outcome[] = [];
  for (const [name, entry] of Object.entries(config.servers)) {
    const notes = config.notes.filter((note) => note.name === name).map(({ note }) => note);
    const told = await importOne(name, entry, client, taken);
    taken.add(name);
    outcomes.push({ name, source, file, ...told, notes });
  }
  const skipped = config.skipped.map(({ name, reason }) => ({
    name,
    source,
    file,
    result: "skipped" as const,
    reason,
    notes: [],
  }));
  return [...outcomes, ...skipped];
}

async function importOne(
  name: string,
  entry: ServerEntry,
  client: GatewayClient | undefined,
  taken: ReadonlySet<string>,
): Promise<Pick<Outcome, "result" | "reason">> {
  if (taken.has(name)) return { result: "exists", reason: "another file has a server of this name" };
  if (client === undefined) return { result: "would be added" };
  try {
    await client.post("/api/v1/servers", { name, ...entry });
    return { result: "added" };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    if (error.code === "conflict") return { result: "exists", reason: "a server of this name is registered" };
    // What is wrong with one entry is no reason to leave out the others; what is wrong with the gateway is.
    if (!["invalid_request", "egress_denied"].includes(error.code)) throw error;
    return { result: "failed", reason: error.message };
  }
}

function report(outcomes: readonly Outcome[], { out }: Context): string {
  if (outcomes.length === 0) return "The files hold no servers.";
  const colour = {
    added: "green",
    "would be added": "cyan",
    exists: "dim",
    skipped: "yellow",
    failed: "red",
  } as const;
  const rows = outcomes.map(({ name, source, result, reason, notes }) => [
    { text: name, paint: out.paint("bold") },
    source,
    { text: result, paint: out.paint(colour[result]) },
    [...(reason === undefined ? [] : [reason]), ...notes].join("; "),
  ]);
  const added = outcomes.filter(({ result }) => result === "added").length;
  const hint = added === 0 ? [] : ["", "See how they start: switchgear ls"];
  return [out.table(["SERVER", "FROM", "RESULT", ""], rows), ...hint].join("\n");
}

function exitOf(outcomes: readonly Outcome[], problems: number): ExitCode {
  if (outcomes.some(({ result }) => result === "failed")) return EXIT.failed;
  return problems > 0 ? EXIT.config : EXIT.ok;
}
