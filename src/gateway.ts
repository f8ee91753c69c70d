import type { Server as HttpServer } from "node:http";
import { join } from "node:path";

import { AddressGuard, ApiKeys, Authenticator } from "./auth/auth.ts";
import { openCache } from "./cache/cache.ts";
import { openCallLog } from "./calls/calls.ts";
import { type Config, type Environment, expandVariables } from "./config/config.ts";
import { Discovery } from "./discovery/discovery.ts";
import { EventBridge, EventBus } from "./events/events.ts";
import { createHttpServer, drained } from "./http/http.ts";
import { openListing } from "./listing/listing.ts";
import { McpFront } from "./mcp/mcp.ts";
import type { Logger } from "./observability/logger.ts";
import { Metrics } from "./observability/metrics.ts";
import { demoEntry, programAt } from "./own-programs.ts";
import { ToolProxy } from "./proxy/proxy.ts";
import { RedisLink } from "./redis/redis.ts";
import { Profiles, Registry } from "./registry/registry.ts";
import { ToolSearch, openEmbedder } from "./search/search.ts";
import { SecretBox, loadOrCreateKey } from "./secrets/secrets.ts";
import { openStorage } from "./storage/storage.ts";
import { Traffic } from "./traffic/traffic.ts";
import { UpstreamPool, checkHttpTool } from "./upstream/upstream.ts";
import { createEgress } from "./wire/egress.ts";

