import { z } from "zod";

import type { RestDeps } from "../deps.ts";
import { type Route, route } from "../route.ts";
import { DetailedHealth, HealthTree, checkReady, detailedHealth, healthTree } from "../views/health-tree.ts";

const Probe = z.object({ status: z.literal("ok") }).meta({ id: "Probe" });

export function healthRoutes(deps: RestDeps): readonly Route[] {
  const common = { method: "GET", tag: "health", status: 200 } as const;
  return [
    route({
      ...common,
      path: "/health",
      aliases: ["/api/v1/health"],
      action: "health:read",
      summary: "The health of all parts; 503 when the gateway itself is unwell, not when an upstream is",
      answer: HealthTree,
      handle: async () => {
        const body = await healthTree(deps);
        return { status: body.status === "unhealthy" ? 503 : 200, body };
      },
    }),
    route({
      ...common,
      path: "/health/detailed",
      aliases: ["/api/v1/health/detailed", "/api/v1/health/all"],
      action: "health:read",
      summary: "The same, with the process, sessions and the whole health of each upstream",
      answer: DetailedHealth,
      handle: async () => {
        const body = await detailedHealth(deps);
        return { status: body.status === "unhealthy" ? 503 : 200, body };
      },
    }),
    route({
      ...common,
      path: "/health/live",
      aliases: ["/api/v1/health/live", "/livez", "/healthz"],
      action: "public",
      summary: "The process runs",
      answer: Probe,
      handle: () => ({ body: { status: "ok" } }),
    }),
    route({
      ...common,
      path: "/health/ready",
      aliases: ["/api/v1/health/ready", "/readyz"],
      action: "public",
      summary: "Work can be sent here: the registry is loaded, the storage answers, no shutdown has begun",
      answer: Probe,
      handle: async () => {
        await checkReady(deps);
        return { body: { status: "ok" } };
      },
    }),
  ];
}
