import { once } from "node:events";

import type { Command } from "commander";

import type { Config } from "../../config/config.ts";
import { nearestName } from "../../domain/nearest-name.ts";
import { type Logger, createLogger } from "../../observability/logger.ts";
import { banner } from "../banner.ts";
import type { CliDeps, RunningGateway } from "../cli-deps.ts";
import { CliError, usageError } from "../cli-error.ts";
import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions, Context } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { probeGateway } from "../gateway-probe.ts";
import { readState, removeState, writeState } from "../state-files.ts";

interface ServeOptions extends CommonOptions {
  readonly listen?: string;
  readonly logLevel?: string;
}

/** The default command; so it is also what a misspelt command arrives at. */
export function addServe(program: Command, kit: CommandKit): void {
  const command = program
    .command("serve", { isDefault: true })
    .description("run the gateway (the default)")
    .option("--listen <address>", "host:port (SWITCHGEAR_LISTEN)")
    .option("--log-level <level>", "debug, info, warn, error or silent (SWITCHGEAR_LOG_LEVEL)")
    .allowExcessArguments()
    .allowUnknownOption();
  withCommon(command).action((options: ServeOptions) =>
    kit.run(options, async (context) => {
      refuseOthers(program, command);
      const config = context.loadConfig({ listen: options.listen, logLevel: options.logLevel });
      const { dataDir } = config.gateway;
      await refuseSecond(dataDir, kit.deps);
      const gateway = await start(config, loggerFor(config, kit.deps), kit.deps);
      try {
        const state = { url: gateway.url, pid: process.pid, started_at: new Date().toISOString() };
        writeState(dataDir, state, gateway.localKey);
        context.out.result({ ...state, admin_key: gateway.adminKey }, () =>
          banner(gateway, kit.deps, context.out),
        );
        await stopped(context);
      } finally {
        removeState(dataDir, process.pid);
        await gateway.close();
      }
    }),
  );
}

export function loggerFor(config: Config, deps: CliDeps): Logger {
  return createLogger({ level: config.gateway.log.level, write: (line) => deps.stderr.write(line) });
}

async function stopped({ deps, out }: Context): Promise<void> {
  if (!deps.stop.aborted) await once(deps.stop, "abort");
  out.progress("Stopping; calls in flight may end.");
}

function refuseOthers(program: Command, serve: Command): void {
  const [first] = serve.args;
  if (first === undefined) return;
  const isOption = first.startsWith("-");
  const known = isOption
    ? serve.options.map((option) => option.long ?? "")
    : program.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  const nearest = nearestName(first, known);
  const hint = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
  throw usageError(
    `unknown ${isOption ? "option" : "command"} "${first}"${hint}`,
    "switchgear --help lists them",
  );
}

/** Two gateways on one data folder would not hear of each other's changes. */
async function refuseSecond(dataDir: string, deps: CliDeps): Promise<void> {
  const state = readState(dataDir);
  if (state === undefined || (await probeGateway(state.url, deps.fetch)) === undefined) return;
  throw new CliError(
    EXIT.portInUse,
    "conflict",
    `A gateway runs already on the data folder ${dataDir}: ${state.url}, process ${state.pid}.`,
    {
      shownCode: "port_in_use",
      details: { url: state.url, pid: state.pid },
      fix: [
        { label: "Use the one that runs", command: "switchgear status" },
        { label: "Or stop it first", command: `kill ${state.pid}` },
        {
          label: "Or give this one its own folder and port",
          command: "switchgear serve --data-dir … --listen 127.0.0.1:4471",
        },
      ],
    },
  );
}

async function start(config: Config, logger: Logger, deps: CliDeps): Promise<RunningGateway> {
  try {
    return await deps.startGateway(config, { logger, firstKey: true });
  } catch (cause) {
    const { host, port } = config.gateway.listen;
    const code = codeOf(cause);
    if (code === "EADDRINUSE") throw await portInUse(host, port, deps, cause);
    if (code !== "EACCES" && code !== "EADDRNOTAVAIL") throw cause;
    const reason = code === "EACCES" ? "it may not use this port" : "this machine has no such address";
    throw new CliError(
      EXIT.failed,
      "config_invalid",
      `The gateway cannot listen on ${host}:${port}: ${reason}.`,
      {
        cause,
        fix: [{ label: "Choose another", command: "switchgear serve --listen 127.0.0.1:4470" }],
      },
    );
  }
}

async function portInUse(host: string, port: number, deps: CliDeps, cause: unknown): Promise<CliError> {
  const version = await probeGateway(`http://${host.includes(":") ? `[${host}]` : host}:${port}`, deps.fetch);
  const holder = version === undefined ? "another program" : `a Switchgear ${version} of another data folder`;
  return new CliError(EXIT.portInUse, "conflict", `${host}:${port} is in use by ${holder}.`, {
    cause,
    shownCode: "port_in_use",
    details: { host, port, holder },
    fix: [
      { label: "Choose another port", command: `switchgear serve --listen ${host}:${port + 1}` },
      { label: "Or find out who holds it", command: `lsof -i :${port}` },
    ],
  });
}

function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === "string" && code.startsWith("E") ? code : codeOf(error.cause);
}
