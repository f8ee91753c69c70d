import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { until } from "./child-processes.ts";
import type { Command, Json } from "./mcp-clients.ts";

/** A stdio client without an SDK: sees every line in the order in which it was written. */
export class RawStdio {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  /** Everything that was ever on stdout, line by line. */
  readonly lines: string[] = [];

  constructor({ command, args, env }: Command) {
    const environment = { PATH: process.env["PATH"] ?? "", ...env };
    this.#child = spawn(command, args, { env: environment, stdio: ["pipe", "pipe", "ignore"] });
    this.#exit = once(this.#child, "exit");
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on("line", (line) => this.lines.push(line));
    }
  }

  get messages(): readonly Json[] {
    return this.lines.map((line) => JSON.parse(line) as Json);
  }

  send(message: Json | string): void {
    this.#child.stdin?.write(`${typeof message === "string" ? message : JSON.stringify(message)}\n`);
  }

  /** The answer to a request; it may have come already. */
  async answer(id: number): Promise<Json> {
    return await until(`an answer to request ${id}`, () =>
      this.messages.find((message) => message["id"] === id),
    );
  }

  /** Ends its input, as a client that goes; its exit code. */
  async end(): Promise<number | null> {
    this.#child.stdin?.end();
    await this.#exit;
    return this.#child.exitCode;
  }
}
