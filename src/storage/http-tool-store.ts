import type { Selectable } from "kysely";

import { Conflict } from "../domain/errors.ts";
import type { HttpTool, NewHttpTool } from "../domain/http-tool.ts";
import type { Database } from "./database.ts";
import { onDuplicate } from "./storage-errors.ts";
import type { Tables } from "./tables.ts";

/** HTTP tools as they are given: whoever stores one seals its headers first. */
export interface HttpToolStore {
  list(): Promise<readonly HttpTool[]>;
  /** Throws Conflict for a name that is taken. */
  insert(tool: HttpTool): Promise<void>;
  /** Throws Conflict when the stored revision is not `expectedRevision`, or the new name is taken. */
  update(tool: HttpTool, expectedRevision: number): Promise<void>;
  /** False when there was none. */
  remove(id: string): Promise<boolean>;
}

export function httpToolStore(database: Database): HttpToolStore {
  return {
    list: () =>
      database.run(async (tables) => {
        const rows = await tables.selectFrom("http_tools").selectAll().orderBy("id").execute();
        return rows.map(toTool);
      }),

    insert: (tool) =>
      database.run(async (tables) => {
        await tables.insertInto("http_tools").values(columnsOf(tool)).execute().catch(onTakenName(tool));
      }),

    update: (tool, expectedRevision) =>
      database.run(async (tables) => {
        const { numUpdatedRows } = await tables
          .updateTable("http_tools")
          .set(columnsOf(tool))
          .where("id", "=", tool.id)
          .where("revision", "=", expectedRevision)
          .executeTakeFirst()
          .catch(onTakenName(tool));
        if (numUpdatedRows === 0n)
          throw new Conflict(`The tool "${tool.name}" was changed by somebody else.`);
      }),

    remove: (id) =>
      database.run(async (tables) => {
        const { numDeletedRows } = await tables
          .deleteFrom("http_tools")
          .where("id", "=", id)
          .executeTakeFirst();
        return numDeletedRows > 0n;
      }),
  };
}

function toTool({
  id,
  definition,
  revision,
  created_at,
  updated_at,
}: Selectable<Tables["http_tools"]>): HttpTool {
  return { ...(JSON.parse(definition) as NewHttpTool), id, revision, created_at, updated_at };
}

function onTakenName({ name }: HttpTool): (error: unknown) => never {
  return onDuplicate(`A tool named "${name}" exists already.`, { tool: name });
}

function columnsOf({ id, revision, created_at, updated_at, ...definition }: HttpTool) {
  return {
    id,
    revision,
    created_at,
    updated_at,
    name: definition.name,
    definition: JSON.stringify(definition),
  };
}
