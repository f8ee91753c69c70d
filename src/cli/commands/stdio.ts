import type { Command } from "commander";

import { ServerName } from "../../domain/server.ts";
import { usageError } from "../cli-error.ts";
import { type CommandKit, withCommon } from "../command-kit.ts";
import type { CommonOptions, Context, Target } from "../context.ts";
import { probeGateway } from "../gateway-probe.ts";
import { profileName } from "../profile-name.ts";
import { bridgeStdio } from "../stdio-bridge.ts";
import { loggerFor } from "./serve.ts";

interface StdioOptions extends CommonOptions {
  readonly server?: string;
  readonly profile?: string;
}

/** For clients that start a command: carries their messages to the gateway. Nothing else is ever written to stdout. */
export function addStdio(program: Command, kit: CommandKit): void {
  withCommon(
    program
      .command("stdio")
      .description("speak MCP on stdin and stdout; uses the running gateway, or runs one for itself")
      .option("--server <name>", "only this server, with its tools under their own names")
      .option("--profile <name>", "only what this profile of the config file selects"),
  ).action((options: StdioOptions) =>
    kit.run(options, async (context) => {
      const { server } = options;
      if (server !== undefined && !ServerName.safeParse(server).success)
        throw usageError(`"${server}" cannot be a server's name.`);
      const profile = profileName(options.profile);
      if (server !== undefined && profile !== undefined)
        throw usageError("Give either --server or --profile: a profile selects servers itself.");
      const { deps } = context;
      const { target, close } = await reach(context);
      try {
        await bridgeStdio({
          input: deps.stdin,
          output: deps.stdout,
          url: target.url + pathOf(server, profile),
          headers: target.key === undefined ? {} : { authorization: `Bearer ${target.key}` },
          signal: deps.stop,
          onLog: (line: string) => context.out.progress(line),
        });
      } finally {
        await close();
      }
    }),
  );
}

function pathOf(server: string | undefined, profile: string | undefined): string {
  if (profile !== undefined) return `/mcp/p/${profile}`;
  return server === undefined ? "/mcp" : `/mcp/s/${server}`;
}

/** The running gateway; else one of our own on a free port, which shares the data folder and ends with the client. */
async function reach(context: Context): Promise<{ target: Target; close: () => Promise<void> }> {
  const { deps } = context;
  const target = context.target();
  if (context.namedUrl !== undefined || (await probeGateway(target.url, deps.fetch)) !== undefined)
    return { target, close: async () => undefined };
  const config = context.loadConfig({ listen: "127.0.0.1:0" });
  const gateway = await deps.startGateway(config, { logger: loggerFor(config, deps) });
  return { target: { url: gateway.url, key: gateway.localKey }, close: () => gateway.close() };
}
