import { type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";
import type { SchemaDialect } from "../../domain/profile.ts";
import type { ShortList } from "../../listing/listing.ts";
import { DIALECTS, type DialectLimits } from "../dialects/dialects.ts";
import type { ShownEntry } from "../shown-entries.ts";

/** The meta-tools first, then those of `all` that are pinned, in the order in which they were. */
export function shortEntries(
  { metaTools, pinned }: ShortList,
  all: readonly ShownEntry[],
  dialect: SchemaDialect,
  limits: DialectLimits,
): readonly ShownEntry[] {
  const own = metaTools.map((definition) => ({
    item: definition,
    key: stringAt(definition, "name") ?? "",
    variant: dialect,
    shown: () => written(definition, dialect, limits),
  }));
  const byTool = new Map(all.map((entry) => [entry.item, entry]));
  return [...own, ...pinned.flatMap(({ tool }) => byTool.get(tool) ?? [])];
}

function written(definition: JsonObject, dialect: SchemaDialect, limits: DialectLimits): JsonObject {
  const { inputSchema } = definition;
  if (!isJsonObject(inputSchema)) return definition;
  return { ...definition, inputSchema: DIALECTS[dialect](inputSchema, limits).schema };
}
