import type { Selectable } from "kysely";

import type { JsonObject } from "../domain/json.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/** One client of the 2025 era between `initialize` and its end. */
export interface SessionRow {
  readonly id: string;
  /** `*`, or the name of the one server that the endpoint shows. */
  readonly endpoint: string;
  readonly tenant: string;
  readonly subject: string;
  readonly protocolVersion: string;
  readonly capabilities: JsonObject;
  readonly clientInfo: JsonObject;
  readonly logLevel?: string;
  /** URIs of the resources that it follows. */
  readonly subscriptions: readonly string[];
  readonly createdAt: string;
  readonly lastSeenAt: string;
}

export interface SessionStore {
  /** Up to a thousand in one statement: all or none. */
  insert(rows: readonly SessionRow[]): Promise<void>;
  /** Those of up to a thousand ids that there are, in any order. */
  find(ids: readonly string[]): Promise<readonly SessionRow[]>;
  /** False when there is no such session. */
  change(id: string, state: Pick<SessionRow, "logLevel" | "subscriptions">): Promise<boolean>;
  /** Notes that these were used; any number of them. */
  touch(ids: readonly string[], at: string): Promise<void>;
  /** False when there is no such session. */
  remove(id: string): Promise<boolean>;
  /** Removes what was last used before then. */
  removeIdle(before: string): Promise<void>;
  /** When there are more than `max`, removes the longest idle until `rest` are left. Answers how many there are. */
  trim(max: number, rest?: number): Promise<number>;
}

/** Few enough for the parameters of one statement, and for a process that waits for SQLite meanwhile. */
const AT_ONCE = 1_000;

export function sessionStore(database: Database): SessionStore {
  return {
    insert: (rows) =>
      database.run(async (tables) => {
        await tables.insertInto("mcp_sessions").values(rows.map(columnsOf)).execute();
      }),

    find: (ids) =>
      database.run(async (tables) =>
        (await tables.selectFrom("mcp_sessions").selectAll().where("id", "in", ids).execute()).map(toRow),
      ),

    change: (id, { logLevel, subscriptions }) =>
      database.run(async (tables) => {
        const { numUpdatedRows } = await tables
          .updateTable("mcp_sessions")
          .set({ log_level: logLevel ?? null, subscriptions: JSON.stringify(subscriptions) })
          .where("id", "=", id)
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),

    touch: async (ids, at) => {
      for (let start = 0; start < ids.length; start += AT_ONCE) {
        const some = ids.slice(start, start + AT_ONCE);
        await database.run((tables) =>
          tables.updateTable("mcp_sessions").set({ last_seen_at: at }).where("id", "in", some).execute(),
        );
      }
    },

    remove: (id) =>
      database.run(async (tables) => {
        const { numDeletedRows } = await tables
          .deleteFrom("mcp_sessions")
          .where("id", "=", id)
          .executeTakeFirst();
        return numDeletedRows > 0n;
      }),

    removeIdle: async (before) => {
      let removed = AT_ONCE;
      while (removed === AT_ONCE) removed = await removeOldest(database, AT_ONCE, before);
    },

    trim: async (max, rest = max) => {
      let count = await countOf(database);
      if (count <= max) return count;
      while (count > rest) {
        const removed = await removeOldest(database, Math.min(AT_ONCE, count - rest));
        if (removed === 0) return countOf(database);
        count -= removed;
      }
      return count;
    },
  };
}

function countOf(database: Database): Promise<number> {
  return database.run(async (tables) => {
    const { rows } = await tables
      .selectFrom("mcp_sessions")
      .select((fields) => fields.fn.countAll().as("rows"))
      .executeTakeFirstOrThrow();
    return Number(rows);
  });
}

/** Removes so many, the longest idle first; answers how many it found. */
function removeOldest(database: Database, count: number, before?: string): Promise<number> {
  return database.run(async (tables) => {
    const oldest = tables.selectFrom("mcp_sessions").select("id").orderBy("last_seen_at").limit(count);
    const chosen = before === undefined ? oldest : oldest.where("last_seen_at", "<", before);
    const { numDeletedRows } = await tables
      .deleteFrom("mcp_sessions")
      .where("id", "in", chosen)
      .executeTakeFirst();
    return Number(numDeletedRows);
  });
}

function columnsOf(row: SessionRow): Tables["mcp_sessions"] {
  return {
    id: row.id,
    endpoint: row.endpoint,
    tenant: row.tenant,
    subject: row.subject,
    protocol_version: row.protocolVersion,
    capabilities: JSON.stringify(row.capabilities),
    client_info: JSON.stringify(row.clientInfo),
    log_level: row.logLevel ?? null,
    subscriptions: JSON.stringify(row.subscriptions),
    created_at: row.createdAt,
    last_seen_at: row.lastSeenAt,
  };
}

function toRow(row: Selectable<Tables["mcp_sessions"]>): SessionRow {
  return {
    id: row.id,
    endpoint: row.endpoint,
    tenant: row.tenant,
    subject: row.subject,
    protocolVersion: row.protocol_version,
    capabilities: JSON.parse(row.capabilities) as JsonObject,
    clientInfo: JSON.parse(row.client_info) as JsonObject,
    ...(row.log_level === null ? {} : { logLevel: row.log_level }),
    subscriptions: JSON.parse(row.subscriptions) as string[],
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
  };
}
