import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { descendantsOf, stillRunning, until } from "./child-processes.ts";

/** The built command, seen from the compiled tests. */
export const MAIN = fileURLToPath(new URL("../../../dist/main.js", import.meta.url));

export interface GatewayOptions {
  readonly mcpServers: Readonly<Record<string, unknown>>;
  /** Merged into the `gateway` object of the config file. */
  readonly gateway?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Restart on the data of an earlier gateway. */
  readonly dataDir?: string;
  /** Restart where an earlier gateway listened. */
  readonly port?: number;
}

/** The built gateway in a process of its own, as a user runs it. */
export class Gateway {
  readonly url: string;
  readonly key: string;
  readonly dataDir: string;
  readonly #child: ChildProcess;
  readonly #stderr: readonly string[];

  constructor(parts: {
    url: string;
    key: string;
    dataDir: string;
    child: ChildProcess;
    stderr: readonly string[];
  }) {
    this.url = parts.url;
    this.key = parts.key;
    this.dataDir = parts.dataDir;
    this.#child = parts.child;
    this.#stderr = parts.stderr;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stderr(): string {
    return this.#stderr.join("");
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get headers(): Record<string, string> {
    return { authorization: `Bearer ${this.key}` };
  }

  /** The endpoint of everything, or of one server. */
  endpoint(server?: string): string {
    return server === undefined ? `${this.url}/mcp` : `${this.url}/mcp/s/${server}`;
  }

  /** The most memory that the process ever held, in bytes. */
  peakMemory(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  /** SIGTERM, as a service manager stops it. Returns what of its children was left behind. */
  async stop(
    options: { keepData?: boolean } = {},
  ): Promise<{ code: number | null; left: readonly number[] }> {
    const children = descendantsOf(this.pid);
    if (this.isRunning) {
      const exit = once(this.#child, "exit");
      this.#child.kill("SIGTERM");
      const overdue = setTimeout(() => this.#child.kill("SIGKILL"), 35_000);
      await exit;
      clearTimeout(overdue);
    }
    const left = stillRunning(children);
    for (const pid of left) process.kill(pid, "SIGKILL");
    if (options.keepData !== true) rmSync(this.dataDir, { recursive: true, force: true });
    return { code: this.#child.exitCode, left };
  }

  async kill(): Promise<void> {
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }
}

/** Starts `switchgear serve` on a free port and waits until it listens. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run "npm run build" first`);
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "switchgear-e2e-"));
  const file = join(dataDir, "switchgear.json");
  const gateway = { demo: false, ...options.gateway };
  writeFileSync(file, JSON.stringify({ mcpServers: options.mcpServers, gateway }));
  const stateFile = join(dataDir, "gateway.json");
  const keyFile = join(dataDir, "local-key");
  rmSync(stateFile, { force: true });
  rmSync(keyFile, { force: true });

  const args = [
    MAIN,
    "serve",
    "--config",
    file,
    "--listen",
    `127.0.0.1:${options.port ?? 0}`,
    "--data-dir",
    dataDir,
  ];
  const env = { PATH: process.env["PATH"] ?? "", HOME: dataDir, ...options.env };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  const stderr: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr.push(text));

  const state = await until("the gateway listens", () => {
    if (child.exitCode !== null)
      throw new Error(`the gateway ended with ${child.exitCode}:\n${stderr.join("")}`);
    return existsSync(keyFile) && readState(stateFile);
  });
  const url = new URL(state.url).origin;
  return new Gateway({ url, key: readFileSync(keyFile, "utf8").trim(), dataDir, child, stderr });
}

/** Half a file is no file yet. */
function readState(file: string): { readonly url: string } | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as { readonly url: string };
  } catch {
    return undefined;
  }
}
