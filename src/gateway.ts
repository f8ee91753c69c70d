import type { Server as HttpServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { AddressGuard, ApiKeys, Authenticator } from "./auth/auth.ts";
import { createCache } from "./cache/cache.ts";
import { type Config, type Environment, expandVariables } from "./config/config.ts";
import { Discovery } from "./discovery/discovery.ts";
import { ServerEntry } from "./domain/server.ts";
import { EventBus } from "./events/events.ts";
import { createHttpServer } from "./http/http.ts";
import { McpFront } from "./mcp/mcp.ts";
import type { Logger } from "./observability/logger.ts";
import { Metrics } from "./observability/metrics.ts";
import { ToolProxy } from "./proxy/proxy.ts";
import { Registry } from "./registry/registry.ts";
import { ToolSearch } from "./search/search.ts";
import { SecretBox, loadOrCreateKey } from "./secrets/secrets.ts";
import { openStorage } from "./storage/storage.ts";
import { UpstreamPool, checkHttpTool } from "./upstream/upstream.ts";
import { createEgress } from "./wire/egress.ts";

export interface GatewayDeps {
  readonly env: Environment;
  readonly logger: Logger;
  readonly version: string;
}

export interface Gateway {
  readonly http: HttpServer;
  /** Admits whoever may read this process's data folder; ends with the process. */
  readonly localKey: string;
  /** The first administrator's key; nothing when there have ever been keys. Whoever asks must show it: nobody else can. */
  createAdminKey(): Promise<string | undefined>;
  /** Begins to connect upstreams; to be called when the listener is open. */
  start(): void;
  /** Refuses new work, lets calls in flight end within `drainMs`, then closes everything in reverse order. */
  close(): Promise<void>;
}

/** The composition root: every object is made here, once, in the order of the steps. */
export async function createGateway(config: Config, { env, logger, version }: GatewayDeps): Promise<Gateway> {
  const { dataDir, database, limits, listen, calls } = config.gateway;
  const info = { name: "switchgear", version };

  const metrics = new Metrics({ version, maxLabelValues: config.gateway.metrics.maxLabelValues });
  const events = new EventBus((error) => logger.error("event listener failed", { error }));
  const storage = await openStorage({ url: database, logger });
  const secrets = new SecretBox(await loadOrCreateKey(join(dataDir, "secret.key")));
  const cache = createCache(config.gateway.cache);
  const operator = createEgress({ allowPrivate: true, allow: [] }, limits);
  const rest = createEgress({ allowPrivate: false, allow: config.gateway.egress.allow }, limits);

  const keys = new ApiKeys({ store: storage.apiKeys });
  const authenticator = new Authenticator({ keys });
  const authenticate = authenticator.authenticate.bind(authenticator);
  const guard = new AddressGuard({
    hosts: [listen.host, ...config.gateway.allowedHosts],
    origins: config.gateway.allowedOrigins,
  });
  const registry = await Registry.open({ storage, events, secrets, limits, logger });
  await registry.syncConfig(config.mcpServers);
  if (config.gateway.demo && registry.findServer("demo") === undefined) {
    await registry.addServer("demo", demoEntry(), "builtin");
  }
  const search = new ToolSearch();
  const upstreams = new UpstreamPool({
    definition: (server) => registry.findServer(server),
    httpTools: () => registry.httpTools(),
    expand: (text) => expandVariables(text, env),
    environment: env,
    egress: { operator, rest },
    clientInfo: info,
    limits,
    logger,
    onListChanged: (server) => discovery.listChanged(server),
    onStatus: (server, status) => {
      metrics.setUpstreamState(server, status.state);
      discovery.statusChanged(server);
    },
  });

  const discovery = new Discovery({ registry, upstreams, events, logger, connectMs: limits.connectMs });
  const proxy = new ToolProxy({
    call: (server, call) => upstreams.call(server, call),
    ping: (server, signal) => upstreams.ping(server, signal),
    serverOf: (server) => registry.findServer(server),
    meterOf: (server, tool) => metrics.callMeter(server, tool),
    onRetry: (server) => metrics.countRetry(server),
    onCache: (result) => metrics.countCache(result),
    onBreaker: (server, state) => {
      metrics.setBreakerState(server, state);
      events.publish({ kind: "breaker-changed", server, state });
    },
    cache,
    limits,
    concurrency: { http: calls.concurrency, stdio: calls.stdioConcurrency },
    attempts: calls.attempts,
  });

  const mcp = new McpFront({
    authenticate,
    catalog: () => registry.catalog,
    proxy,
    settled: () => discovery.settled(config.gateway.startup.graceMs),
    isRegistered: (server) => registry.findServer(server) !== undefined,
    offeringOf: (server) => registry.offering(server),
    failureOf: (server) => upstreams.status(server).error,
    servers: () => registry.catalog.servers,
    onSessionEnd: (scope) => upstreams.release(scope),
    info,
    events,
    limits,
    logger,
  });
  let draining = false;
  const http = createHttpServer({
    registry,
    discovery,
    search,
    proxy,
    keys,
    storage,
    guard,
    authenticate,
    checkHttpTool,
    mcp: (request, response, requestId) => mcp.handle(request, response, requestId),
    sessions: () => mcp.sessionCount,
    draining: () => draining,
    version,
    limits,
    logger,
    metrics,
  });

  const indexTools = (server: string) => search.replaceServer(server, registry.catalog.toolsOf(server));
  for (const server of registry.catalog.servers) indexTools(server);
  const unsubscribe = events.subscribe((event) => {
    if (event.kind === "offering-changed" && event.tools) indexTools(event.server);
    if (event.kind !== "server-changed" && event.kind !== "server-removed") return;
    proxy.forgetServer(event.server);
    if (event.kind === "server-removed") metrics.forgetServer(event.server);
  });
  metrics.watchConnections(() => ({ sessions: mcp.sessionCount, upstream: upstreams.connections }));

  return {
    http,
    localKey: keys.localKey(),
    createAdminKey: () => keys.ensureAdminKey(),
    start: () => discovery.start(),
    async close() {
      draining = true;
      mcp.drain();
      await drained(http, limits.drainMs);
      unsubscribe();
      mcp.close();
      proxy.close();
      await discovery.close();
      await upstreams.close();
      await Promise.all([operator.close(), rest.close()]);
      await storage.close();
    },
  };
}

/** The bundled server, a child process like any other, so that the first call works without a network. */
function demoEntry(): ServerEntry {
  const isSource = import.meta.url.endsWith(".ts");
  const program = fileURLToPath(new URL(`./demo/demo-server.${isSource ? "ts" : "js"}`, import.meta.url));
  const args = isSource ? ["--import", "tsx", program] : [program];
  const description = "Bundled demo tools; switch it off with gateway.demo: false";
  return ServerEntry.parse({ type: "stdio", command: process.execPath, args, description });
}

/** Resolves when the last answer is written, or when the time is over: then the rest is cut. */
function drained(http: HttpServer, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => http.closeAllConnections(), drainMs);
    const sweep = setInterval(() => http.closeIdleConnections(), 50);
    http.close(() => {
      clearTimeout(cut);
      clearInterval(sweep);
      resolve();
    });
    http.closeIdleConnections();
  });
}
