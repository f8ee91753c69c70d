import type { Database } from "./database.ts";

/** Small values that the gateway notes for itself. */
export interface SettingStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  /** Writes only if there is no value yet; answers the one that stands, whoever wrote it. */
  setOnce(key: string, value: string): Promise<string>;
}

export function settingStore(database: Database): SettingStore {
  const get: SettingStore["get"] = (key) =>
    database.run(async (tables) => {
      const row = await tables
        .selectFrom("settings")
        .select("value")
        .where("key", "=", key)
        .executeTakeFirst();
      return row?.value;
    });

  return {
    get,

    set: (key, value) =>
      database.run(async (tables) => {
        await tables
          .insertInto("settings")
          .values({ key, value })
          .onConflict((conflict) => conflict.column("key").doUpdateSet({ value }))
          .execute();
      }),

    setOnce: async (key, value) => {
      await database.run((tables) =>
        tables
          .insertInto("settings")
          .values({ key, value })
          .onConflict((conflict) => conflict.column("key").doNothing())
          .execute(),
      );
      return (await get(key)) ?? value;
    },
  };
}
