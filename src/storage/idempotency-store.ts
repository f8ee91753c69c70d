import type { Selectable } from "kysely";

import type { Database } from "./database.ts";
import { type KeyBounds, sweepKeys } from "./idempotency-sweep.ts";
import type { Tables } from "./tables.ts";

/** `asked`: answered with a question of the upstream, the caller comes back with the answers under the same key. */
export type KeyState = "in_flight" | "asked" | "done" | "unknown";

/** One call that its caller named. */
export interface KeyRow {
  /** Of tenant, subject, tool and key. */
  readonly id: string;
  /** Of tenant and subject. */
  readonly owner: string;
  /** Of the arguments. */
  readonly digest: string;
  /** Which part of a conversation; empty for the first. */
  readonly leg: string;
  /** The start of the gateway that carries it. */
  readonly instance: string;
  readonly state: KeyState;
  /** Absent: there is none yet, or it was too large to be kept. */
  readonly answer?: Buffer;
  readonly startedAt: string;
  readonly expiresAt: string;
}

export type { KeyBounds } from "./idempotency-sweep.ts";

export interface IdempotencyStore {
  /** Notes calls that are about to be sent. Answers the ids of those that are new; the others are there already. */
  claim(rows: readonly KeyRow[]): Promise<ReadonlySet<string>>;
  find(id: string): Promise<KeyRow | undefined>;
  /** Puts a row in the place of one that is still as it was found; false when it is not. */
  replace(found: KeyRow, row: KeyRow): Promise<boolean>;
  /** What became of calls. */
  finish(rows: readonly KeyRow[]): Promise<void>;
  /** Forgets calls that were not executed. */
  release(ids: readonly string[]): Promise<void>;
  /** Removes what is over its time, and the oldest of what is too much. Calls in flight stay. */
  sweep(now: string, bounds: KeyBounds): Promise<void>;
  /** A gateway says that it lives. */
  beat(instance: string, at: string): Promise<void>;
  isAlive(instance: string, since: string): Promise<boolean>;
  /** Forgets gateways that were last alive before then. */
  bury(before: string): Promise<void>;
}

export function idempotencyStore(database: Database): IdempotencyStore {
  return {
    claim: (rows) => claimKeys(database, rows),

    find: (id) =>
      database.run(async (tables) => {
        const row = await tables
          .selectFrom("idempotency_keys")
          .selectAll()
          .where("id", "=", id)
          .executeTakeFirst();
        return row && toRow(row);
      }),

    replace: (found, row) =>
      database.run(async (tables) => {
        const { numUpdatedRows } = await tables
          .updateTable("idempotency_keys")
          .set(columnsOf(row))
          .where("id", "=", found.id)
          .where("state", "=", found.state)
          .where("leg", "=", found.leg)
          .where("instance", "=", found.instance)
          .where("started_at", "=", found.startedAt)
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),

    finish: (rows) =>
      database.run(async (tables) => {
        await tables
          .insertInto("idempotency_keys")
          .values(rows.map(columnsOf))
          .onConflict((conflict) =>
            conflict.column("id").doUpdateSet((columns) => ({
              state: columns.ref("excluded.state"),
              answer: columns.ref("excluded.answer"),
              bytes: columns.ref("excluded.bytes"),
              expires_at: columns.ref("excluded.expires_at"),
            })),
          )
          .execute();
      }),

    release: (ids) =>
      database.run(async (tables) => {
        await tables
          .deleteFrom("idempotency_keys")
          .where("id", "in", ids)
          .where("state", "=", "in_flight")
          .execute();
      }),

    sweep: (now, bounds) => sweepKeys(database, now, bounds),
    ...instances(database),
  };
}

function claimKeys(database: Database, rows: readonly KeyRow[]): Promise<ReadonlySet<string>> {
  return database.run(async (tables) => {
    const made = await tables
      .insertInto("idempotency_keys")
      .values(rows.map(columnsOf))
      .onConflict((conflict) => conflict.column("id").doNothing())
      .returning("id")
      .execute();
    return new Set(made.map(({ id }) => id));
  });
}

function instances(database: Database): Pick<IdempotencyStore, "beat" | "isAlive" | "bury"> {
  return {
    beat: (instance, at) =>
      database.run(async (tables) => {
        await tables
          .insertInto("gateway_instances")
          .values({ id: instance, seen_at: at })
          .onConflict((conflict) => conflict.column("id").doUpdateSet({ seen_at: at }))
          .execute();
      }),

    isAlive: (instance, since) =>
      database.run(async (tables) => {
        const row = await tables
          .selectFrom("gateway_instances")
          .select("seen_at")
          .where("id", "=", instance)
          .executeTakeFirst();
        return row !== undefined && row.seen_at >= since;
      }),

    bury: (before) =>
      database.run(async (tables) => {
        await tables.deleteFrom("gateway_instances").where("seen_at", "<", before).execute();
      }),
  };
}

function columnsOf(row: KeyRow): Tables["idempotency_keys"] {
  return {
    id: row.id,
    owner: row.owner,
    digest: row.digest,
    leg: row.leg,
    instance: row.instance,
    state: row.state,
    answer: row.answer ?? null,
    bytes: row.answer?.length ?? 0,
    started_at: row.startedAt,
    expires_at: row.expiresAt,
  };
}

function toRow(row: Selectable<Tables["idempotency_keys"]>): KeyRow {
  return {
    id: row.id,
    owner: row.owner,
    digest: row.digest,
    leg: row.leg,
    instance: row.instance,
    state: row.state as KeyState,
    ...(row.answer === null ? {} : { answer: Buffer.from(row.answer) }),
    startedAt: row.started_at,
    expiresAt: row.expires_at,
  };
}
