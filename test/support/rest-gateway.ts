import type { Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";

import { AddressGuard, ApiKeys, Authenticator } from "../../src/auth/auth.ts";
import { createCache } from "../../src/cache/cache.ts";
import { openCallLog } from "../../src/calls/calls.ts";
import { Discovery } from "../../src/discovery/discovery.ts";
import type { GatewayError } from "../../src/domain/errors.ts";
import type { Role } from "../../src/domain/identity.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/domain/limits.ts";
import { EMPTY_OFFERING, type Offering } from "../../src/domain/offering.ts";
import type { Profile } from "../../src/domain/profile.ts";
import { ServerEntry } from "../../src/domain/server.ts";
import { UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { EventBus } from "../../src/events/events.ts";
import type { HttpDeps } from "../../src/http/deps.ts";
import { createHttpServer } from "../../src/http/http.ts";
import { openListing } from "../../src/listing/listing.ts";
import { type LogFields, type Logger, createLogger } from "../../src/observability/logger.ts";
import { Metrics } from "../../src/observability/metrics.ts";
import { ToolProxy } from "../../src/proxy/proxy.ts";
import { Profiles, Registry } from "../../src/registry/registry.ts";
import { type Semantics, ToolSearch } from "../../src/search/search.ts";
import { SecretBox } from "../../src/secrets/secrets.ts";
import { openStorage } from "../../src/storage/storage.ts";
import type { UpstreamCall } from "../../src/upstream/connection.ts";
import { checkHttpTool } from "../../src/upstream/http-tools/http-tools.ts";
import { Reply } from "../../src/wire/reply.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const CALM = { lagMs: 0, heapShare: 0.1, isOverloaded: false, reason: undefined } as const;

/** REST on a real listener over the real registry, storage, keys, discovery and proxy; only the upstreams are made up. */
export class RestGateway {
  url = "";
  /** What the made-up upstreams offer; an error is a failure to explore. Unknown names cannot be reached. */
  readonly upstreams = new Map<string, Partial<Offering> | GatewayError>();
  /** How the made-up upstreams answer calls. */
  answer: (server: string, call: UpstreamCall) => Reply | Promise<Reply> = () =>
    Reply.of("result", { content: [{ type: "text", text: "done" }] }, "2025");
  readonly calls: { server: string; call: UpstreamCall }[] = [];
  readonly logged: { level: string; message: string; fields: LogFields }[] = [];
  readonly keys = new Map<Role, string>();
  draining = false;
  storageFails = false;
  storageHangs = false;
  mcp: HttpDeps["mcp"] = () => false;
  metrics = new Metrics({ version: "0.0.0-test", process: false });
  registry!: Registry;
  search = new ToolSearch();
  http!: HttpServer;
  /** Answers of tools. */
  readonly cache = createCache({ maxEntries: 100, maxBytes: 1024 * 1024 });
  readonly #closing: (() => unknown)[] = [];

  static async start(
    limits: Partial<Limits> = {},
    change: Partial<HttpDeps> = {},
    profiles: Readonly<Record<string, Profile>> = {},
    semantics?: Semantics,
  ): Promise<RestGateway> {
    const gateway = new RestGateway();
    gateway.search = new ToolSearch({ semantics });
    await gateway.#open({ ...DEFAULT_LIMITS, ...limits }, change, profiles);
    return gateway;
  }

  async #open(
    limits: Limits,
    change: Partial<HttpDeps>,
    profiles: Readonly<Record<string, Profile>>,
  ): Promise<void> {
    const logger = this.#logger();
    const events = new EventBus();
    const storage = await openStorage({ url: `file:${temporaryFolder()}/rest.db`, logger });
    const keys = new ApiKeys({ store: storage.apiKeys });
    for (const role of ["viewer", "user", "operator", "admin"] as const)
      this.keys.set(role, (await keys.create({ name: `the ${role}`, role })).key);
    const authenticator = new Authenticator({ keys });
    this.registry = await Registry.open({
      storage,
      events,
      limits,
      logger,
      secrets: new SecretBox(Buffer.alloc(32, 7)),
    });
    const discovery = new Discovery({
      registry: this.registry,
      upstreams: {
        explore: async (server) => this.#offeringOf(server),
        drop: async () => {},
        status: () => ({ state: "ready" }),
      },
      events,
      logger,
      connectMs: 1_000,
    });
    const { search } = this;
    search.start();
    events.subscribe((event) => {
      if (event.kind === "offering-changed")
        search.replaceServer(event.server, this.registry.catalog.toolsOf(event.server));
    });
    const proxy = this.#proxy(limits);
    const kept = { isOn: true, keepMs: 3_600_000, maxRows: 1_000, sample: 1, slowMs: 1_000 };
    const calls = openCallLog(kept, { store: storage.calls, meters: this.metrics.law, logger });
    const shownProfiles = new Profiles({ profiles, catalog: () => this.registry.catalog });
    this.http = createHttpServer({
      registry: this.registry,
      profiles: shownProfiles,
      ...openListing(
        { mode: "auto", pinned: [], deferringClients: ["claude-code"] },
        {
          registry: this.registry,
          profiles: shownProfiles,
          search,
          healthOf: (server) => discovery.health(server),
        },
      ),
      discovery,
      search,
      proxy,
      keys,
      cache: this.cache,
      traffic: { countRequest: () => undefined, checkLoad: () => {}, load: CALM },
      checkHttpTool,
      calls,
      limits,
      logger,
      storage: { ping: () => this.#ping(() => storage.ping()) },
      guard: new AddressGuard({ hosts: ["127.0.0.1"], origins: ["https://ui.example.com"] }),
      authenticate: (headers) => authenticator.authenticate(headers),
      mcp: (request, response, requestId) => this.mcp(request, response, requestId),
      sessions: () => 3,
      draining: () => this.draining,
      version: "0.0.0-test",
      assets: new URL("../../../dist/assets/", import.meta.url),
      metrics: this.metrics,
      ...change,
    });
    await new Promise<void>((ready) => this.http.listen(0, "127.0.0.1", ready));
    this.url = `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
    discovery.start();
    this.#closing.push(
      () => this.http.closeAllConnections(),
      () => new Promise((done) => this.http.close(done)),
      () => proxy.close(),
      () => discovery.close(),
      () => search.close(),
      () => calls?.close(),
      () => storage.close(),
    );
  }

  async close(): Promise<void> {
    for (const step of this.#closing) await step();
  }

  /** A server whose tools are known, as if it had been explored. */
  async add(name: string, offering: Partial<Offering> = {}, entry: unknown = null): Promise<void> {
    this.upstreams.set(name, offering);
    const parsed = ServerEntry.parse(entry ?? { type: "http", url: `http://${name}.example.com/mcp` });
    await this.registry.addServer(name, parsed, "api");
    await this.registry.replaceOffering(name, { ...EMPTY_OFFERING, ...offering });
  }

  /** One request; `as` nobody sends no key. */
  send(
    method: string,
    path: string,
    options: { as?: Role | "nobody"; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const { as = "admin", body, headers } = options;
    const key = as === "nobody" ? undefined : this.keys.get(as);
    return fetch(this.url + path, {
      method,
      redirect: "manual",
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  }

  /** Status and JSON of one request. */
  async ask(
    method: string,
    path: string,
    options: Parameters<RestGateway["send"]>[2] = {},
  ): Promise<{ status: number; body: JsonObject; headers: Headers }> {
    const response = await this.send(method, path, options);
    const text = await response.text();
    return {
      status: response.status,
      body: text === "" ? {} : (JSON.parse(text) as JsonObject),
      headers: response.headers,
    };
  }

  #offeringOf(server: string): Offering {
    const offering = this.upstreams.get(server);
    if (offering instanceof Error) throw offering;
    if (offering === undefined) throw new UpstreamUnavailable(server, "the connection was refused");
    return { ...EMPTY_OFFERING, ...offering };
  }

  async #ping(real: () => Promise<void>): Promise<void> {
    if (this.storageFails) throw new TypeError("the disk is gone");
    if (this.storageHangs) return new Promise(() => {});
    return real();
  }

  #proxy(limits: Limits): ToolProxy {
    return new ToolProxy({
      call: async (server, call) => {
        this.calls.push({ server, call });
        call.onSent?.();
        return this.answer(server, call);
      },
      ping: async () => {},
      serverOf: (server) => this.registry.findServer(server),
      meterOf: (server, tool) => this.metrics.callMeter(server, tool),
      onRetry: (server, reason) => this.metrics.countRetry(server, reason),
      onCache: (result) => this.metrics.countCache(result),
      onBreaker: (server, state) => this.metrics.setBreakerState(server, state),
      cache: this.cache,
      limits,
      concurrency: { http: 32, stdio: 8 },
      attempts: 3,
    });
  }

  #logger(): Logger {
    const quiet = createLogger({ level: "silent", write: () => {} });
    const note =
      (level: string) =>
      (message: string, fields: LogFields = {}) => {
        this.logged.push({ level, message, fields });
      };
    return { ...quiet, warn: note("warn"), error: note("error") };
  }
}

export function toolDefinition(name: string, more: JsonObject = {}): JsonObject {
  return {
    name,
    description: `Does ${name}`,
    inputSchema: { type: "object" },
    ...more,
  };
}
