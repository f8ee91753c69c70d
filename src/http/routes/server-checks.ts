import { z } from "zod";

import { GatewayError } from "../../domain/errors.ts";
import { isDown } from "../../domain/health.ts";
import type { Server } from "../../domain/server.ts";
import { UpstreamTimeout } from "../../domain/upstream-errors.ts";
import type { RestDeps } from "../deps.ts";
import { type Page, page, pageOf, pageQuery } from "../page.ts";
import { type Problem, toProblem } from "../problem.ts";
import { type Route, type RouteRequest, param, route } from "../route.ts";
import { HealthView, ProblemView } from "../views/health-view.ts";
import { ServerView, countsOf } from "../views/server-view.ts";
import { ToolSummary, toolSummary } from "../views/tool-view.ts";

/** How long a request waits for an upstream to be explored. */
const WAIT_MS = 30_000;

const Exploration = z.object({ health: HealthView, counts: ServerView.shape.counts });
const TestResult = Exploration.extend({
  ok: z.boolean(),
  took_ms: z.number(),
  error: ProblemView.optional(),
}).meta({ id: "ServerTest" });

export function serverCheckRoutes(deps: RestDeps): readonly Route[] {
  const common = { tag: "servers", status: 200 } as const;
  return [
    route({
      ...common,
      method: "POST",
      path: "/api/v1/servers/{server}/test",
      action: "server:test",
      summary: "Connect now and read what the server offers; a failure is an answer, not an error",
      answer: TestResult,
      handle: async (request) => ({ body: await test(deps, request) }),
    }),
    route({
      ...common,
      method: "POST",
      path: "/api/v1/servers/{server}/refresh",
      action: "server:test",
      summary: "Read again what the server offers",
      answer: Exploration,
      handle: async (request) => {
        const { name } = serverOf(deps, request);
        await explore(deps, name, request.signal);
        return { body: explored(deps, name) };
      },
    }),
    restartRoute(deps),
    route({
      ...common,
      method: "GET",
      path: "/api/v1/servers/{server}/health",
      action: "health:read",
      summary: "How the server is, why, and what to do about it",
      answer: HealthView,
      handle: (request) => ({ body: deps.discovery.health(serverOf(deps, request).name) }),
    }),
    route({
      ...common,
      method: "GET",
      path: "/api/v1/servers/{server}/tools",
      action: "tool:read",
      summary: "List the tools of one server",
      query: z.strictObject(pageQuery(["name"])),
      answer: pageOf(ToolSummary),
      handle: (request) => ({ body: toolsOf(deps, serverOf(deps, request).name, request.query) }),
    }),
  ];
}

function restartRoute(deps: RestDeps): Route {
  return route({
    method: "POST",
    path: "/api/v1/servers/{server}/restart",
    action: "server:test",
    tag: "servers",
    status: 200,
    summary:
      "End its connections and processes and begin anew, whatever was held against it; calls in flight fail",
    answer: Exploration,
    handle: async (request) => {
      const { name } = serverOf(deps, request);
      // What an operator has stopped stays stopped.
      if (!deps.proxy.breakerReport(name).forced) deps.proxy.forceBreaker(name, false);
      await explore(deps, name, request.signal, "restart");
      return { body: explored(deps, name) };
    },
  });
}

/** Waits for the server's first exploration. Its failure is no failure of the request: the server's health tells it. */
export async function waitForTools(deps: RestDeps, server: string, signal: AbortSignal): Promise<void> {
  await explore(deps, server, signal).catch((error: unknown) => {
    if (!(error instanceof GatewayError)) throw error;
  });
}

async function test(
  deps: RestDeps,
  request: RouteRequest<unknown, undefined>,
): Promise<z.infer<typeof TestResult>> {
  const { name } = serverOf(deps, request);
  const started = performance.now();
  let error: Problem | undefined;
  try {
    await explore(deps, name, request.signal);
  } catch (cause) {
    if (!(cause instanceof GatewayError)) throw cause;
    error = toProblem(cause, request.requestId);
  }
  return {
    ok: error === undefined,
    took_ms: Math.round(performance.now() - started),
    ...explored(deps, name),
    ...(error === undefined ? {} : { error: error as z.infer<typeof ProblemView> }),
  };
}

async function explore(
  { discovery }: RestDeps,
  server: string,
  signal: AbortSignal,
  how: "refresh" | "restart" = "refresh",
): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new UpstreamTimeout(server, WAIT_MS, false)), WAIT_MS);
  try {
    await discovery[how](server, AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

function explored({ discovery, registry }: RestDeps, server: string): z.infer<typeof Exploration> {
  return {
    health: discovery.health(server) as z.infer<typeof HealthView>,
    counts: countsOf(registry.offering(server)),
  };
}

function toolsOf(
  { registry, discovery }: RestDeps,
  server: string,
  query: Parameters<typeof page>[1],
): Page<z.infer<typeof ToolSummary>> {
  const available = !isDown(discovery.health(server));
  const listed = page(registry.catalog.toolsOf(server), query, {
    key: ({ id }) => id,
    sorts: { name: ({ name }) => name },
    texts: ({ name, description }) => [name, description],
  });
  return { ...listed, items: listed.items.map((tool) => toolSummary(tool, available)) };
}

function serverOf({ registry }: RestDeps, request: Parameters<typeof param>[0]): Server {
  return registry.getServer(param(request, "server"));
}
