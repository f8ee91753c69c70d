import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";

import type { CacheStats, PurgeFilter } from "../cache/cache.ts";
import type { CallLog } from "../calls/calls.ts";
import type { Health } from "../domain/health.ts";
import type { HttpTool, NewHttpTool } from "../domain/http-tool.ts";
import type { Identity, Role } from "../domain/identity.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Limits } from "../domain/limits.ts";
import type { Offering, Tool } from "../domain/offering.ts";
import type { Profile } from "../domain/profile.ts";
import type { Era } from "../domain/protocol.ts";
import type { Server, ServerEntry } from "../domain/server.ts";
import type { Explainer, ListCost } from "../listing/listing.ts";
import type { CallRecord } from "../observability/call-record.ts";
import type { Logger } from "../observability/logger.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { LoadState, Verdict } from "../traffic/traffic.ts";
import type { Reply } from "../wire/reply.ts";

/** The part of the catalog that REST shows. */
export interface CatalogView {
  readonly version: number;
  readonly servers: readonly string[];
  readonly tools: readonly Tool[];
  readonly prompts: readonly {
    readonly id: string;
    readonly server: string;
    readonly name: string;
    readonly definition: JsonObject;
  }[];
  readonly resources: readonly {
    readonly uri: string;
    readonly server: string;
    readonly definition: JsonObject;
  }[];
  readonly templates: readonly {
    readonly uriTemplate: string;
    readonly server: string;
    readonly definition: JsonObject;
  }[];
  toolsOf(server: string): readonly Tool[];
  findTool(nameOrId: string): Tool | undefined;
}

export interface RegistryView {
  readonly catalog: CatalogView;
  servers(): readonly Server[];
  findServer(nameOrId: string): Server | undefined;
  getServer(nameOrId: string): Server;
  addServer(
    name: string,
    entry: ServerEntry,
    source: "api" | "builtin",
    egress?: Server["egress"],
  ): Promise<Server>;
  updateServer(
    nameOrId: string,
    change: (entry: ServerEntry) => ServerEntry,
    expectedVersion?: number,
    egress?: Server["egress"],
  ): Promise<Server>;
  removeServer(nameOrId: string): Promise<void>;
  offering(server: string): Offering | undefined;
  httpTools(): readonly HttpTool[];
  addHttpTool(tool: NewHttpTool): Promise<HttpTool>;
  replaceHttpTool(name: string, tool: NewHttpTool, expectedRevision?: number): Promise<HttpTool>;
  removeHttpTool(name: string): Promise<unknown>;
}

export interface DiscoveryView {
  refresh(server: string, signal?: AbortSignal): Promise<unknown>;
  restart(server: string, signal?: AbortSignal): Promise<unknown>;
  health(server: string): Health;
  healthAll(): readonly { readonly server: string; readonly health: Health }[];
}

export type SearchType = "keyword" | "semantic" | "hybrid";

/** What one way of searching contributed to a score. */
interface LegPart {
  readonly raw: number;
  readonly normalised: number;
  readonly weight: number;
}

export interface FoundTool {
  readonly tool: Tool;
  readonly score: number;
  readonly confidence: number;
  readonly matched: readonly string[];
  readonly scores: { readonly keyword: number; readonly semantic?: number | undefined };
  readonly explanation?:
    | { readonly exact: boolean; readonly keyword: LegPart; readonly semantic: LegPart | undefined }
    | undefined;
}

export interface SearchView {
  search(query: {
    readonly text: string;
    readonly type: SearchType;
    readonly limit: number;
    readonly server?: string;
    readonly tags?: readonly string[];
    readonly readOnly?: boolean;
    readonly explain?: boolean;
    readonly visible?: (tool: Tool) => boolean;
  }): Promise<{
    readonly items: readonly FoundTool[];
    readonly total: number;
    readonly tookMs: number;
    readonly effectiveType: SearchType;
    readonly reason: string | undefined;
    readonly embedded: number;
    readonly visible: number;
  }>;
  suggest(
    text: string,
    options: { readonly limit: number; readonly visible?: (tool: Tool) => boolean },
  ): Promise<readonly Tool[]>;
  readonly size: number;
  readonly semantics: {
    readonly state: "off" | "loading" | "ready" | "failed";
    readonly model: string | undefined;
    readonly reason: string | undefined;
    readonly embedded: number;
  };
}