export interface GatewayDeps {
  readonly env: Environment;
  readonly logger: Logger;
  readonly version: string;
  /** The program's folder: `dist/`, or `src/` where it runs from its sources. */
  readonly home: URL;
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
export async function createGateway(
  config: Config,
  { env, logger, version, home }: GatewayDeps,
): Promise<Gateway> {
  const { dataDir, database, limits, listen, calls } = config.gateway;
  const info = { name: "switchgear", version };

  const metrics = new Metrics({ version, maxLabelValues: config.gateway.metrics.maxLabelValues });
  const events = new EventBus((error) => logger.error("event listener failed", { error }));
  const storage = await openStorage({ url: database, logger });
  const secrets = new SecretBox(await loadOrCreateKey(join(dataDir, "secret.key")));
  const link = config.gateway.redis && (await openRedis(config.gateway.redis, logger));
  const bridge = link && new EventBridge({ bus: events, channel: link.channel("events1") });
  const announce: Parameters<typeof openCache>[0]["announce"] = (filter) =>
    events.publish({ kind: "cache-purged", filter });
  const cache = openCache({ ...config.gateway.cache, link, announce });
  const traffic = await Traffic.open({
    settings: config.gateway,
    link,
    meters: metrics.traffic,
    onLoad: ({ isOverloaded: overloaded, reason = "", lagMs, heapShare }) => {
      events.publish({ kind: "overload-changed", overloaded, reason });
      logger.warn(overloaded ? "overloaded" : "not overloaded any more", { reason, lagMs, heapShare });
    },
  });
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
  const profiles = new Profiles({ profiles: config.profiles, catalog: () => registry.catalog });
  if (config.gateway.demo && registry.findServer("demo") === undefined) {
    await registry.addServer("demo", demoEntry(home), "builtin");
  }
  const { synonyms, semanticShare, queryBudgetMs, embedder: embedding } = config.gateway.search;
  const embedder = openEmbedder(embedding, {
    egress: operator,
    logger,
    thread: programAt(home, "search/embedders/embed-thread"),
  });
  const search = new ToolSearch({
    synonyms,
    semantics: embedder && {
      embedder,
      vectors: storage.vectors,
      logger,
      share: semanticShare,
      budgetMs: queryBudgetMs,
    },
  });
  const upstreams = new UpstreamPool({
    definition: (server) => registry.findServer(server),
    httpTools: () => registry.httpTools(),
    expand: (text) => expandVariables(text, env),
    environment: env,
    egress: { operator, rest },
    clientInfo: info,
    limits,
    logger,
    onListChanged: (server) => {
      proxy.resourcesChanged(server);
      discovery.listChanged(server);
    },
    onStatus: (server, status) => {
      metrics.setUpstreamState(server, status.state);
      discovery.statusChanged(server);
    },
    onRestart: (server) => metrics.countRestart(server),
    onOrphans: (count) => metrics.countOrphans(count),
    childrenFolder: join(dataDir, "children"),
    onScopeRequest: (server, scope, question) => mcp.scopeAsked(server, scope, question),
    onScopeNotification: (server, scope, method, params) =>
      mcp.features.scopeNotified(server, scope, method, params),
    onResourceUpdated: (server, uri, params, scopes) => {
      proxy.resourcesChanged(server, uri);
      mcp.features.resourceUpdated(server, uri, params, scopes);
    },
  });

  const callLog = openCallLog(config.gateway.callLog, { store: storage.calls, meters: metrics.law, logger });
  const discovery = new Discovery({ registry, upstreams, events, logger, connectMs: limits.connectMs });
  const proxy = new ToolProxy({
    call: (server, call) => upstreams.call(server, call),
    ping: (server, signal) => upstreams.ping(server, signal),
    serverOf: (server) => registry.findServer(server),
    meterOf: (server, tool) => metrics.callMeter(server, tool),
    onRetry: (server, reason) => metrics.countRetry(server, reason),
    idempotency: {
      ...config.gateway.idempotency,
      store: storage.idempotency,
      shared: storage.kind === "postgres",
      lingerMs: limits.resumeMs,
      meters: metrics.law,
      logger,
    },
    onCache: (result) => metrics.countCache(result),
    admitCall: traffic.admitCall,
    onBreaker: (server, state) => {
      metrics.setBreakerState(server, state);
      events.publish({ kind: "breaker-changed", server, state });
    },
    cache,
    limits,
    concurrency: { http: calls.concurrency, stdio: calls.stdioConcurrency },
    attempts: calls.attempts,
  });

  const { mode, pinned, metaTools } = config.gateway;
  const findServer = (server: string) => registry.findServer(server);
  const healthOf = (server: string) => discovery.health(server);
  const shown = openListing({ mode, pinned, ...metaTools }, { registry, profiles, search, healthOf });
  const mcp = new McpFront({
    ...shown,
    search,
    findServer,
    healthOf,
    answerCharacters: metaTools.answerCharacters,
    authenticate,
    admit: (identity) => traffic.admit(identity),
    catalog: () => registry.catalog,
    profiles,
    proxy,
    settled: () => discovery.settled(config.gateway.startup.graceMs),
    isRegistered: (server) => registry.findServer(server) !== undefined,
    offeringOf: (server) => registry.offering(server),
    failureOf: (server) => upstreams.status(server).error,
    servers: () => registry.catalog.servers,
    calls: callLog,
    sessionStore: storage.sessions,
    onSessionEnd: (scope) => upstreams.release(scope),
    following: upstreams,
    notifyUpstreams: (scope, method, params) => upstreams.notify(scope, method, params),
    taskKey: secrets.deriveKey("task ids"),
    stateKey: secrets.deriveKey("request states"),
    info,
    events,
    limits,
    logger,
  });
  let draining = false;
  const http = createHttpServer({
    registry,
    profiles,
    discovery,
    search,
    proxy,
    ...shown,
    keys,
    cache,
    traffic,
    storage,
    guard,
    authenticate,
    checkHttpTool,
    calls: callLog,
    mcp: (request, response, requestId) => mcp.handle(request, response, requestId),
    sessions: () => mcp.sessionCount,
    draining: () => draining,
    version,
    assets: new URL("assets/", home),
    limits,
    logger,
    metrics,
  });

  const indexTools = (server: string) => search.replaceServer(server, registry.catalog.toolsOf(server));
  for (const server of registry.catalog.servers) indexTools(server);
  const unsubscribe = events.subscribe((event, origin) => {
    if (origin === "replica" && event.kind === "cache-purged") cache.forget(event.filter);
    if (event.kind === "events-lost") cache.forget("all");
    if (event.kind === "offering-changed" && event.tools) indexTools(event.server);
    if (event.kind !== "server-changed" && event.kind !== "server-removed") return;
    proxy.forgetServer(event.server);
    if (event.kind === "server-removed") metrics.forgetServer(event.server);
  });
  await bridge?.open();
  metrics.traffic.watch({
    cache: () => cache.stats,
    redis: () => link?.isUp,
    overload: () => traffic.load.isOverloaded,
  });
  metrics.watchConnections(() => ({
    sessions: mcp.sessionCount,
    upstream: upstreams.connections,
    children: upstreams.children,
  }));

  return {
    http,
    localKey: keys.localKey(),
    createAdminKey: () => keys.ensureAdminKey(),
    start: () => {
      traffic.start();
      void upstreams.sweep();
      discovery.start();
      search.start();
      callLog?.start();
    },
    async close() {
      draining = true;
      mcp.drain();
      await drained(http, limits.drainMs);
      traffic.close();
      unsubscribe();
      await mcp.close();
      proxy.close();
      await discovery.close();
      await upstreams.close();
      await search.close();
      await Promise.all([operator.close(), rest.close()]);
      await callLog?.close();
      bridge?.close();
      link?.close();
      await storage.close();
    },
  };
}

function openRedis(redis: NonNullable<Config["gateway"]["redis"]>, logger: Logger): Promise<RedisLink> {
  const onChange = (isUp: boolean, error: unknown): void =>
    isUp ? logger.info("redis is used") : logger.warn("redis is left alone", { error });
  return RedisLink.open({ ...redis, onChange });
}
