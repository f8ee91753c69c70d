import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import { Client } from "pg";

import { ensureInstalled } from "./installed.ts";

const run = promisify(execFile);
const DEBIAN_FOLDERS = ["/usr/lib/postgresql/*/bin"];
/** Speed counts here, not what a power cut leaves. */
const SETTINGS = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=40"];

interface User {
  readonly uid?: number;
  readonly gid?: number;
}

let shared: Promise<PostgresServer> | undefined;
let databases = 0;

/** False, with the reason printed, where there is no Postgres: then a suite must not define its tests. */
export function hasPostgres(): boolean {
  return ensureInstalled("postgres", "postgresql", DEBIAN_FOLDERS) !== undefined;
}

/** The one server of this run, started when it is first needed and stopped at the end. */
export function postgres(): Promise<PostgresServer> {
  return (shared ??= PostgresServer.create());
}

after("stop Postgres", async function () {
  this.timeout(20_000);
  await (await shared)?.remove();
});

/** A throw-away Postgres on a free port. It refuses to run as root, so root lends it another user. */
export class PostgresServer {
  readonly #bin: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #user: User;
  #child: ChildProcess | undefined;

  private constructor(parts: { bin: string; folder: string; port: number; user: User }) {
    this.#bin = parts.bin;
    this.#folder = parts.folder;
    this.#port = parts.port;
    this.#user = parts.user;
    process.once("exit", () => this.#child?.kill("SIGKILL"));
  }

  static async create(): Promise<PostgresServer> {
    const binary = ensureInstalled("postgres", "postgresql", DEBIAN_FOLDERS);
    if (binary === undefined) throw new Error("Postgres is not installed.");
    const user: User = process.getuid?.() === 0 ? unprivilegedUser() : {};
    const folder = mkdtempSync(join(tmpdir(), "switchgear-pg-"));
    mkdirSync(join(folder, "sockets"));
    if (user.uid !== undefined && user.gid !== undefined) {
      for (const path of [folder, join(folder, "sockets")]) chownSync(path, user.uid, user.gid);
    }
    const server = new PostgresServer({ bin: dirname(binary), folder, port: await freePort(), user });
    const initdb = [
      "-D",
      join(folder, "data"),
      "-U",
      "postgres",
      "-A",
      "trust",
      "-E",
      "UTF8",
      "--locale=C",
      "--no-sync",
    ];
    await run(join(server.#bin, "initdb"), initdb, { ...user, cwd: folder });
    await server.start();
    return server;
  }

  /** The URL of a new, empty database. */
  async newDatabase(): Promise<string> {
    const name = `test_${++databases}`;
    const client = new Client({ connectionString: this.#url("postgres") });
    await client.connect();
    await client.query(`create database ${name}`);
    await client.end();
    return this.#url(name);
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const folder = this.#folder;
    const settings = [...SETTINGS, "listen_addresses=127.0.0.1", `unix_socket_directories=${folder}/sockets`];
    const args = [
      "-D",
      join(folder, "data"),
      "-p",
      String(this.#port),
      ...settings.flatMap((setting) => ["-c", setting]),
    ];
    const child = spawn(join(this.#bin, "postgres"), args, {
      ...this.#user,
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-4_096)));
    await new Promise<void>((resolve, reject) => {
      const onData = (): void => {
        if (!log.includes("ready to accept connections")) return;
        child.stderr.off("data", onData);
        resolve();
      };
      child.stderr.on("data", onData);
      child.once("exit", () => reject(new Error(`Postgres did not start: ${log}`)));
    });
  }

  /** Ends it at once, connections included; `start` brings it back with its data. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGINT");
    await exited;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #url(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.#port}/${database}`;
  }
}

function unprivilegedUser(): User {
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // No such user: try the next.
    }
  }
  return { uid: 65_534, gid: 65_534 };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
