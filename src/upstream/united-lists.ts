import { isDeepStrictEqual } from "node:util";

import { type JsonObject, stringAt } from "../domain/json.ts";
import type { Limits } from "../domain/limits.ts";
import type { Offering } from "../domain/offering.ts";
import type { Era } from "../domain/protocol.ts";
import { KEYS } from "./definition-check.ts";
import { type Finding, type List, maxItems } from "./explore.ts";

const LISTS = Object.keys(KEYS) as readonly List[];

/** What one connection lists that reported changes of its own. */
export interface OwnList {
  readonly era: Era;
  readonly found: ReadonlyMap<List, Finding>;
  /** Nobody has reported a change of this list since. */
  readonly isLatest: boolean;
}

type Shared = Pick<Offering, List | "quarantined">;

/**
 * All that the shared connection lists, in its order, and then, by name, what only others list; of several that list the
 * same, the first one counts. A definition of the connection that reported last replaces that of the shared one, unless
 * they are of different eras: then they may differ in form only.
 */
export function unite(
  offering: Offering,
  era: Era,
  own: readonly OwnList[],
  limits: Pick<Limits, "toolsPerUpstream">,
): Offering {
  const lists = LISTS.map((list) => {
    const items = united(list, offering[list], era, own);
    return [list, items.slice(0, maxItems(list, limits))] as const;
  });
  const known = new Map(offering.quarantined.map((entry) => [JSON.stringify(entry), entry]));
  for (const { quarantined } of own.flatMap(({ found }) => [...found.values()]))
    for (const entry of quarantined) known.set(JSON.stringify(entry), entry);
  return { ...offering, ...Object.fromEntries(lists), quarantined: [...known.values()] };
}

/** Whether it lists anything that the shared connection does not. */
export function addsTo(shared: Shared, sharedEra: Era, { era, found }: OwnList): boolean {
  return [...found].some(([list, { items, quarantined }]) => {
    const known = byKey(list, shared[list]);
    const adds = (item: JsonObject): boolean => {
      const other = known.get(keyOf(list, item));
      return other === undefined || (era === sharedEra && !isDeepStrictEqual(other, item));
    };
    const isNamed = (entry: Offering["quarantined"][number]): boolean =>
      shared.quarantined.some((other) => isDeepStrictEqual(other, entry));
    return items.some(adds) || !quarantined.every(isNamed);
  });
}

function united(
  list: List,
  shared: readonly JsonObject[],
  sharedEra: Era,
  own: readonly OwnList[],
): readonly JsonObject[] {
  const known = byKey(list, shared);
  const added = new Map<string, JsonObject>();
  for (const { era, found, isLatest } of own) {
    for (const item of found.get(list)?.items ?? []) {
      const key = keyOf(list, item);
      if (!known.has(key)) added.set(key, added.get(key) ?? item);
      else if (isLatest && era === sharedEra) known.set(key, item);
    }
  }
  const news = [...added].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
  return [...known.values(), ...news];
}

function byKey(list: List, items: readonly JsonObject[]): Map<string, JsonObject> {
  return new Map(items.map((item) => [keyOf(list, item), item]));
}

function keyOf(list: List, item: JsonObject): string {
  return stringAt(item, KEYS[list]) ?? "";
}
