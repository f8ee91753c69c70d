import type { Database } from "./database.ts";

/**
 * Embeddings by a key that says of which model and text they are. Replicas share them, so nothing is embedded twice.
 * Times are days (`2026-03-01`): each day is noted at most once.
 */
export interface VectorStore {
  /** Those of the keys that are there, noted as used on this day. */
  take(keys: readonly string[], day: string): Promise<ReadonlyMap<string, Float32Array>>;
  /** Another replica may have been faster; its vector is the same. */
  put(vectors: ReadonlyMap<string, Float32Array>, day: string): Promise<void>;
  /** Notes the keys as used on this day without reading them. */
  touch(keys: readonly string[], day: string): Promise<void>;
  /** Removes what was last used before this day; says how many. */
  prune(day: string): Promise<number>;
}

export function vectorStore(database: Database): VectorStore {
  const touch: VectorStore["touch"] = (keys, day) =>
    database.run(async (tables) => {
      if (keys.length === 0) return;
      await tables
        .updateTable("tool_vectors")
        .set({ used_on: day })
        .where("key", "in", [...keys])
        .where("used_on", "<", day)
        .execute();
    });

  return {
    touch,

    take: async (keys, day) => {
      if (keys.length === 0) return new Map();
      const rows = await database.run((tables) =>
        tables
          .selectFrom("tool_vectors")
          .selectAll()
          .where("key", "in", [...keys])
          .execute(),
      );
      const stale = rows.filter((row) => row.used_on < day).map((row) => row.key);
      await touch(stale, day);
      return new Map(rows.map((row) => [row.key, toVector(row.vector)]));
    },

    put: (vectors, day) =>
      database.run(async (tables) => {
        if (vectors.size === 0) return;
        const rows = [...vectors].map(([key, vector]) => ({ key, vector: toBytes(vector), used_on: day }));
        await tables
          .insertInto("tool_vectors")
          .values(rows)
          .onConflict((conflict) => conflict.column("key").doNothing())
          .execute();
      }),

    prune: (day) =>
      database.run(async (tables) => {
        const { numDeletedRows } = await tables
          .deleteFrom("tool_vectors")
          .where("used_on", "<", day)
          .executeTakeFirst();
        return Number(numDeletedRows);
      }),
  };
}

/** SQLite's driver gives an ArrayBuffer, Postgres's a Buffer, which need not start at a multiple of four bytes. */
function toVector(bytes: Uint8Array | ArrayBuffer): Float32Array {
  return new Float32Array(bytes instanceof ArrayBuffer ? bytes : Uint8Array.from(bytes).buffer);
}

function toBytes(vector: Float32Array): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}
