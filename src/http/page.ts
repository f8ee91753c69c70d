import { z } from "zod";

import { InvalidRequest } from "../domain/errors.ts";
import { count } from "./query.ts";

export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly sort?: string | undefined;
  readonly q?: string | undefined;
}

/** Query of a list. `sorts`: the names that may be sorted by, the first is the default; `-name` is descending. */
export function pageQuery(sorts: readonly [string, ...string[]]) {
  const names = sorts.flatMap((sort) => [sort, `-${sort}`]) as [string, ...string[]];
  return {
    limit: count(1, 200).default(50),
    cursor: z.string().max(2_048).optional().meta({ description: "`next_cursor` of the page before." }),
    sort: z.enum(names).default(sorts[0]),
    q: z.string().max(256).optional().meta({ description: "Only items that contain this text." }),
  };
}

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

interface ListRules<T> {
  /** Unique: ties of the sort break by it. */
  readonly key: (item: T) => string;
  readonly sorts: Readonly<Record<string, (item: T) => string>>;
  /** The texts that `q` looks at. */
  readonly texts: (item: T) => readonly (string | undefined)[];
}

/** A cursor is the place after the last item, so a page is right even when items come and go in between. */
export function page<T>(all: readonly T[], query: PageQuery, rules: ListRules<T>): Page<T> {
  const sort = query.sort ?? Object.keys(rules.sorts)[0] ?? "";
  const down = sort.startsWith("-");
  const valueOf = rules.sorts[down ? sort.slice(1) : sort] ?? rules.key;
  const wanted = query.q?.toLowerCase();
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor, sort);
  const places = all
    .filter(
      (item) =>
        wanted === undefined || rules.texts(item).some((text) => text?.toLowerCase().includes(wanted)),
    )
    .map((item) => ({ item, value: valueOf(item), key: rules.key(item) }))
    .filter((place) => after === undefined || compare(place, after, down) > 0)
    .sort((a, b) => compare(a, b, down));
  const shown = places.slice(0, query.limit);
  const last = shown.at(-1);
  const more = places.length > shown.length && last !== undefined;
  return {
    items: shown.map(({ item }) => item),
    next_cursor: more ? writeCursor({ sort, value: last.value, key: last.key }) : null,
  };
}

interface Place {
  readonly value: string;
  readonly key: string;
}

function compare(a: Place, b: Place, down: boolean): number {
  const order = order2(a.value, b.value) || order2(a.key, b.key);
  return down ? -order : order;
}

function order2(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const Cursor = z.strictObject({ sort: z.string(), value: z.string(), key: z.string() });

function writeCursor(cursor: z.infer<typeof Cursor>): string {
  return Buffer.from(JSON.stringify(cursor)).toString("base64url");
}

function readCursor(text: string, sort: string): Place {
  try {
    const parsed = Cursor.safeParse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    if (parsed.success && parsed.data.sort === sort) return parsed.data;
  } catch {
    // Not JSON: the same refusal as for any other text that we did not write.
  }
  throw new InvalidRequest("The cursor is not one of this list and order; begin without it.", [
    { path: "cursor", message: "is not a cursor of this list and order" },
  ]);
}
