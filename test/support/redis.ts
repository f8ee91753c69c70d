import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { RedisLink } from "../../src/redis/redis.ts";
import { until } from "./child-processes.ts";
import { ensureInstalled } from "./installed.ts";

let shared: Promise<RedisServer> | undefined;
let prefixes = 0;

/** False, with the reason printed, where there is no Redis: then a suite must not define its tests. */
export function hasRedis(): boolean {
  return ensureInstalled("redis-server", "redis-server") !== undefined;
}

/** The one server of this run, started when it is first needed and stopped at the end. */
export function redis(): Promise<RedisServer> {
  return (shared ??= RedisServer.create());
}

/** Keys of a test's own in the shared server. */
export function newPrefix(): string {
  return `test${++prefixes}:`;
}

after("stop Redis", async function () {
  this.timeout(10_000);
  await (await shared)?.remove();
});

/** A link that is up: on a busy machine that may take longer than an opening waits. */
export async function openLink(url: string, prefix: string, timeoutMs = 1_000): Promise<RedisLink> {
  const link = await RedisLink.open({ url, prefix, timeoutMs });
  await until("Redis is used", () => link.isUp);
  return link;
}

/** A throw-away Redis on a free port. Nothing of it is written to disk. */
export class RedisServer {
  readonly port: number;
  readonly #binary: string;
  readonly #folder: string;
  #child: ChildProcess | undefined;

  private constructor(parts: { binary: string; folder: string; port: number }) {
    this.#binary = parts.binary;
    this.#folder = parts.folder;
    this.port = parts.port;
    process.once("exit", () => this.#child?.kill("SIGKILL"));
  }

  static async create(): Promise<RedisServer> {
    const binary = ensureInstalled("redis-server", "redis-server");
    if (binary === undefined) throw new Error("Redis is not installed.");
    const folder = mkdtempSync(join(tmpdir(), "switchgear-redis-"));
    const server = new RedisServer({ binary, folder, port: await freePort() });
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const options = { port: this.port, bind: "127.0.0.1", dir: this.#folder, appendonly: "no" };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = spawn(this.#binary, [...args, "--save", ""], {
      cwd: this.#folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    let log = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-4_096)));
    await new Promise<void>((resolve, reject) => {
      const onData = (): void => {
        if (!log.includes("Ready to accept connections")) return;
        child.stdout.off("data", onData);
        resolve();
      };
      child.stdout.on("data", onData);
      child.once("exit", () => reject(new Error(`Redis did not start: ${log}`)));
    });
  }

  /** Ends it at once, connections and data included; `start` brings it back, empty. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGCONT");
    child.kill("SIGKILL");
    await exited;
  }

  /** It takes connections and answers nothing, as one that hangs. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
