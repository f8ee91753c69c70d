import { type Kysely, sql } from "kysely";

import { GatewayError } from "../domain/errors.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

type Migration = (tables: Kysely<Tables>) => Promise<void>;

/** In order; one that was released is never changed. Only what SQLite and Postgres both understand. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-first": createFirstTables,
  "0002-sessions": createSessions,
  "0003-vectors": createVectors,
  "0004-calls": createCalls,
};

/** Any number: it only has to be the same in every replica. */
const LOCK = 0x53_57_47_52;

/** Runs what is missing, all or nothing. Replicas that start together wait for each other. */
export async function migrate(database: Database): Promise<void> {
  await database.run((kysely) =>
    kysely.connection().execute(async (tables) => {
      // SQLite must take the write lock at once: a read that turns into a write fails when another process wrote.
      await sql.raw(database.kind === "sqlite" ? "begin immediate" : "begin").execute(tables);
      try {
        if (database.kind === "postgres") await sql`select pg_advisory_xact_lock(${LOCK})`.execute(tables);
        await runMissing(tables);
        await sql`commit`.execute(tables);
      } catch (error) {
        // The first error tells more than that of a rollback on a lost connection.
        await sql`rollback`.execute(tables).catch(() => {});
        throw error;
      }
    }),
  );
}

async function runMissing(tables: Kysely<Tables>): Promise<void> {
  await tables.schema
    .createTable("migrations")
    .ifNotExists()
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("applied_at", "text", (column) => column.notNull())
    .execute();
  const applied = new Set(
    (await tables.selectFrom("migrations").select("name").execute()).map(({ name }) => name),
  );
  refuseNewer(applied);
  for (const [name, run] of Object.entries(MIGRATIONS)) {
    if (applied.has(name)) continue;
    await run(tables);
    await tables.insertInto("migrations").values({ name, applied_at: new Date().toISOString() }).execute();
  }
}

/** An older program would misread the tables of a newer one. */
function refuseNewer(applied: ReadonlySet<string>): void {
  const unknown = [...applied].filter((name) => !(name in MIGRATIONS));
  if (unknown.length === 0) return;
  throw new GatewayError(
    "storage_unavailable",
    "The database was written by a newer version of Switchgear.",
    {
      details: { unknown_migrations: unknown },
      fix: [{ label: "Start the newer version, or restore a backup of the database" }],
    },
  );
}

async function createFirstTables(tables: Kysely<Tables>): Promise<void> {
  const { schema } = tables;
  await schema
    .createTable("servers")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("entry", "text", (column) => column.notNull())
    .addColumn("egress", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("updated_at", "text", (column) => column.notNull())
    // The config file may name a server that exists already: both rows are kept, one is hidden.
    .addUniqueConstraint("servers_name_source", ["name", "source"])
    .execute();
  await schema
    .createTable("offerings")
    .addColumn("server_id", "text", (column) => column.primaryKey())
    .addColumn("offering", "text", (column) => column.notNull())
    .execute();
  await schema
    .createTable("api_keys")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("expires_at", "text")
    .addColumn("last_used_at", "text")
    .addColumn("revoked_at", "text")
    .execute();
  await schema
    .createTable("http_tools")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull().unique())
    .addColumn("revision", "integer", (column) => column.notNull())
    .addColumn("definition", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("updated_at", "text", (column) => column.notNull())
    .execute();
  await schema
    .createTable("settings")
    .addColumn("key", "text", (column) => column.primaryKey())
    .addColumn("value", "text", (column) => column.notNull())
    .execute();
}

async function createSessions({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable("mcp_sessions")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("endpoint", "text", (column) => column.notNull())
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("protocol_version", "text", (column) => column.notNull())
    .addColumn("capabilities", "text", (column) => column.notNull())
    .addColumn("client_info", "text", (column) => column.notNull())
    .addColumn("log_level", "text")
    .addColumn("subscriptions", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("last_seen_at", "text", (column) => column.notNull())
    .execute();
  await schema.createIndex("mcp_sessions_last_seen_at").on("mcp_sessions").column("last_seen_at").execute();
}

async function createVectors({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable("tool_vectors")
    .addColumn("key", "text", (column) => column.primaryKey())
    // SQLite keeps bytes as they are in a column of any type.
    .addColumn("vector", "bytea", (column) => column.notNull())
    .addColumn("used_on", "text", (column) => column.notNull())
    .execute();
  await schema.createIndex("tool_vectors_used_on").on("tool_vectors").column("used_on").execute();
}

async function createCalls({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable("idempotency_keys")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("leg", "text", (column) => column.notNull())
    .addColumn("instance", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("answer", "bytea")
    .addColumn("bytes", "integer", (column) => column.notNull())
    .addColumn("started_at", "text", (column) => column.notNull())
    .addColumn("expires_at", "text", (column) => column.notNull())
    .execute();
  await schema.createIndex("idempotency_keys_expires").on("idempotency_keys").column("expires_at").execute();
  // So that a sweep counts without reading the answers.
  await schema
    .createIndex("idempotency_keys_owner")
    .on("idempotency_keys")
    .columns(["owner", "bytes"])
    .execute();
  await schema
    .createTable("gateway_instances")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("seen_at", "text", (column) => column.notNull())
    .execute();
  const calls = schema.createTable("calls").addColumn("id", "text", (column) => column.primaryKey());
  await ["tenant", "subject", "request_id", "server", "tool", "outcome"]
    .reduce((table, name) => table.addColumn(name, "text", (column) => column.notNull()), calls)
    .addColumn("failed", "integer", (column) => column.notNull())
    .addColumn("view", "text", (column) => column.notNull())
    .execute();
  for (const column of ["subject", "request_id", "server", "failed"])
    await schema.createIndex(`calls_${column}`).on("calls").columns(["tenant", column, "id"]).execute();
}
