import type { Command } from "commander";

import { type JsonObject, stringAt } from "../../domain/json.ts";
import { CUSTOM_SERVER, ServerName } from "../../domain/server.ts";
import { countAt, objectAt } from "../answer-fields.ts";
import { usageError } from "../cli-error.ts";
import { type CommandKit, repeated, withCommon } from "../command-kit.ts";
import type { CommonOptions, Context } from "../context.ts";
import { EXIT, EXIT_OF, type ExitCode } from "../exit-codes.ts";
import { healthDetails } from "../health-text.ts";
import { oneLine } from "../printable.ts";

interface AddOptions extends CommonOptions {
  readonly header: readonly string[];
  readonly env: readonly string[];
  readonly tag: readonly string[];
  readonly type?: string;
  readonly cwd?: string;
  readonly description?: string;
}

export function addAdd(program: Command, kit: CommandKit): void {
  const command = program
    .command("add")
    .description("add a server: a URL, or after -- the command that starts it")
    .argument("<name>", "what to call it")
    .argument("[target...]", "its URL, or -- command args…")
    .addOption(repeated("--header <name: value>", "header sent to a URL; may be repeated"))
    .addOption(repeated("--env <key=value>", "environment variable of a command; may be repeated"))
    .addOption(repeated("--tag <tag>", "to find and group servers; may be repeated"))
    .option("--type <type>", "stdio, http or sse; else it follows from the target")
    .option("--cwd <folder>", "folder that the command starts in")
    .option("--description <text>", "what it is for");
  withCommon(command).action((name: string, target: readonly string[], options: AddOptions) =>
    kit.run(options, async (context) => {
      const entry = entryOf(name, target, options);
      context.out.progress(`Adding "${name}" and waiting for its tools …`);
      const server = await context.client().post("/api/v1/servers", { name, ...entry }, { wait: "tools" });
      const health = objectAt(server, "health");
      context.out.result(server, () => outcomeText(name, server, context));
      return exitOf(health);
    }),
  );
}

function entryOf(name: string, target: readonly string[], options: AddOptions): JsonObject {
  if (!ServerName.safeParse(name).success || name === CUSTOM_SERVER)
    throw usageError(
      `"${name}" cannot be a server's name.`,
      "1–32 letters, digits, '-' or single '_' inside",
    );
  const [first, ...others] = target;
  if (first === undefined)
    throw usageError(
      "There is nothing to add.",
      `switchgear add ${name} https://… or switchgear add ${name} -- npx …`,
    );
  const shared = {
    ...(options.type === undefined ? {} : { type: options.type }),
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.tag.length === 0 ? {} : { gateway: { tags: options.tag } }),
  };
  if (/^https?:\/\//i.test(first) && others.length === 0) return { ...shared, ...urlEntry(first, options) };
  return { ...shared, ...commandEntry(first, others, options) };
}

function urlEntry(url: string, { header, env, cwd }: AddOptions): JsonObject {
  if (env.length > 0 || cwd !== undefined)
    throw usageError(
      "--env and --cwd belong to a command, not to a URL.",
      "For a URL use --header 'Name: value'",
    );
  return { url, headers: pairs(header, /^([^\s:]+):\s*(.*)$/s, "--header 'Name: value'") };
}

function commandEntry(
  command: string,
  args: readonly string[],
  { header, env, cwd }: AddOptions,
): JsonObject {
  if (header.length > 0)
    throw usageError("--header belongs to a URL, not to a command.", "For a command use --env KEY=VALUE");
  const variables = pairs(env, /^([A-Za-z_]\w*)=(.*)$/s, "--env KEY=VALUE");
  return { command, args, env: variables, ...(cwd === undefined ? {} : { cwd }) };
}

/** The texts themselves may be secrets and are not repeated. */
function pairs(texts: readonly string[], form: RegExp, expected: string): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const match = form.exec(text);
      if (match === null) throw usageError(`Expected ${expected}.`);
      return [match[1] ?? "", match[2] ?? ""];
    }),
  );
}

/** A server that did not start is registered all the same: 6, so that scripts notice. */
function exitOf(health: JsonObject): ExitCode {
  if (stringAt(health, "level") !== "unhealthy") return EXIT.ok;
  return stringAt(health, "code") === "needs_input" ? EXIT_OF.needs_input : EXIT.upstream;
}

function outcomeText(name: string, server: JsonObject, { out }: Context): string {
  const health = objectAt(server, "health");
  const tools = countAt(objectAt(server, "counts"), "tools");
  const summary = oneLine(stringAt(health, "summary") ?? "");
  if (stringAt(health, "level") === "unhealthy") {
    const details = healthDetails(health, out).map((line) => `  ${line}`);
    const head = `${out.paint("red")("✗")} "${name}" was added, but it did not start: ${summary}`;
    const after = `  then: switchgear status · to give up: switchgear rm ${name}`;
    return [head, ...details, out.paint("dim")(after)].join("\n");
  }
  const quarantined = Array.isArray(health["quarantined"]) ? health["quarantined"].length : 0;
  const lines = [`${out.paint("green")("✓")} Added "${name}": ${tools === 1 ? "1 tool" : `${tools} tools`}.`];
  if (stringAt(health, "level") !== "healthy") lines.push(`  ${summary}`);
  if (quarantined > 0) lines.push(`  ${quarantined} malformed left out; switchgear ls --json tells which`);
  return lines.join("\n");
}
