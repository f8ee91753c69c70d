import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Child, asChild } from "./children.ts";
import type { Target } from "./mcp-caller.ts";

/** Lets the bench ask for a collection and what is left on the heap after it. */
const HEAP_HOOK = `import { writeFileSync } from "node:fs";
process.on("SIGUSR2", () => { gc(); gc(); writeFileSync(process.env.BENCH_HEAP, JSON.stringify(process.memoryUsage())); });`;
/** On, so that their cost is measured. */
const UNREACHABLE = { mode: "on", perKey: 1_000_000_000, perUser: 1_000_000_000 };
const READY_WITHIN_MS = 20_000;

export type Servers = Readonly<Record<string, unknown>>;

/** One Switchgear on a free port with a data folder of its own, with everything on. */
export class Gateway {
  readonly #child: Child;
  readonly #folder: string;
  readonly #origin: string;
  readonly readyMs: number;

  private constructor(child: Child, folder: string, origin: string, readyMs: number) {
    this.#child = child;
    this.#folder = folder;
    this.#origin = origin;
    this.readyMs = readyMs;
  }

  static async start(main: string, mcpServers: Servers): Promise<Gateway> {
    const folder = mkdtempSync(join(tmpdir(), "switchgear-bench-"));
    const config = join(folder, "switchgear.jsonc");
    writeFileSync(
      config,
      JSON.stringify({ mcpServers, gateway: { demo: false, mode: "full", rateLimits: UNREACHABLE } }),
    );
    const port = await freePort();
    const hook = ["--expose-gc", "--import", `data:text/javascript,${encodeURIComponent(HEAP_HOOK)}`];
    const listen = `127.0.0.1:${port}`;
    const serve = ["serve", "--config", config, "--listen", listen, "--data-dir", join(folder, "data")];
    const startedAt = performance.now();
    const child = spawn(process.execPath, [...hook, main, ...serve], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, BENCH_HEAP: join(folder, "heap.json") },
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_096);
    });
    const origin = `http://${listen}`;
    try {
      await readyAt(origin);
    } catch (error) {
      child.kill("SIGKILL");
      throw new Error(`${String(error)} It said:\n${said}`, { cause: error });
    }
    return new Gateway(asChild(child), folder, origin, performance.now() - startedAt);
  }

  get pid(): number {
    return this.#child.pid;
  }

  target(path: string, era: Target["era"]): Target {
    const key = readFileSync(join(this.#folder, "data", "local-key"), "utf8").trim();
    return { url: this.#origin + path, era, authorization: `Bearer ${key}` };
  }

  /** Bytes that survive a collection. */
  async heapBytes(): Promise<number> {
    const file = join(this.#folder, "heap.json");
    rmSync(file, { force: true });
    process.kill(this.pid, "SIGUSR2");
    const text = await eventually(
      "the size of its heap",
      async () => readFileSync(file, "utf8") || undefined,
    );
    const { heapUsed, external } = JSON.parse(text) as { heapUsed: number; external: number };
    return heapUsed + external;
  }

  async stop(): Promise<void> {
    await this.#child.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function readyAt(origin: string): Promise<true> {
  return eventually(
    "readiness",
    async () => (await fetch(`${origin}/health/ready`)).status === 200 || undefined,
  );
}

/** Asks again until there is something other than nothing or an error. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const until = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    if (performance.now() > until)
      throw new Error(`The gateway did not give ${what} in ${READY_WITHIN_MS} ms.`);
    await new Promise((resolve) => {
      setTimeout(resolve, 3);
    });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
