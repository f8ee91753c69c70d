import { matchesAny } from "../domain/glob.ts";
import type { Health } from "../domain/health.ts";
import type { JsonObject } from "../domain/json.ts";
import type { EffectiveMode, ListMode } from "../domain/list-mode.ts";
import type { Offering, Tool } from "../domain/offering.ts";
import type { SchemaDialect } from "../domain/profile.ts";
import type { Server } from "../domain/server.ts";
import type { Catalog, Profiles } from "../registry/registry.ts";
import type { ToolSearch } from "../search/search.ts";
import { Explainer } from "./explanation.ts";
import { metaDefinitions } from "./meta-definitions.ts";
import { type Place, type ShownTool, ShownTools } from "./shown-tools.ts";
import { tokensOfDefinition, tokensOfTool } from "./token-costs.ts";

export type { Explainer, Explanation, Viewpoint } from "./explanation.ts";
export type { Check } from "./explanation-checks.ts";
export { oneLine } from "./server-notes.ts";
export type { Place, ShownTool, ShownTools } from "./shown-tools.ts";

/** So many tools, of so many tokens, are listed as they are by `auto`. */
const FULL_TOOLS = 40;
const FULL_TOKENS = 10_000;
/** For clients that show their models only the tools that are looked up. */
const DEFERRED_TOOLS = 300;
export const MAX_PINNED = 12;

export interface ListingSettings {
  readonly mode: ListMode;
  /** Ids, or globs on them. */
  readonly pinned: readonly string[];
  /** Globs on the names of clients that defer tools themselves. */
  readonly deferringClients: readonly string[];
}

export interface ListingDeps extends ListingSettings {
  readonly catalog: () => Catalog;
  readonly profiles: Profiles;
  readonly findServer: (name: string) => Server | undefined;
}

/** Who reads a list. */
export interface Reader {
  /** The name that the client gives itself. */
  readonly client: string | undefined;
  /** Whether it may call tools. */
  readonly calls: boolean;
}

/** A list of tools that is not everything. */
export interface ShortList {
  /** Lists with the same key are the same, as long as the catalog is. */
  readonly key: string;
  readonly metaTools: readonly JsonObject[];
  readonly pinned: readonly ShownTool[];
}

/** What a list of each mode costs a client, in tokens. */
export interface ListCost {
  /** The path of the endpoint. */
  readonly endpoint: string;
  readonly mode: ListMode;
  /** For a client that is not known to defer tools. */
  readonly effective: EffectiveMode;
  readonly tools: number;
  readonly tokens: Readonly<Record<EffectiveMode, number>>;
}

interface Surroundings {
  readonly registry: {
    readonly catalog: Catalog;
    servers(): readonly Server[];
    findServer(name: string): Server | undefined;
    offering(server: string): Offering | undefined;
  };
  readonly profiles: Profiles;
  readonly search: Pick<ToolSearch, "find">;
  readonly healthOf: (server: string) => Health;
}

const NEAREST = 3;

/** What callers see, and why. */
export function openListing(
  { mode, pinned, deferringClients }: ListingSettings,
  { registry, profiles, search, healthOf }: Surroundings,
): { readonly listing: Listing; readonly explainer: Explainer } {
  const listing = new Listing({
    catalog: () => registry.catalog,
    findServer: (name) => registry.findServer(name),
    profiles,
    mode,
    pinned,
    deferringClients,
  });
  const similar = (text: string, visible: (tool: Tool) => boolean): readonly Tool[] =>
    search.find({ text, limit: NEAREST, visible }).items.map(({ tool }) => tool);
  return { listing, explainer: new Explainer({ listing, profiles, registry, healthOf, similar }) };
}

const CALLER: Reader = { client: undefined, calls: true };

/** What callers see of the catalog where. It depends on the catalog and the config alone, never on earlier calls. */
export class Listing {
  readonly #deps: ListingDeps;
  readonly #deferring: readonly string[];
  #catalog: Catalog | undefined;
  readonly #shown = new Map<string, ShownTools>();
  readonly #short = new Map<string, ShortList>();
  #costs: readonly ListCost[] | undefined;

  constructor(deps: ListingDeps) {
    this.#deps = deps;
    this.#deferring = deps.deferringClients.map((glob) => glob.toLowerCase());
  }

  at(place: Place): ShownTools {
    const catalog = this.#current();
    const key = keyOf(place);
    const known = this.#shown.get(key);
    if (known !== undefined) return known;
    const view = place.kind === "profile" ? this.#deps.profiles.view(place.profile) : undefined;
    const shown = new ShownTools(place, catalog, view);
    this.#shown.set(key, shown);
    return shown;
  }

  /** As configured. A server's own endpoint shows what the server has, unless its URL says otherwise. */
  configuredMode(place: Place): ListMode {
    if (place.mode !== undefined) return place.mode;
    if (place.kind === "server") return "full";
    const profile = place.kind === "profile" ? this.#deps.profiles.find(place.profile) : undefined;
    return profile?.mode ?? this.#deps.mode;
  }

