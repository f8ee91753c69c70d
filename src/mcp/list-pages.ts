import { InvalidRequest } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Limits } from "../domain/limits.ts";
import type { Era } from "../domain/protocol.ts";
import type { ShortList } from "../listing/listing.ts";
import type { Catalog, Profiles } from "../registry/registry.ts";
import { type DialectLimits, WrittenTools } from "./dialects/dialects.ts";
import type { Endpoint } from "./endpoint.ts";
import { shortEntries } from "./meta-tools/short-entries.ts";
import { type ListName, type ShownEntry, entriesOf } from "./shown-entries.ts";
import { toolFor2025 } from "./structured-output.ts";

export type { ListName } from "./shown-entries.ts";

/** How long a 2026 client may keep a list without asking again; news of a change may come earlier. */
export const LIST_TTL_MS = 60_000;

interface Entry {
  readonly key: string;
  readonly text: string;
}

/**
 * The pages of all lists as JSON text, worked out once per catalog, endpoint and era. A cursor names the last entry
 * of the page before it, so a list that changes between two pages neither repeats nor drops the others.
 */
export class ListPages {
  readonly #limits: Pick<Limits, "listPageSize"> & DialectLimits;
  readonly #profiles: Profiles | undefined;
  readonly #written: WrittenTools;
  #catalogVersion = -1;
  readonly #pages = new Map<string, Buffer>();
  readonly #entries = new Map<string, readonly Entry[]>();
  readonly #texts = new WeakMap<object, Map<string, string>>();

  constructor(
    limits: Pick<Limits, "listPageSize"> & DialectLimits,
    profiles?: Profiles,
    written = new WrittenTools(limits),
  ) {
    this.#limits = limits;
    this.#profiles = profiles;
    this.#written = written;
  }

  /** JSON text of the result; `short` is what to list instead of all tools. Throws InvalidRequest for a cursor that this list did not give out. */
  page(
    catalog: Catalog,
    endpoint: Endpoint,
    era: Era,
    list: ListName,
    cursor: string | undefined,
    short?: ShortList,
  ): Buffer {
    if (catalog.version !== this.#catalogVersion) {
      this.#pages.clear();
      this.#entries.clear();
      this.#catalogVersion = catalog.version;
    }
    const key = `${list} ${era} ${selectionOf(endpoint)} ${short?.key ?? ""} ${cursor ?? ""}`;
    const known = this.#pages.get(key);
    if (known !== undefined) return known;
    const page = this.#build(catalog, endpoint, era, list, cursor, short);
    this.#pages.set(key, page);
    return page;
  }

  #build(
    catalog: Catalog,
    endpoint: Endpoint,
    era: Era,
    list: ListName,
    cursor: string | undefined,
    short: ShortList | undefined,
  ): Buffer {
    const listKey = `${list} ${era} ${selectionOf(endpoint)} ${short?.key ?? ""}`;
    const entries = this.#entries.get(listKey) ?? this.#encode(catalog, endpoint, era, list, short);
    this.#entries.set(listKey, entries);
    const start = cursor === undefined ? 0 : indexAfter(entries, cursor);
    const shown = entries.slice(start, start + this.#limits.listPageSize);
    const last = shown.at(-1);
    const next = last !== undefined && start + shown.length < entries.length ? toCursor(last.key) : undefined;
    const head =
      era === "2026" ? `{"resultType":"complete","ttlMs":${LIST_TTL_MS},"cacheScope":"private",` : "{";
    const tail = next === undefined ? "]}" : `],"nextCursor":${JSON.stringify(next)}}`;
    return Buffer.from(`${head}"${list}":[${shown.map((entry) => entry.text).join(",")}${tail}`);
  }

  #encode(
    catalog: Catalog,
    endpoint: Endpoint,
    era: Era,
    list: ListName,
    short: ShortList | undefined,
  ): readonly Entry[] {
    const view = endpoint.kind === "profile" ? this.#profiles?.view(endpoint.profile) : undefined;
    const all = entriesOf(list, { catalog, endpoint, view, written: this.#written });
    const dialect = view?.profile.schema ?? "full";
    const entries = short === undefined ? all : shortEntries(short, all, dialect, this.#limits);
    return entries.map((entry) => ({
      key: entry.key,
      text: this.#text(entry, era, (shown) =>
        list === "tools" && era === "2025" ? toolFor2025(shown) : shown,
      ),
    }));
  }

  /** Written once for each way in which an item is shown, also over several catalogs. */
  #text(
    { item, variant, shown }: ShownEntry,
    era: Era,
    inEra: (definition: JsonObject) => JsonObject,
  ): string {
    const texts = this.#texts.get(item) ?? new Map<string, string>();
    this.#texts.set(item, texts);
    const key = `${era} ${variant}`;
    const text = texts.get(key) ?? JSON.stringify(inEra(shown()));
    texts.set(key, text);
    return text;
  }
}

function selectionOf(endpoint: Endpoint): string {
  if (endpoint.kind === "all") return "*";
  return endpoint.kind === "server" ? endpoint.server : `p/${endpoint.profile}`;
}

function toCursor(key: string): string {
  return Buffer.from(key).toString("base64url");
}

function indexAfter(entries: readonly Entry[], cursor: string): number {
  const key = Buffer.from(cursor, "base64url").toString("utf8");
  const at = entries.findIndex((entry) => entry.key === key);
  if (at < 0) throw new InvalidRequest("This cursor is not valid (any more): list again from the start.");
  return at + 1;
}
