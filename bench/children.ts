import { type ChildProcess, fork, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import type { Job, JobMessage, Result, ResultMessage } from "./jobs.ts";

export interface Child {
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** By its address: a child of the gateway may run in another folder. */
const TSX = ["--import", import.meta.resolve("tsx")];

const JOB_WITHIN_MS = 120_000;

export function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

/** Command line that runs one of these files. */
export function commandOf(
  file: string,
  ...args: readonly string[]
): { command: string; args: readonly string[] } {
  return { command: process.execPath, args: [...TSX, pathOf(file), ...args] };
}

/** Starts a server that prints its port. */
export async function startServer(
  file: string,
  ...args: readonly string[]
): Promise<Child & { readonly origin: string }> {
  const { command, args: all } = commandOf(file, ...args);
  const child = spawn(command, all, { stdio: ["ignore", "pipe", "inherit"] });
  const port = await firstLine(child);
  return { ...asChild(child), origin: `http://127.0.0.1:${port}` };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`A server of the bench ended with ${code}.`)));
    if (child.stdout !== null) createInterface({ input: child.stdout }).once("line", resolve);
  });
}

export function asChild(child: ChildProcess): Child {
  const { pid } = child;
  if (pid === undefined) throw new Error(`${child.spawnfile} did not start.`);
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  const stop = (): Promise<void> => {
    child.kill("SIGTERM");
    const hard = setTimeout(() => child.kill("SIGKILL"), 5_000);
    return exited.finally(() => clearTimeout(hard));
  };
  return { pid, stop };
}

/** The load generator, in a process of its own. */
export class LoadGenerator {
  readonly #child = fork(pathOf("load.ts"), { execArgv: TSX });
  readonly #waiting = new Map<number, (message: ResultMessage) => void>();
  #jobs = 0;

  constructor() {
    this.#child.on("message", (message: ResultMessage) => this.#waiting.get(message.number)?.(message));
    this.#child.once("exit", (code) => this.#giveUp(`The load generator ended with ${code}.`));
  }

  async run(job: Job): Promise<Result> {
    const number = this.#jobs++;
    const { result, error } = await new Promise<ResultMessage>((resolve) => {
      this.#waiting.set(number, resolve);
      setTimeout(resolve, JOB_WITHIN_MS, { number, error: "The load generator got stuck." }).unref();
      this.#child.send({ number, job } satisfies JobMessage);
    });
    this.#waiting.delete(number);
    if (result === undefined) throw new Error(error ?? "The load generator gave no result.");
    if (result.done === 0 || result.failed > 0) {
      throw new Error(
        `${result.failed} of ${result.done + result.failed} failed: ${result.firstFailure ?? "no answer"}`,
      );
    }
    return result;
  }

  stop(): void {
    this.#child.kill();
  }

  #giveUp(error: string): void {
    for (const [number, settle] of this.#waiting) settle({ number, error });
  }
}
