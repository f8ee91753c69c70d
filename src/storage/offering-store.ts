import type { Offering } from "../domain/offering.ts";
import type { Database } from "./database.ts";

/** What each upstream offered when it was last seen, so that the catalog is there at once after a restart. */
export interface OfferingStore {
  list(): Promise<readonly { readonly serverId: string; readonly offering: Offering }[]>;
  put(serverId: string, offering: Offering): Promise<void>;
  remove(serverId: string): Promise<void>;
}

export function offeringStore(database: Database): OfferingStore {
  return {
    list: () =>
      database.run(async (tables) => {
        const rows = await tables.selectFrom("offerings").selectAll().orderBy("server_id").execute();
        return rows.map((row) => ({
          serverId: row.server_id,
          offering: JSON.parse(row.offering) as Offering,
        }));
      }),

    put: (serverId, offering) =>
      database.run(async (tables) => {
        const text = JSON.stringify(offering);
        await tables
          .insertInto("offerings")
          .values({ server_id: serverId, offering: text })
          .onConflict((conflict) => conflict.column("server_id").doUpdateSet({ offering: text }))
          .execute();
      }),

    remove: (serverId) =>
      database.run(async (tables) => {
        await tables.deleteFrom("offerings").where("server_id", "=", serverId).execute();
      }),
  };
}
