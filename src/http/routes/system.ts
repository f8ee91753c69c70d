import { z } from "zod";

import type { HealthLevel } from "../../domain/health.ts";
import { LIST_MODES } from "../../domain/list-mode.ts";
import { VERSIONS_OF_2025, VERSION_2026 } from "../../domain/protocol.ts";
import { isEnabled } from "../../domain/server.ts";
import type { RestDeps } from "../deps.ts";
import { type Route, route } from "../route.ts";
import { isCacheDegraded } from "../views/cache-view.ts";

const Version = z
  .object({ name: z.string(), version: z.string(), protocol_versions: z.array(z.string()), node: z.string() })
  .meta({ id: "Version" });

const tokens = z.number().int();

const ListCostView = z
  .object({
    endpoint: z.string(),
    mode: z.enum(LIST_MODES),
    effective: z
      .enum(LIST_MODES)
      .meta({ description: "What `auto` comes to, for a client that does not defer tools itself." }),
    tools: z.number().int(),
    tokens: z.object({ full: tokens, hybrid: tokens, search: tokens }),
  })
  .meta({ id: "ListCost" });

const Status = z
  .object({
    version: z.string(),
    uptime_s: z.number(),
    draining: z.boolean(),
    sessions: z.number().int(),
    servers: z.object({
      total: z.number().int(),
      disabled: z.number().int(),
      healthy: z.number().int(),
      degraded: z.number().int(),
      unhealthy: z.number().int(),
      unknown: z.number().int(),
    }),
    tools: z.number().int(),
    lists: z.array(ListCostView).meta({
      description:
        "What `tools/list` costs a client, in estimated tokens, for each mode that a list may have.",
    }),
    search: z.object({
      tools: z.number().int().meta({ description: "Tools in the index." }),
      embedded: z.number().int().meta({ description: "Tools that have a vector." }),
      semantic: z.enum(["off", "loading", "ready", "failed"]),
      reason: z.string().nullable(),
    }),
    resources: z.number().int(),
    prompts: z.number().int(),
    cache: z.object({
      entries: z.number().int(),
      degraded: z.boolean().meta({ description: "Redis is configured and cannot be used just now." }),
    }),
    overloaded: z.boolean(),
    memory: z.object({ rss_bytes: z.number(), heap_used_bytes: z.number() }),
  })
  .meta({ id: "Status" });

export function systemRoutes(deps: RestDeps): readonly Route[] {
  const common = { method: "GET", tag: "system", status: 200 } as const;
  return [
    route({
      ...common,
      path: "/version",
      aliases: ["/api/v1/version"],
      action: "public",
      summary: "What runs here",
      answer: Version,
      handle: () => ({
        body: {
          name: "switchgear",
          version: deps.version,
          protocol_versions: [VERSION_2026, ...VERSIONS_OF_2025],
          node: process.version,
        },
      }),
    }),
    route({
      ...common,
      path: "/api/v1/status",
      action: "health:read",
      summary: "The gateway in a few numbers",
      answer: Status,
      handle: () => ({ body: status(deps) }),
    }),
    route({
      ...common,
      path: "/metrics",
      aliases: ["/api/v1/metrics"],
      action: "metrics:read",
      summary: "Metrics in the Prometheus text format",
      type: "text/plain",
      answer: z.string(),
      handle: async () => ({
        text: await deps.metrics.text(),
        headers: { "content-type": deps.metrics.contentType },
      }),
    }),
  ];
}

function status(deps: RestDeps): z.infer<typeof Status> {
  const { registry, listing, discovery, search, sessions, draining, version, cache, traffic } = deps;
  const { rss, heapUsed } = process.memoryUsage();
  const levels = discovery
    .healthAll()
    .filter(({ health }) => health.admin_state === "enabled")
    .map(({ health }) => health.level);
  const at = (level: HealthLevel) => levels.filter((other) => other === level).length;
  const servers = registry.servers();
  return {
    version,
    uptime_s: Math.round(process.uptime()),
    draining: draining(),
    sessions: sessions(),
    servers: {
      total: servers.length,
      disabled: servers.filter((server) => !isEnabled(server)).length,
      healthy: at("healthy"),
      degraded: at("degraded"),
      unhealthy: at("unhealthy"),
      unknown: at("unknown"),
    },
    tools: registry.catalog.tools.length,
    lists: listing.costs().map(({ tokens: costs, ...list }) => ({ ...list, tokens: { ...costs } })),
    search: {
      tools: search.size,
      embedded: search.semantics.embedded,
      semantic: search.semantics.state,
      reason: search.semantics.reason ?? null,
    },
    resources: registry.catalog.resources.length,
    prompts: registry.catalog.prompts.length,
    cache: { entries: cache.stats.entries, degraded: isCacheDegraded(deps) },
    overloaded: traffic.load.isOverloaded,
    memory: { rss_bytes: rss, heap_used_bytes: heapUsed },
  };
}
