import { Conflict } from "../domain/errors.ts";
import type { Server } from "../domain/server.ts";
import type { Database } from "./database.ts";
import { onDuplicate } from "./storage-errors.ts";

/** Definitions as they are given: whoever stores one seals its secrets first. */
export interface ServerStore {
  list(): Promise<readonly Server[]>;
  /** Throws Conflict when the source already has a server of that name. */
  insert(server: Server): Promise<void>;
  /** Throws Conflict when the stored version is not `expectedVersion`, or the server is gone. */
  update(server: Server, expectedVersion: number): Promise<void>;
  /** False when there was none. */
  remove(id: string): Promise<boolean>;
}

export function serverStore(database: Database): ServerStore {
  return {
    list: () =>
      database.run(async (tables) => {
        const rows = await tables.selectFrom("servers").selectAll().orderBy("id").execute();
        return rows.map(({ id, name, source, version, entry, egress, created_at, updated_at }) => ({
          id,
          name,
          version,
          source: source as Server["source"],
          entry: JSON.parse(entry) as Server["entry"],
          egress: egress === "any" ? "any" : "public",
          createdAt: created_at,
          updatedAt: updated_at,
        }));
      }),

    insert: (server) =>
      database.run(async (tables) => {
        const message = `A server named "${server.name}" exists already.`;
        await tables
          .insertInto("servers")
          .values({ id: server.id, created_at: server.createdAt, ...columnsOf(server) })
          .execute()
          .catch(onDuplicate(message, { server: server.name }));
      }),

    update: (server, expectedVersion) =>
      database.run(async (tables) => {
        const { numUpdatedRows } = await tables
          .updateTable("servers")
          .set(columnsOf(server))
          .where("id", "=", server.id)
          .where("version", "=", expectedVersion)
          .executeTakeFirst();
        if (numUpdatedRows === 0n)
          throw new Conflict(`The server "${server.name}" was changed by somebody else.`);
      }),

    remove: (id) =>
      database.run(async (tables) => {
        const { numDeletedRows } = await tables.deleteFrom("servers").where("id", "=", id).executeTakeFirst();
        return numDeletedRows > 0n;
      }),
  };
}

function columnsOf({ name, source, version, entry, egress, updatedAt }: Server) {
  return { name, source, version, entry: JSON.stringify(entry), egress, updated_at: updatedAt };
}