export interface ProxyView {
  callTool(call: {
    readonly identity: Identity;
    readonly tool: Tool;
    readonly args: JsonObject;
    readonly meta: JsonObject;
    readonly era: Era;
    readonly scope: string;
    readonly signal: AbortSignal;
    readonly timeoutMs?: number;
    readonly idempotencyKey?: string | undefined;
    readonly record?: CallRecord | undefined;
  }): Promise<{
    readonly reply: Reply;
    readonly attempts: number;
    readonly cache: "hit" | "miss" | "stale" | "off";
    readonly durationMs: number;
    readonly retried?: readonly string[] | undefined;
    readonly repeated?: "stored" | "joined" | undefined;
  }>;
  breakerState(server: string): "closed" | "open" | "half_open";
  breakerReport(server: string): {
    readonly state: "closed" | "open" | "half_open";
    readonly forced: boolean;
    readonly retryInMs: number | undefined;
    readonly calls: number;
    readonly failures: number;
    readonly openings: number;
  };
  forceBreaker(server: string, open: boolean): void;
}

/** One API key without its secret. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly tenant: string;
  readonly createdAt: string;
  readonly expiresAt?: string | undefined;
  readonly lastUsedAt?: string | undefined;
  readonly revokedAt?: string | undefined;
}

export interface KeysView {
  create(key: { name: string; role: Role; tenant?: string; expiresAt?: string }): Promise<{
    readonly key: string;
    readonly row: ApiKey;
  }>;
  list(): Promise<readonly ApiKey[]>;
  revoke(id: string): Promise<boolean>;
}

/** What one profile shows of the present catalog. */
export interface ShownProfile {
  readonly profile: Profile;
  readonly servers: readonly string[];
  readonly tools: readonly unknown[];
  readonly prompts: readonly unknown[];
  readonly resources: readonly unknown[];
  readonly templates: readonly unknown[];
  showsTool(tool: Tool): boolean;
}

export interface ProfilesView {
  readonly names: readonly string[];
  view(name: string): ShownProfile | undefined;
}

export interface CacheView {
  readonly stats: CacheStats;
  /** In all tiers and replicas; how many entries went. */
  purge(filter: PurgeFilter): number | Promise<number>;
}

export interface TrafficView {
  /** Counts a request. Throws or rejects with GatewayError("rate_limited"). */
  countRequest(identity: Identity): Verdict | undefined | Promise<Verdict | undefined>;
  /** For new work. Throws GatewayError("overloaded"). */
  checkLoad(): void;
  readonly load: LoadState;
}

/** What the routes need. */
export interface RestDeps {
  readonly profiles: ProfilesView;
  readonly registry: RegistryView;
  readonly discovery: DiscoveryView;
  readonly search: SearchView;
  readonly proxy: ProxyView;
  /** What the lists of tools show, and cost. */
  readonly listing: { costs(): readonly ListCost[] };
  readonly explainer: Pick<Explainer, "explain" | "truth">;
  readonly keys: KeysView;
  readonly cache: CacheView;
  readonly traffic: TrafficView;
  /** Absent: calls are not logged. */
  readonly calls?: CallLog | undefined;
  readonly storage: { ping(): Promise<void> };
  /** Refuses a definition that could never be called: throws InvalidRequest. */
  readonly checkHttpTool: (tool: NewHttpTool) => void;
  /** Open sessions of MCP clients. */
  readonly sessions: () => number;
  /** True from the moment at which the gateway wants to end. */
  readonly draining: () => boolean;
  readonly version: string;
  /** The folder with the files that pages need. */
  readonly assets: URL;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface HttpDeps extends RestDeps {
  readonly guard: { check(headers: IncomingHttpHeaders): void };
  readonly authenticate: (headers: IncomingHttpHeaders) => Identity | Promise<Identity>;
  /** Takes the request, or answers false when the path is not one of MCP's. */
  readonly mcp: (request: IncomingMessage, response: ServerResponse, requestId: string) => boolean;
}
