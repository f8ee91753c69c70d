import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { z } from "zod";

import type { GatewayError } from "../../src/domain/errors.ts";
import type { Health } from "../../src/domain/health.ts";
import type { Identity } from "../../src/domain/identity.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/domain/limits.ts";
import { EMPTY_OFFERING, type Offering } from "../../src/domain/offering.ts";
import { Profile } from "../../src/domain/profile.ts";
import { META, VERSION_2026 } from "../../src/domain/protocol.ts";
import { ServerEntry } from "../../src/domain/server.ts";
import { EventBus } from "../../src/events/events.ts";
import { type ListingSettings, openListing } from "../../src/listing/listing.ts";
import { type McpDeps, McpFront } from "../../src/mcp/mcp.ts";
import type { Who } from "../../src/mcp/subscriptions.ts";
import { createLogger } from "../../src/observability/logger.ts";
import type { CallAnswer, CallContext, ToolCall } from "../../src/proxy/proxy.ts";
import { Profiles, Registry } from "../../src/registry/registry.ts";
import { ToolSearch } from "../../src/search/search.ts";
import { SecretBox } from "../../src/secrets/secrets.ts";
import { type Storage, openStorage } from "../../src/storage/storage.ts";
import { Reply } from "../../src/wire/reply.ts";

export interface Forwarded {
  readonly server: string;
  readonly method: string;
  readonly params: JsonObject;
  readonly context: CallContext;
}

/** A resource that is followed upstream, and for whom. */
export interface Watch {
  readonly server: string;
  readonly uri: string;
  readonly who: Who;
}

export type FrontLists = ListingSettings & { readonly answerCharacters: number };

const DEFAULT_LISTS: FrontLists = {
  mode: "auto",
  pinned: [],
  deferringClients: ["claude-code"],
  answerCharacters: 6_000,
};

const HEALTHY: Health = {
  level: "healthy",
  admin_state: "enabled",
  code: "ok",
  summary: "Ready.",
  since: "2026-01-01T00:00:00.000Z",
};

/** The MCP front on a real HTTP server, over the real registry; only what lies behind the proxy is made up. */
export class FrontHarness {
  url = "";
  /** The bearer token says who calls: `anna`, `viewer:vera`; nobody without one. */
  readonly calls: ToolCall[] = [];
  readonly forwarded: Forwarded[] = [];
  answer: (call: ToolCall) => Promise<Reply> | Reply = () => Reply.of("result", { content: [] }, "2025");
  forward: (call: Forwarded) => Promise<Reply> | Reply = () => Reply.of("result", {}, "2025");
  failures = new Map<string, GatewayError>();
  /** Of servers that are not well. */
  readonly health = new Map<string, Health>();
  settle: () => Promise<void> = async () => {};
  readonly endedSessions: string[] = [];
  admit: (identity: Identity) => void | Promise<void> = () => {};
  readonly followed: Watch[] = [];
  readonly unfollowed: Watch[] = [];
  follow: (server: string, uri: string, signal: AbortSignal) => Promise<void> = async () => {};
  readonly notified: { readonly scope: string; readonly method: string; readonly params: JsonObject }[] = [];
  /** As a network does that fails. */
  cutConnections: () => void = () => {};
  readonly #close: (() => unknown)[] = [];
  #storage: Storage | undefined;
  #newFront: () => McpFront = () => this.front;
  registry!: Registry;
  front!: McpFront;

  /** `profiles`: as in a config file. `lists`: what tools/list shows. */
  static async start(
    limits: Partial<Limits> = {},
    profiles: Readonly<Record<string, object>> = {},
    lists: Partial<FrontLists> = {},
  ): Promise<FrontHarness> {
    const harness = new FrontHarness();
    await harness.#open({ ...DEFAULT_LIMITS, ...limits }, profiles, { ...DEFAULT_LISTS, ...lists });
    return harness;
  }

