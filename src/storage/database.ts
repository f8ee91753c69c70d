import { chmod, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { Kysely, PostgresDialect, sql, SqliteDialect } from "kysely";
import Sqlite from "libsql";

import { GatewayError } from "../domain/errors.ts";
import type { Logger } from "../observability/logger.ts";
import { toStorageError } from "./storage-errors.ts";
import type { Tables } from "./tables.ts";

export type StorageKind = "sqlite" | "postgres";

const CONNECT_MS = 5_000;
const STATEMENT_MS = 10_000;
/** SQLite waits for another process's write on the main thread, so not for long. */
const BUSY_MS = 2_000;
/** `synchronous=FULL`: a write that was acknowledged survives a power cut. */
const PRAGMAS = [
  "journal_mode = WAL",
  "synchronous = FULL",
  `busy_timeout = ${BUSY_MS}`,
  "foreign_keys = ON",
];

/** The open database. Below `run`, nothing but the dialect tells SQLite from Postgres. */
export class Database {
  readonly kind: StorageKind;
  readonly #kysely: Kysely<Tables>;

  constructor(kind: StorageKind, kysely: Kysely<Tables>) {
    this.kind = kind;
    this.#kysely = kysely;
  }

  /** The one way to the tables: whatever fails comes out as a GatewayError. */
  async run<T>(work: (tables: Kysely<Tables>) => Promise<T>): Promise<T> {
    try {
      return await work(this.#kysely);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  async ping(): Promise<void> {
    await this.run((tables) => sql`select 1`.execute(tables));
  }

  async close(): Promise<void> {
    await this.#kysely.destroy();
  }
}

export async function openDatabase(url: string, logger: Logger): Promise<Database> {
  if (/^postgres(?:ql)?:\/\//.test(url)) return new Database("postgres", await openPostgres(url, logger));
  if (!url.startsWith("file:")) {
    throw new GatewayError("config_invalid", "The database must be a file: or a postgres: URL.", {
      fix: [{ label: "Use file:/path/switchgear.db or postgres://user@host/database" }],
    });
  }
  try {
    return new Database("sqlite", await openSqlite(fileURLToPath(url)));
  } catch (error) {
    throw toStorageError(error, `The database ${url} cannot be opened.`);
  }
}

/** The file holds hashes of keys and sealed secrets: nobody else on this machine may read it. */
async function openSqlite(file: string): Promise<Kysely<Tables>> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await (await open(file, "a", 0o600)).close();
  await chmod(file, 0o600);
  const database = new Sqlite(file);
  for (const pragma of PRAGMAS) database.exec(`PRAGMA ${pragma}`);
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
}

async function openPostgres(url: string, logger: Logger): Promise<Kysely<Tables>> {
  // 5 MB and 100 ms of the start that most gateways do without.
  const { Pool } = await import("pg");
  const pool = new Pool({
    connectionString: url,
    max: 10,
    application_name: "switchgear",
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS,
    statement_timeout: STATEMENT_MS,
    keepAlive: true,
  });
  // An idle connection that breaks is no failure of any call; without a listener it would end the process.
  pool.on("error", (error) => logger.warn("database connection lost", { error }));
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}
