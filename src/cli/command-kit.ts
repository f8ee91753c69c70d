import { type Command, Option } from "commander";

import type { CliDeps } from "./cli-deps.ts";
import { exitCodeOf } from "./cli-error.ts";
import { type CommonOptions, Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";

/** What a command does, with what it is given; returns its exit code, if that is not 0. */
export type Work = (context: Context) => Promise<ExitCode | void>;

/** Adds commands to the program. */
export interface CommandKit {
  readonly deps: CliDeps;
  /** Does the work; a failure is printed and becomes the exit code. */
  run(options: CommonOptions, work: Work): Promise<void>;
}

export function createKit(deps: CliDeps, end: (code: ExitCode) => void): CommandKit {
  return {
    deps,
    async run(options, work) {
      const context = new Context(deps, options);
      try {
        end((await work(context)) ?? EXIT.ok);
      } catch (error) {
        context.out.failure(error);
        end(exitCodeOf(error));
      }
    },
  };
}

/** The options that say which gateway, and how to answer. */
export function withCommon(command: Command, own: { readonly key?: "command" } = {}): Command {
  command
    .option("--json", "answer in JSON")
    .option("--url <url>", "address of the gateway (SWITCHGEAR_URL)")
    .option("--config <file>", "config file (SWITCHGEAR_CONFIG)")
    .option("--data-dir <folder>", "data folder of the gateway (SWITCHGEAR_DATA)");
  return own.key === "command" ? command : command.option("--key <key>", "API key (SWITCHGEAR_API_KEY)");
}

/** An option that may be given several times. */
export function repeated(flags: string, description: string): Option {
  return new Option(flags, description)
    .argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value])
    .default([], "none");
}