  dialectAt(place: Place): SchemaDialect {
    const profile = place.kind === "profile" ? this.#deps.profiles.find(place.profile) : undefined;
    return profile?.schema ?? "full";
  }

  modeAt(place: Place, client: string | undefined): EffectiveMode {
    const mode = this.configuredMode(place);
    if (mode !== "auto") return mode;
    const { all } = this.at(place);
    if (all.length <= FULL_TOOLS && sum(all) <= FULL_TOKENS) return "full";
    return all.length <= DEFERRED_TOOLS && this.#defers(client) ? "full" : "hybrid";
  }

  /** Nothing where the list shows everything. */
  shortList(place: Place, { client, calls }: Reader): ShortList | undefined {
    this.#current();
    const mode = this.modeAt(place, client);
    if (mode === "full") return undefined;
    const catalogKey = `${mode} ${calls ? "calls" : "reads"}`;
    const key = `${keyOf(place)} ${catalogKey}`;
    const known = this.#short.get(key);
    if (known !== undefined) return known;
    const metaTools = this.metaTools(place, calls);
    const list = { key: catalogKey, metaTools, pinned: mode === "hybrid" ? this.pinnedAt(place) : [] };
    this.#short.set(key, list);
    return list;
  }

  /** Whether `tools/list` shows this tool. */
  lists(place: Place, client: string | undefined, tool: Tool): boolean {
    const list = this.shortList(place, { client, calls: true });
    return list === undefined || list.pinned.some((pinned) => pinned.tool.id === tool.id);
  }

  /** Another text whenever such a list would be another; nothing where it shows everything. */
  fingerprint(place: Place, reader: Reader): string | undefined {
    const list = this.shortList(place, reader);
    if (list === undefined) return undefined;
    return JSON.stringify([list.metaTools, list.pinned.map(({ name, tool }) => [name, tool.hash])]);
  }

  /** A server may have a tool of such a name itself: at its own endpoint that one is meant. */
  metaTools(place: Place, calls: boolean): readonly JsonObject[] {
    const shown = this.at(place);
    const servers = [...shown.byServer].map(([name, tools]) => {
      const entry = this.#deps.findServer(name)?.entry;
      return { name, tools, description: entry?.description };
    });
    const trusted = servers
      .filter(({ name }) => this.#deps.findServer(name)?.entry.gateway.trusted === true)
      .map(({ name }) => name);
    const definitions = metaDefinitions({ servers, tools: shown.all.length, trusted, calls });
    return definitions.filter(({ name }) => shown.find(name) === undefined);
  }

  /** In the order of the config; of a glob's tools in the order of the catalog. Those that are not here are left out. */
  pinnedAt(place: Place): readonly ShownTool[] {
    const profile = place.kind === "profile" ? this.#deps.profiles.find(place.profile) : undefined;
    const { all } = this.at(place);
    const pinned = new Set<ShownTool>();
    for (const glob of profile?.pinned ?? this.#deps.pinned) {
      for (const shown of all) {
        if (pinned.size >= MAX_PINNED) return [...pinned];
        if (matchesAny([glob], shown.tool.id) || matchesAny([glob], shown.name)) pinned.add(shown);
      }
    }
    return [...pinned];
  }

  /** Of `/mcp` and each profile. Worked out once per catalog. */
  costs(): readonly ListCost[] {
    this.#current();
    return (this.#costs ??= [
      this.#costOf("/mcp", { kind: "all" }),
      ...this.#deps.profiles.names.map((profile) =>
        this.#costOf(`/mcp/p/${profile}`, { kind: "profile", profile }),
      ),
    ]);
  }

  #costOf(endpoint: string, place: Place): ListCost {
    const { all } = this.at(place);
    const search = this.metaTools(place, true).reduce((tokens, one) => tokens + tokensOfDefinition(one), 0);
    const hybrid = search + sum(this.pinnedAt(place));
    return {
      endpoint,
      mode: this.configuredMode(place),
      effective: this.modeAt(place, CALLER.client),
      tools: all.length,
      tokens: { full: Math.ceil(sum(all)), hybrid: Math.ceil(hybrid), search: Math.ceil(search) },
    };
  }

  #defers(client: string | undefined): boolean {
    return client !== undefined && matchesAny(this.#deferring, client.toLowerCase());
  }

  #current(): Catalog {
    const catalog = this.#deps.catalog();
    if (catalog !== this.#catalog) {
      this.#catalog = catalog;
      this.#shown.clear();
      this.#short.clear();
      this.#costs = undefined;
    }
    return catalog;
  }
}

function keyOf(place: Place): string {
  if (place.kind === "all") return "*";
  return place.kind === "server" ? `s/${place.server}` : `p/${place.profile}`;
}

function sum(tools: readonly ShownTool[]): number {
  return tools.reduce((tokens, tool) => tokens + tokensOfTool(tool), 0);
}
