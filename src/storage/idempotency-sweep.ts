import { sql } from "kysely";

import type { Database } from "./database.ts";

export interface KeyBounds {
  readonly rows: number;
  readonly rowsPerOwner: number;
  /** Of all answers together. */
  readonly bytes: number;
}

/** In pieces: SQLite works on the main thread. */
const AT_ONCE = 500;

/** Removes what is over its time, and the oldest of what is too much. Calls in flight stay. */
export async function sweepKeys(database: Database, now: string, bounds: KeyBounds): Promise<void> {
  for (let removed = AT_ONCE; removed === AT_ONCE;) removed = await removeExpired(database, now, AT_ONCE);
  await dropAnswers(database, bounds.bytes);
  for (const { owner, rows } of await owners(database, bounds.rowsPerOwner))
    await removeOldest(database, rows - bounds.rowsPerOwner, owner);
  const rows = await countOf(database);
  if (rows > bounds.rows) await removeOldest(database, rows - bounds.rows);
}

function removeExpired(database: Database, now: string, limit: number): Promise<number> {
  return database.run(async (tables) => {
    const expired = tables
      .selectFrom("idempotency_keys")
      .select("id")
      .where("expires_at", "<=", now)
      .orderBy("expires_at")
      .limit(limit);
    const { numDeletedRows } = await tables
      .deleteFrom("idempotency_keys")
      .where("id", "in", expired)
      .executeTakeFirst();
    return Number(numDeletedRows);
  });
}

/** The calls stay known as executed: only their answers cannot be repeated any more. */
async function dropAnswers(database: Database, most: number): Promise<void> {
  for (;;) {
    const bytes = await bytesOf(database);
    if (bytes <= most) return;
    await database.run(async (tables) => {
      const oldest = tables
        .selectFrom("idempotency_keys")
        .select("id")
        .where("bytes", ">", 0)
        .orderBy("expires_at")
        .limit(32);
      await tables
        .updateTable("idempotency_keys")
        .set({ answer: null, bytes: 0 })
        .where("id", "in", oldest)
        .execute();
    });
  }
}

function bytesOf(database: Database): Promise<number> {
  return database.run(async (tables) => {
    const { bytes } = await tables
      .selectFrom("idempotency_keys")
      .select((fields) => fields.fn.sum("bytes").as("bytes"))
      .executeTakeFirstOrThrow();
    return Number(bytes ?? 0);
  });
}

function owners(database: Database, moreThan: number): Promise<readonly { owner: string; rows: number }[]> {
  return database.run(async (tables) => {
    const found = await tables
      .selectFrom("idempotency_keys")
      .select(["owner", (fields) => fields.fn.countAll().as("rows")])
      .groupBy("owner")
      .having(sql<number>`count(*)`, ">", moreThan)
      .execute();
    return found.map(({ owner, rows }) => ({ owner, rows: Number(rows) }));
  });
}

function countOf(database: Database): Promise<number> {
  return database.run(async (tables) => {
    const { rows } = await tables
      .selectFrom("idempotency_keys")
      .select((fields) => fields.fn.countAll().as("rows"))
      .executeTakeFirstOrThrow();
    return Number(rows);
  });
}

async function removeOldest(database: Database, count: number, owner?: string): Promise<void> {
  for (let left = count; left > 0;) {
    const removed = await database.run(async (tables) => {
      const all = tables
        .selectFrom("idempotency_keys")
        .select("id")
        .where("state", "!=", "in_flight")
        .orderBy("expires_at")
        .limit(Math.min(AT_ONCE, left));
      const oldest = owner === undefined ? all : all.where("owner", "=", owner);
      const { numDeletedRows } = await tables
        .deleteFrom("idempotency_keys")
        .where("id", "in", oldest)
        .executeTakeFirst();
      return Number(numDeletedRows);
    });
    if (removed === 0) return;
    left -= removed;
  }
}
