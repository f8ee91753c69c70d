import { z } from "zod";

import type { Server } from "../../domain/server.ts";
import type { RestDeps } from "../deps.ts";
import { page, pageOf, pageQuery } from "../page.ts";
import { type Route, param, route } from "../route.ts";

const State = z.enum(["closed", "open", "half_open"]);

const BreakerView = z
  .object({
    server: z.string(),
    state: State,
    forced: z.boolean().meta({ description: "Opened by an operator: it does not close by itself." }),
    retry_in_ms: z
      .number()
      .optional()
      .meta({ description: "Until the upstream is asked for a sign of life." }),
    calls: z.number().int().meta({ description: "In the present window of 30 s; so are the failures." }),
    failures: z.number().int(),
    openings: z.number().int().meta({ description: "In a row. The pause doubles with each." }),
  })
  .meta({ id: "Breaker" });

const Change = z
  .strictObject({
    action: z.enum(["open", "close", "reset"]).meta({
      description:
        "`open` stops all calls until somebody closes it or changes the definition; `close` and `reset` let them through and forget all failures.",
    }),
  })
  .meta({ id: "BreakerChange" });

export function breakerRoutes(deps: RestDeps): readonly Route[] {
  const common = { tag: "servers", status: 200 } as const;
  const view = ({ name }: Server) => viewOf(deps, name);
  return [
    route({
      ...common,
      method: "GET",
      path: "/api/v1/breakers",
      action: "health:read",
      summary: "List the breakers of all servers",
      query: z.strictObject({ ...pageQuery(["name"]), state: State.optional() }),
      answer: pageOf(BreakerView),
      handle: ({ query: { state, ...query } }) => {
        const all = deps.registry.servers();
        const shown = all.filter(
          ({ name }) => state === undefined || deps.proxy.breakerState(name) === state,
        );
        const sorts = { name: ({ name }: Server) => name };
        const listed = page(shown, query, { key: ({ name }) => name, sorts, texts: ({ name }) => [name] });
        return { body: { ...listed, items: listed.items.map(view) } };
      },
    }),
    route({
      ...common,
      method: "GET",
      path: "/api/v1/servers/{server}/breaker",
      action: "health:read",
      summary: "Whether calls to the server are let through, and what they met with",
      answer: BreakerView,
      handle: (request) => ({ body: view(deps.registry.getServer(param(request, "server"))) }),
    }),
    route({
      ...common,
      method: "POST",
      path: "/api/v1/servers/{server}/breaker",
      action: "server:write",
      summary: "Stop all calls to the server, or let them through again",
      body: Change,
      answer: BreakerView,
      handle: (request) => {
        const server = deps.registry.getServer(param(request, "server"));
        deps.proxy.forceBreaker(server.name, request.body.action === "open");
        deps.logger.info("breaker changed by hand", {
          server: server.name,
          action: request.body.action,
          subject: request.identity.subject,
        });
        return { body: view(server) };
      },
    }),
  ];
}

function viewOf({ proxy }: RestDeps, server: string): z.infer<typeof BreakerView> {
  const { retryInMs, ...report } = proxy.breakerReport(server);
  return { server, ...report, ...(retryInMs === undefined ? {} : { retry_in_ms: retryInMs }) };
}
