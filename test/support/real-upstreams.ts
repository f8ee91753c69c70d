import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";

import { until } from "./child-processes.ts";
import type { Command } from "./mcp-clients.ts";

/** The program of a reference server that is installed as a devDependency. */
function program(packageName: string): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve(`${packageName}/package.json`)), "dist/index.js");
}

const EVERYTHING = program("@modelcontextprotocol/server-everything");

export function everythingCommand(): Command {
  return { command: process.execPath, args: [EVERYTHING, "stdio"] };
}

export function memoryCommand(file: string): Command {
  return {
    command: process.execPath,
    args: [program("@modelcontextprotocol/server-memory")],
    env: { MEMORY_FILE_PATH: file },
  };
}

export function filesystemCommand(directory: string): Command {
  return { command: process.execPath, args: [program("@modelcontextprotocol/server-filesystem"), directory] };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export interface RemoteUpstream {
  readonly url: string;
  stop(): Promise<void>;
}

/** server-everything in its HTTP or SSE mode, as a process of its own on a free port. */
export async function startEverything(mode: "streamableHttp" | "sse"): Promise<RemoteUpstream> {
  const port = await freePort();
  const env = { PATH: process.env["PATH"] ?? "", PORT: String(port) };
  const child = spawn(process.execPath, [EVERYTHING, mode], { env, stdio: ["ignore", "ignore", "pipe"] });
  await listening(child);
  const path = mode === "sse" ? "/sse" : "/mcp";
  return {
    url: `http://127.0.0.1:${port}${path}`,
    stop: async () => {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
  };
}

async function listening(child: ChildProcess): Promise<void> {
  let said = "";
  // Listened to for good: what it says later must not fill the pipe.
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  await until("the server listens", () => /listening on port|running on port/.test(said));
}
