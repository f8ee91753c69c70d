import { createHash } from "node:crypto";

import { matchesAny } from "../domain/glob.ts";
import { HTTP_TOOL_META } from "../domain/http-tool-definition.ts";
import { canonicalJson, isJsonObject, type JsonObject, stringAt } from "../domain/json.ts";
import type { Offering, Tool } from "../domain/offering.ts";
import type { Server } from "../domain/server.ts";
import { publicIds } from "./tool-names.ts";
import { UriTemplate } from "./uri-template.ts";

export interface CatalogPrompt {
  /** `<server>__<name>`, by the same rule as tools. */
  readonly id: string;
  readonly server: string;
  readonly name: string;
  readonly definition: JsonObject;
}

export interface OfferedResource {
  readonly uri: string;
  readonly definition: JsonObject;
}

export interface OfferedTemplate {
  readonly uriTemplate: string;
  readonly definition: JsonObject;
  readonly matcher: UriTemplate | undefined;
}

/**
 * What one server adds to the catalog, each list by the upstream's own key. It is computed from that server's
 * offering alone, so others are never touched. A list that did not change is the same object as before.
 */
export interface CatalogPart {
  readonly server: string;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly prompts: ReadonlyMap<string, CatalogPrompt>;
  readonly resources: ReadonlyMap<string, OfferedResource>;
  readonly templates: ReadonlyMap<string, OfferedTemplate>;
  /** Whether it answers `resources/read`, also of what it does not list. */
  readonly reads: boolean;
}

/** Keeps the objects and the order of `previous` where nothing changed: some upstreams list in random order. */
export function buildPart(server: Server, offering: Offering, previous?: CatalogPart): CatalogPart {
  const resources = byKey(offering.resources, "uri", (uri, definition) => {
    const known = previous?.resources.get(uri);
    return isSame(known, definition) ? known : { uri, definition };
  });
  const templates = byKey(offering.resourceTemplates, "uriTemplate", (uriTemplate, definition) => {
    const known = previous?.templates.get(uriTemplate);
    return isSame(known, definition)
      ? known
      : { uriTemplate, definition, matcher: UriTemplate.parse(uriTemplate) };
  });
  return {
    server: server.name,
    tools: settled(buildTools(server, offering, previous), previous?.tools),
    prompts: settled(buildPrompts(server.name, offering, previous), previous?.prompts),
    resources: settled(resources, previous?.resources),
    templates: settled(templates, previous?.templates),
    reads: isJsonObject(offering.capabilities["resources"]),
  };
}

function buildTools(server: Server, offering: Offering, previous?: CatalogPart): ReadonlyMap<string, Tool> {
  const { allow, deny = [] } = server.entry.gateway.tools;
  const ids = idsOf(server.name, offering.tools);
  const tools = byKey(offering.tools, "name", (name, definition) => {
    const id = ids.get(name) ?? name;
    const tags = [...new Set([...server.entry.gateway.tags, ...tagsOf(server, definition)])];
    const known = previous?.tools.get(name);
    const stays =
      isSame(known, definition) && known.id === id && JSON.stringify(known.tags) === JSON.stringify(tags);
    return stays ? known : toTool(server.name, { id, name, tags, definition });
  });
  const visible = [...tools].filter(
    ([name]) => (allow === undefined || matchesAny(allow, name)) && !matchesAny(deny, name),
  );
  return new Map(visible);
}

function toTool(server: string, named: Pick<Tool, "id" | "name" | "tags" | "definition">): Tool {
  const { definition } = named;
  const annotations = isJsonObject(definition["annotations"]) ? definition["annotations"] : {};
  let hash: string | undefined;
  return {
    ...named,
    server,
    description: stringAt(definition, "description") ?? "",
    readOnly: annotations["readOnlyHint"] === true,
    idempotent: annotations["idempotentHint"] === true,
    destructive: annotations["destructiveHint"] === true,
    /** On first use: 10,000 of them would cost half a second of the start. */
    get hash() {
      return (hash ??= createHash("sha256").update(canonicalJson(definition)).digest("hex"));
    },
  };
}

/** Tools that were registered over REST have tags of their own. An upstream's `_meta` is not believed. */
function tagsOf(server: Server, definition: JsonObject): string[] {
  const meta = server.entry.type === "http-tools" ? definition["_meta"] : undefined;
  const own = isJsonObject(meta) ? meta[HTTP_TOOL_META] : undefined;
  const tags = isJsonObject(own) ? own["tags"] : undefined;
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
}

function buildPrompts(
  server: string,
  offering: Offering,
  previous?: CatalogPart,
): ReadonlyMap<string, CatalogPrompt> {
  const ids = idsOf(server, offering.prompts);
  return byKey(offering.prompts, "name", (name, definition) => {
    const id = ids.get(name) ?? name;
    const known = previous?.prompts.get(name);
    return isSame(known, definition) && known.id === id ? known : { id, server, name, definition };
  });
}

/** Of all names, also of those that are filtered out: an id must not depend on the filter. */
function idsOf(server: string, definitions: readonly JsonObject[]): ReadonlyMap<string, string> {
  const names = definitions.flatMap((definition) => stringAt(definition, "name") ?? []);
  return publicIds(server, [...new Set(names)]);
}

/** Definitions without the key are left out; of those with the same key the first counts. */
function byKey<T>(
  definitions: readonly JsonObject[],
  key: string,
  make: (value: string, definition: JsonObject) => T,
): ReadonlyMap<string, T> {
  const made = new Map<string, T>();
  for (const definition of definitions) {
    const value = stringAt(definition, key);
    if (value !== undefined && !made.has(value)) made.set(value, make(value, definition));
  }
  return made;
}

function isSame<T extends { readonly definition: JsonObject }>(
  known: T | undefined,
  definition: JsonObject,
): known is T {
  return known !== undefined && isSameJson(known.definition, definition);
}

/** The cheap comparisons first: an upstream seldom writes the same in another order. */
export function isSameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b) || canonicalJson(a) === canonicalJson(b);
}

/** The list of before if it holds the very same entries. */
function settled<T>(
  list: ReadonlyMap<string, T>,
  before: ReadonlyMap<string, T> | undefined,
): ReadonlyMap<string, T> {
  const isUnchanged =
    before?.size === list.size && [...list].every(([key, value]) => before.get(key) === value);
  return isUnchanged ? before : list;
}
