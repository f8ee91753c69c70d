import { type JsonObject, stringAt } from "../domain/json.ts";
import { type ListMode, isListMode } from "../domain/list-mode.ts";
import type { Profiles } from "../registry/registry.ts";

/** What the URL says of the list of tools: `?mode=search`. */
interface AskedMode {
  readonly mode?: ListMode | undefined;
}

interface ProfileEndpoint extends AskedMode {
  readonly kind: "profile";
  readonly profile: string;
  /** Servers that the profile selects; absent: all. */
  readonly servers: ReadonlySet<string> | undefined;
  /** By the client's name, at `/mcp`: to the client it is still that endpoint. */
  readonly isChosen: boolean;
}

/** What a URL offers: everything that is registered, one upstream under its own names, or a profile. */
export type Endpoint =
  | (AskedMode & { readonly kind: "all" })
  | (AskedMode & { readonly kind: "server"; readonly server: string })
  | ProfileEndpoint;

const ALL: Endpoint = { kind: "all" };
const SERVER_PATH = "/mcp/s/";
const PROFILE_PATH = "/mcp/p/";
const PROFILE_KEY = "p/";

/** The endpoints that there are. Those of profiles know what they select. */
export class Endpoints {
  readonly #profiles: Profiles | undefined;
  readonly #chosen = new Map<string, Endpoint>();

  constructor(profiles?: Profiles) {
    this.#profiles = profiles;
    for (const name of profiles?.names ?? []) this.#chosen.set(name, this.#profile(name, true));
  }

  /** The endpoint of a request's URL, or nothing if the path is not one of MCP's. A profile may not exist. */
  ofUrl(url: string): Endpoint | undefined {
    if (url === "/mcp") return ALL;
    const query = url.indexOf("?");
    const path = query < 0 ? url : url.slice(0, query);
    const endpoint = this.#ofPath(path);
    return query < 0 || endpoint === undefined ? endpoint : inMode(endpoint, url.slice(query + 1));
  }

  #ofPath(path: string): Endpoint | undefined {
    if (path === "/mcp" || path === "/mcp/") return ALL;
    const server = nameAfter(SERVER_PATH, path);
    if (server !== undefined) return { kind: "server", server };
    const profile = nameAfter(PROFILE_PATH, path);
    return profile === undefined ? undefined : this.#profile(profile, false);
  }

  /** The reverse of `keyOf`, for what was stored. */
  ofKey(key: string): Endpoint {
    const query = key.indexOf("?");
    if (query >= 0) return inMode(this.ofKey(key.slice(0, query)), key.slice(query + 1));
    if (key === "*") return ALL;
    return key.startsWith(PROFILE_KEY)
      ? this.#profile(key.slice(PROFILE_KEY.length), false)
      : { kind: "server", server: key };
  }

  /** At `/mcp`, the profile that wants clients of this name. A client that named an endpoint gets that one. */
  choose(endpoint: Endpoint, clientInfo: JsonObject | undefined): Endpoint {
    if (endpoint.kind !== "all" || this.#profiles?.choosesByClient !== true) return endpoint;
    const client = clientInfo && stringAt(clientInfo, "name");
    const profile = client === undefined ? undefined : this.#profiles.forClient(client);
    const chosen = profile === undefined ? undefined : this.#chosen.get(profile);
    if (chosen === undefined) return endpoint;
    return endpoint.mode === undefined ? chosen : { ...chosen, mode: endpoint.mode };
  }

  #profile(profile: string, isChosen: boolean): ProfileEndpoint {
    const found = this.#profiles?.find(profile);
    const selected = found === undefined ? [] : found.servers;
    return { kind: "profile", profile, servers: selected && new Set(selected), isChosen };
  }
}

function nameAfter(start: string, path: string): string | undefined {
  const name = path.startsWith(start) ? path.slice(start.length) : "";
  return /^[\w-]+$/.test(name) ? name : undefined;
}

export function covers(endpoint: Endpoint, server: string): boolean {
  if (endpoint.kind === "all") return true;
  if (endpoint.kind === "server") return endpoint.server === server;
  return endpoint.servers === undefined || endpoint.servers.has(server);
}

/** To what a client has connected: its session is good for nothing else. */
export function keyOf(endpoint: Endpoint): string {
  return endpoint.mode === undefined ? plainKeyOf(endpoint) : `${plainKeyOf(endpoint)}?mode=${endpoint.mode}`;
}

/** A mode that nobody knows is none. */
function inMode(endpoint: Endpoint, query: string): Endpoint {
  const mode = new URLSearchParams(query).get("mode");
  return mode === null || !isListMode(mode) ? endpoint : { ...endpoint, mode };
}

function plainKeyOf(endpoint: Endpoint): string {
  if (endpoint.kind === "all") return "*";
  if (endpoint.kind === "server") return endpoint.server;
  return endpoint.isChosen ? "*" : PROFILE_KEY + endpoint.profile;
}
