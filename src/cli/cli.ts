import { Command, CommanderError } from "commander";

import type { CliDeps } from "./cli-deps.ts";
import { type CommandKit, createKit } from "./command-kit.ts";
import { addAdd } from "./commands/add.ts";
import { addBreaker } from "./commands/breaker.ts";
import { addCache } from "./commands/cache.ts";
import { addCall } from "./commands/call.ts";
import { addCalls } from "./commands/calls.ts";
import { addConnect } from "./commands/connect.ts";
import { addDescribe } from "./commands/describe.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addExplain } from "./commands/explain.ts";
import { addImport } from "./commands/import.ts";
import { addKey } from "./commands/key.ts";
import { addLs } from "./commands/ls.ts";
import { addRestart } from "./commands/restart.ts";
import { addRm } from "./commands/rm.ts";
import { addSearch } from "./commands/search.ts";
import { addServe } from "./commands/serve.ts";
import { addStatus } from "./commands/status.ts";
import { addStdio } from "./commands/stdio.ts";
import { addWhy } from "./commands/why.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";

export type { CliDeps, RunningGateway, StartOptions } from "./cli-deps.ts";

const COMMANDS: readonly ((program: Command, kit: CommandKit) => void)[] = [
  addServe,
  addStdio,
  addAdd,
  addImport,
  addConnect,
  addLs,
  addRm,
  addRestart,
  addBreaker,
  addStatus,
  addSearch,
  addDescribe,
  addExplain,
  addCall,
  addCalls,
  addWhy,
  addKey,
  addCache,
  addDoctor,
];

const AFTER_HELP = `
Exit codes: 0 ok, 1 failed, 2 usage, 3 not running, 4 not allowed, 5 not found, 6 upstream
unavailable, 7 conflict, 8 config, 9 port in use.`;

/** Runs one command line (without Node and the script) and returns the exit code. Never throws, never exits. */
export async function runCli(argv: readonly string[], deps: CliDeps): Promise<number> {
  let exitCode: ExitCode = EXIT.ok;
  const program = new Command("switchgear")
    .description("One MCP endpoint in front of all your MCP servers.")
    .version(deps.version, "-V, --version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => deps.stdout.write(text),
      writeErr: (text) => deps.stderr.write(text),
    })
    .addHelpText("after", AFTER_HELP);
  const kit = createKit(deps, (code) => {
    exitCode = code;
  });
  for (const add of COMMANDS) add(program, kit);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has said what is wrong, or has shown the help or the version that was asked for.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}
