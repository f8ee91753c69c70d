import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import type { Command } from "./mcp-clients.ts";

const PROGRAM = fileURLToPath(new URL("../fixtures/matrix/main.js", import.meta.url));

/** How the fixture of the feature matrix is spoken to. */
export const WIRES = ["2025-stdio", "2025-http", "2026-http", "dual-http", "sse", "2026-stdio"] as const;
export type Wire = (typeof WIRES)[number] | "dual-stdio";

export function isStdio(wire: Wire): boolean {
  return wire.endsWith("-stdio");
}

function matrixCommand(wire: Wire, ledger: string): Command {
  return { command: process.execPath, args: [PROGRAM, "--wire", wire, "--ledger", ledger] };
}

/** The fixture on one wire: a command that whoever connects starts, or a process with an address. */
export class MatrixUpstream {
  readonly wire: Wire;
  readonly command: Command;
  /** Empty on stdio. */
  readonly url: string;
  readonly #child: ChildProcess | undefined;

  constructor(wire: Wire, command: Command, url: string, child: ChildProcess | undefined) {
    this.wire = wire;
    this.command = command;
    this.url = url;
    this.#child = child;
  }

  /** Its entry in a gateway's `mcpServers`. */
  get entry(): Readonly<Record<string, unknown>> {
    if (isStdio(this.wire)) return { command: this.command.command, args: this.command.args };
    return { type: this.wire === "sse" ? "sse" : "http", url: this.url };
  }

  async stop(): Promise<void> {
    if (this.#child === undefined || this.#child.exitCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }
}

export async function startMatrix(wire: Wire, ledger: string): Promise<MatrixUpstream> {
  const command = matrixCommand(wire, ledger);
  if (isStdio(wire)) return new MatrixUpstream(wire, command, "", undefined);
  const child = spawn(command.command, command.args, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return new MatrixUpstream(wire, command, (JSON.parse(line) as { url: string }).url, child);
}