  async #open(limits: Limits, profiles: Readonly<Record<string, object>>, lists: FrontLists): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "switchgear-front-"));
    const logger = createLogger({ level: "silent", write: () => {} });
    const events = new EventBus();
    const storage = await openStorage({ url: `file:${join(folder, "front.db")}`, logger });
    this.registry = await Registry.open({
      storage,
      events,
      secrets: new SecretBox(Buffer.alloc(32, 7)),
      limits,
    });
    const { registry } = this;
    const parsed = z.record(z.string(), Profile).parse(profiles);
    const profileViews = new Profiles({ profiles: parsed, catalog: () => registry.catalog });
    const healthOf = (server: string): Health => this.health.get(server) ?? HEALTHY;
    const search = new ToolSearch();
    events.subscribe((event) => {
      if (event.kind === "offering-changed" && event.tools)
        search.replaceServer(event.server, registry.catalog.toolsOf(event.server));
    });
    const deps: McpDeps = {
      ...openListing(lists, { registry, profiles: profileViews, search, healthOf }),
      search,
      healthOf,
      findServer: (server) => registry.findServer(server),
      answerCharacters: lists.answerCharacters,
      authenticate: (headers) => identityOf(headers.authorization),
      catalog: () => this.registry.catalog,
      profiles: profileViews,
      proxy: {
        callTool: (call) => this.#callTool(call),
        forward: async (server, method, params, context) => {
          const call = { server, method, params, context };
          this.forwarded.push(call);
          return this.forward(call);
        },
      },
      settled: () => this.settle(),
      isRegistered: (server) => this.registry.findServer(server) !== undefined,
      offeringOf: (server) => this.registry.offering(server),
      failureOf: (server) => this.failures.get(server),
      servers: () => this.registry.catalog.servers,
      info: { name: "switchgear", version: "0.0.0-test" },
      sessionStore: storage.sessions,
      onSessionEnd: (scope) => this.endedSessions.push(scope),
      following: {
        follow: async (server, uri, who, signal) => {
          this.followed.push({ server, uri, who });
          await this.follow(server, uri, signal);
        },
        unfollow: (server, uri, who) => this.unfollowed.push({ server, uri, who }),
      },
      admit: (identity) => this.admit(identity),
      notifyUpstreams: (scope, method, params) => this.notified.push({ scope, method, params }),
      taskKey: Buffer.alloc(32, 5),
      stateKey: Buffer.alloc(32, 6),
      events,
      limits,
      logger,
    };
    this.front = new McpFront(deps);
    this.#newFront = () => new McpFront(deps);
    this.#storage = storage;
    const http = createServer((request, response) => {
      if (!this.front.handle(request, response, "req-1")) response.writeHead(418).end();
    });
    await new Promise<void>((ready) => http.listen(0, "127.0.0.1", ready));
    this.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    this.cutConnections = () => http.closeAllConnections();
    this.#close.push(
      () => this.front.close(),
      () => http.closeAllConnections(),
      () => new Promise((done) => http.close(done)),
      () => storage.close(),
      () => rmSync(folder, { recursive: true }),
    );
  }

  async #callTool(call: ToolCall): Promise<CallAnswer> {
    this.calls.push(call);
    return { reply: await this.answer(call), attempts: 1, cache: "off", durationMs: 1 };
  }

  /** A new front on the same storage, as after a restart of the gateway. */
  async restart(): Promise<void> {
    await this.front.close();
    this.cutConnections();
    this.front = this.#newFront();
    // Until clients have noticed that their connections are gone.
    await new Promise((later) => setTimeout(later, 20));
  }

  /** From now on storage does not answer. */
  async closeStorage(): Promise<void> {
    await this.#storage?.close();
  }

  async close(): Promise<void> {
    for (const step of this.#close) await step();
  }

  async offer(server: string, offering: Partial<Offering>, more: object = {}): Promise<void> {
    if (this.registry.findServer(server) === undefined) {
      const entry = ServerEntry.parse({ type: "http", url: "http://127.0.0.1:9/mcp", ...more });
      await this.registry.addServer(server, entry, "api");
    }
    await this.registry.replaceOffering(server, { ...EMPTY_OFFERING, ...offering });
  }

  post(
    body: unknown,
    headers: Record<string, string> = {},
    path = "/mcp",
    signal?: AbortSignal,
  ): Promise<Response> {
    return fetch(this.url + path, {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
      headers: {
        authorization: "Bearer anna",
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...headers,
      },
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Opens a session of the 2025 era; answers its id. */
  async initialize(headers: Record<string, string> = {}, path = "/mcp"): Promise<string> {
    const params = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "test", version: "1" },
    };
    const response = await this.post({ jsonrpc: "2.0", id: 0, method: "initialize", params }, headers, path);
    return response.headers.get("mcp-session-id") ?? "";
  }

  /** One request of the 2025 era in a session of its own. */
  async legacy(method: string, params: JsonObject = {}, path = "/mcp"): Promise<JsonObject> {
    const session = await this.initialize({}, path);
    const response = await this.post(
      { jsonrpc: "2.0", id: 1, method, params },
      { "mcp-session-id": session },
      path,
    );
    return (await response.json()) as JsonObject;
  }

  /** One request of the 2026 era, with the envelope and the headers that it demands. */
  modern(
    method: string,
    params: JsonObject = {},
    headers: Record<string, string> = {},
    path = "/mcp",
  ): Promise<Response> {
    const name = params["name"] ?? params["uri"];
    return this.post(
      {
        jsonrpc: "2.0",
        id: 1,
        method,
        params: { ...params, _meta: { ...envelope(), ...(params["_meta"] as JsonObject) } },
      },
      {
        "mcp-protocol-version": VERSION_2026,
        "mcp-method": method,
        ...(typeof name === "string" ? { "mcp-name": name } : {}),
        ...headers,
      },
      path,
    );
  }
}

export function envelope(): JsonObject {
  return {
    [META.protocolVersion]: VERSION_2026,
    [META.clientCapabilities]: {},
    [META.clientInfo]: { name: "test", version: "1" },
  };
}

function identityOf(authorization: string | undefined): Identity {
  const [first = "", second] = (authorization ?? "").replace("Bearer ", "").split(":");
  if (second === undefined) return { subject: first, tenant: "default", role: "user" };
  return { subject: second, tenant: "default", role: first === "viewer" ? "viewer" : "admin" };
}

export function tool(name: string, more: JsonObject = {}): JsonObject {
  return { name, description: `Does ${name}`, inputSchema: { type: "object" }, ...more };
}
