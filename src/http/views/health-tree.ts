import { z } from "zod";

import { GatewayError } from "../../domain/errors.ts";
import type { Health, HealthLevel } from "../../domain/health.ts";
import type { RestDeps } from "../deps.ts";
import { isCacheDegraded } from "./cache-view.ts";
import { HealthView } from "./health-view.ts";

const Level = HealthView.shape.level;

const Upstream = z.object({
  status: Level,
  code: z.string(),
  summary: z.string(),
  action: HealthView.shape.action,
  stderr_tail: z.string().optional(),
});

const shape = {
  status: Level,
  timestamp: z.string(),
  version: z.string(),
  services: z.object({
    storage: z.object({ status: Level, response_time_ms: z.number(), summary: z.string().optional() }),
    registry: z.object({
      status: Level,
      servers: z.number().int(),
      tools: z.number().int(),
      catalog_version: z.number().int(),
    }),
    cache: z.object({ status: Level, degraded: z.boolean(), summary: z.string().optional() }),
    load: z.object({
      status: Level,
      overloaded: z.boolean(),
      event_loop_lag_ms: z.number(),
      heap_share: z.number(),
      summary: z.string().optional(),
    }),
    call_log: z.object({ status: Level, degraded: z.boolean(), summary: z.string().optional() }),
    upstreams: z.record(z.string(), Upstream),
  }),
};

export const HealthTree = z.object(shape).meta({ id: "HealthTree" });

export const DetailedHealth = z
  .object({
    ...shape,
    uptime_s: z.number(),
    draining: z.boolean(),
    sessions: z.number().int(),
    process: z.object({
      pid: z.number().int(),
      node: z.string(),
      rss_bytes: z.number(),
      heap_used_bytes: z.number(),
      cpu_s: z.number(),
    }),
    health: z.record(z.string(), HealthView),
  })
  .meta({ id: "DetailedHealth" });

/** The gateway is as well as its worst part, except that an upstream's failure is never the gateway's own. */
export async function healthTree(deps: RestDeps): Promise<z.infer<typeof HealthTree>> {
  const storage = await storageHealth(deps);
  const upstreams = deps.discovery.healthAll();
  const { catalog } = deps.registry;
  const [cache, load] = [cacheHealth(deps), loadHealth(deps)];
  const callLog = callLogHealth(deps);
  const isDegraded = cache.degraded || load.overloaded || callLog.degraded;
  return {
    status:
      storage.status === "unhealthy"
        ? "unhealthy"
        : isDegraded
          ? "degraded"
          : overall(upstreams.map(({ health }) => health)),
    timestamp: new Date().toISOString(),
    version: deps.version,
    services: {
      storage,
      registry: {
        status: "healthy",
        servers: deps.registry.servers().length,
        tools: catalog.tools.length,
        catalog_version: catalog.version,
      },
      cache,
      load,
      call_log: callLog,
      upstreams: Object.fromEntries(upstreams.map(({ server, health }) => [server, upstreamView(health)])),
    },
  };
}

export async function detailedHealth(deps: RestDeps): Promise<z.infer<typeof DetailedHealth>> {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    ...(await healthTree(deps)),
    uptime_s: Math.round(process.uptime()),
    draining: deps.draining(),
    sessions: deps.sessions(),
    process: {
      pid: process.pid,
      node: process.version,
      rss_bytes: rss,
      heap_used_bytes: heapUsed,
      cpu_s: (user + system) / 1_000_000,
    },
    health: Object.fromEntries(
      deps.discovery.healthAll().map(({ server, health }) => [server, health as z.infer<typeof HealthView>]),
    ),
  };
}

/** Throws GatewayError: shutting_down, overloaded, storage_unavailable. Upstreams have no say in it. */
export async function checkReady(deps: RestDeps): Promise<void> {
  if (deps.draining()) {
    throw new GatewayError("shutting_down", "The gateway is about to end.", {
      retryable: true,
      retryAfterMs: 1_000,
    });
  }
  if (deps.traffic.load.isOverloaded) {
    throw new GatewayError("overloaded", "The gateway takes no new work for a moment.", {
      retryable: true,
      retryAfterMs: 1_000,
    });
  }
  const storage = await storageHealth(deps);
  if (storage.status === "healthy") return;
  throw new GatewayError("storage_unavailable", "The storage does not answer.", {
    retryable: true,
    retryAfterMs: 1_000,
  });
}

/** A storage that hangs must not make the probe hang, which Kubernetes gives a second. */
const STORAGE_MS = 800;

async function storageHealth({
  storage,
  logger,
}: RestDeps): Promise<z.infer<typeof HealthTree>["services"]["storage"]> {
  const started = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new GatewayError("storage_unavailable", "No answer.")), STORAGE_MS);
  });
  try {
    await Promise.race([storage.ping(), late]);
    return { status: "healthy", response_time_ms: elapsed(started) };
  } catch (error) {
    logger.warn("storage does not answer", { error });
    return {
      status: "unhealthy",
      response_time_ms: elapsed(started),
      summary: "The storage does not answer; changes are refused, reads go on.",
    };
  } finally {
    clearTimeout(timer);
  }
}

function cacheHealth(deps: RestDeps): z.infer<typeof HealthTree>["services"]["cache"] {
  if (!isCacheDegraded(deps)) return { status: "healthy", degraded: false };
  const summary =
    "Redis cannot be used just now; each replica works from its own memory. No call fails of it.";
  return { status: "degraded", degraded: true, summary };
}

function callLogHealth({ calls }: RestDeps): z.infer<typeof HealthTree>["services"]["call_log"] {
  if (calls?.degraded !== true) return { status: "healthy", degraded: false };
  const summary = "Calls cannot be logged just now; the last ones are in memory. No call fails of it.";
  return { status: "degraded", degraded: true, summary };
}

function loadHealth({ traffic }: RestDeps): z.infer<typeof HealthTree>["services"]["load"] {
  const { isOverloaded: overloaded, lagMs, heapShare, reason } = traffic.load;
  const cause = reason === "heap" ? "Memory is nearly used up" : "There is more work than can be done";
  return {
    status: overloaded ? "degraded" : "healthy",
    overloaded,
    event_loop_lag_ms: Math.round(lagMs),
    heap_share: Math.round(heapShare * 1_000) / 1_000,
    ...(overloaded ? { summary: `${cause}; new work is refused.` } : {}),
  };
}

function elapsed(started: number): number {
  return Math.round((performance.now() - started) * 1_000) / 1_000;
}

/** Servers that are switched off do not count; one that nobody has heard of yet makes the whole unknown, not green. */
function overall(upstreams: readonly Health[]): HealthLevel {
  const levels = new Set(
    upstreams.filter(({ admin_state }) => admin_state === "enabled").map(({ level }) => level),
  );
  if (levels.has("unhealthy") || levels.has("degraded")) return "degraded";
  return levels.has("unknown") ? "unknown" : "healthy";
}

function upstreamView(health: Health): z.infer<typeof Upstream> {
  const { level, code, summary, action, stderr_tail } = health;
  return {
    status: level,
    code,
    summary,
    ...(action === undefined ? {} : { action }),
    ...(stderr_tail === undefined ? {} : { stderr_tail }),
  };
}
