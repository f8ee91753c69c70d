import { InvalidRequest } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Limits } from "../domain/limits.ts";
import type { Era } from "../domain/protocol.ts";
import type { Catalog } from "../registry/registry.ts";
import { type Endpoint, keyOf } from "./endpoint.ts";
import { toolFor2025 } from "./structured-output.ts";

export type ListName = "tools" | "resources" | "resourceTemplates" | "prompts";

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
  readonly #pageSize: number;
  #catalogVersion = -1;
  readonly #pages = new Map<string, Buffer>();
  readonly #entries = new Map<string, readonly Entry[]>();
  readonly #texts = new WeakMap<object, Map<string, string>>();

  constructor(limits: Pick<Limits, "listPageSize">) {
    this.#pageSize = limits.listPageSize;
  }

  /** JSON text of the result. Throws InvalidRequest for a cursor that this list did not give out. */
  page(catalog: Catalog, endpoint: Endpoint, era: Era, list: ListName, cursor: string | undefined): Buffer {
    if (catalog.version !== this.#catalogVersion) {
      this.#pages.clear();
      this.#entries.clear();
      this.#catalogVersion = catalog.version;
    }
    const key = `${list} ${era} ${keyOf(endpoint)} ${cursor ?? ""}`;
    const known = this.#pages.get(key);
    if (known !== undefined) return known;
    const page = this.#build(catalog, endpoint, era, list, cursor);
    this.#pages.set(key, page);
    return page;
  }

  #build(catalog: Catalog, endpoint: Endpoint, era: Era, list: ListName, cursor: string | undefined): Buffer {
    const listKey = `${list} ${era} ${keyOf(endpoint)}`;
    const entries = this.#entries.get(listKey) ?? this.#encode(catalog, endpoint, era, list);
    this.#entries.set(listKey, entries);
    const start = cursor === undefined ? 0 : indexAfter(entries, cursor);
    const shown = entries.slice(start, start + this.#pageSize);
    const last = shown.at(-1);
    const next = last !== undefined && start + shown.length < entries.length ? toCursor(last.key) : undefined;
    const head =
      era === "2026" ? `{"resultType":"complete","ttlMs":${LIST_TTL_MS},"cacheScope":"private",` : "{";
    const tail = next === undefined ? "]}" : `],"nextCursor":${JSON.stringify(next)}}`;
    return Buffer.from(`${head}"${list}":[${shown.map((entry) => entry.text).join(",")}${tail}`);
  }

  #encode(catalog: Catalog, endpoint: Endpoint, era: Era, list: ListName): readonly Entry[] {
    return visible(catalog, endpoint, list).map(({ item, key, shown }) => {
      const variant = `${era} ${endpoint.kind}`;
      const texts = this.#texts.get(item) ?? new Map<string, string>();
      this.#texts.set(item, texts);
      const text =
        texts.get(variant) ??
        JSON.stringify(list === "tools" && era === "2025" ? toolFor2025(shown()) : shown());
      texts.set(variant, text);
      return { key, text };
    });
  }
}

interface Visible {
  readonly item: object;
  readonly key: string;
  readonly shown: () => JsonObject;
}

/** On the merged endpoint names and URIs are the public ones; on a server's own endpoint they are the server's. */
function visible(catalog: Catalog, endpoint: Endpoint, list: ListName): readonly Visible[] {
  const merged = endpoint.kind === "all";
  const here = <T extends { readonly server: string }>(items: readonly T[]) =>
    merged ? items : items.filter((item) => item.server === endpoint.server);
  switch (list) {
    case "tools":
      return here(catalog.tools).map((tool) => ({
        item: tool,
        key: tool.id,
        shown: () => (merged ? { ...tool.definition, name: tool.id } : tool.definition),
      }));
    case "prompts":
      return here(catalog.prompts).map((prompt) => ({
        item: prompt,
        key: prompt.id,
        shown: () => (merged ? { ...prompt.definition, name: prompt.id } : prompt.definition),
      }));
    case "resources":
      return here(catalog.resources).map((resource) => ({
        item: resource,
        key: `${resource.server} ${resource.upstreamUri}`,
        shown: () => (merged ? { ...resource.definition, uri: resource.uri } : resource.definition),
      }));
    case "resourceTemplates":
      return here(catalog.templates).map((template) => ({
        item: template,
        key: `${template.server} ${template.upstreamUriTemplate}`,
        shown: () =>
          merged ? { ...template.definition, uriTemplate: template.uriTemplate } : template.definition,
      }));
  }
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
