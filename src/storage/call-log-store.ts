import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/** One call as it is kept. `view` is what is shown of it; the other fields are for finding it. */
export interface CallRow {
  /** Sortable by time. */
  readonly id: string;
  readonly tenant: string;
  readonly subject: string;
  readonly requestId: string;
  readonly server: string;
  readonly tool: string;
  readonly outcome: string;
  readonly failed: boolean;
  /** JSON. */
  readonly view: string;
}

export interface CallFilter {
  readonly tenant: string;
  /** Absent: of all callers. */
  readonly subject?: string | undefined;
  readonly requestId?: string | undefined;
  readonly server?: string | undefined;
  readonly tool?: string | undefined;
  readonly outcome?: string | undefined;
  readonly failed?: boolean | undefined;
  /** Ids from here on, and ids before this one. */
  readonly from?: string | undefined;
  readonly before?: string | undefined;
}

export interface CallLogStore {
  insert(rows: readonly CallRow[]): Promise<void>;
  /** The newest first: id and view. */
  find(filter: CallFilter, limit: number): Promise<readonly { readonly id: string; readonly view: string }[]>;
  count(): Promise<number>;
  /** Removes up to so many of the oldest, only such before this id; says how many. */
  prune(limit: number, before?: string): Promise<number>;
}

export function callLogStore(database: Database): CallLogStore {
  return {
    insert: (rows) =>
      database.run(async (tables) => {
        await tables.insertInto("calls").values(rows.map(columnsOf)).execute();
      }),

    find: (filter, limit) => database.run((tables) => found(tables, filter).limit(limit).execute()),

    count: () =>
      database.run(async (tables) => {
        const { rows } = await tables
          .selectFrom("calls")
          .select((fields) => fields.fn.countAll().as("rows"))
          .executeTakeFirstOrThrow();
        return Number(rows);
      }),

    prune: (limit, before) =>
      database.run(async (tables) => {
        const all = tables.selectFrom("calls").select("id").orderBy("id").limit(limit);
        const { numDeletedRows } = await tables
          .deleteFrom("calls")
          .where("id", "in", before === undefined ? all : all.where("id", "<", before))
          .executeTakeFirst();
        return Number(numDeletedRows);
      }),
  };
}

type Kysely = Parameters<Parameters<Database["run"]>[0]>[0];

function found(tables: Kysely, filter: CallFilter) {
  const { tenant, subject, requestId, server, tool, outcome, failed, from, before } = filter;
  const all = tables
    .selectFrom("calls")
    .select(["id", "view"])
    .where("tenant", "=", tenant)
    .orderBy("id", "desc");
  return all
    .$if(subject !== undefined, (query) => query.where("subject", "=", subject ?? ""))
    .$if(requestId !== undefined, (query) => query.where("request_id", "=", requestId ?? ""))
    .$if(server !== undefined, (query) => query.where("server", "=", server ?? ""))
    .$if(tool !== undefined, (query) => query.where("tool", "=", tool ?? ""))
    .$if(outcome !== undefined, (query) => query.where("outcome", "=", outcome ?? ""))
    .$if(failed !== undefined, (query) => query.where("failed", "=", failed === true ? 1 : 0))
    .$if(from !== undefined, (query) => query.where("id", ">=", from ?? ""))
    .$if(before !== undefined, (query) => query.where("id", "<", before ?? ""));
}

function columnsOf(row: CallRow): Tables["calls"] {
  const { requestId, failed, ...same } = row;
  return { ...same, request_id: requestId, failed: failed ? 1 : 0 };
}
