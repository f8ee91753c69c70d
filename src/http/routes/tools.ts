import { z } from "zod";

import { ToolNotFound } from "../../domain/errors.ts";
import { isDown } from "../../domain/health.ts";
import type { Tool } from "../../domain/offering.ts";
import { CUSTOM_SERVER } from "../../domain/server.ts";
import type { RestDeps } from "../deps.ts";
import { page, pageOf, pageQuery } from "../page.ts";
import { etagOf } from "../precondition.ts";
import { type Answer, type Route, param, route } from "../route.ts";
import { ToolDetail, ToolSummary, toolDetail, toolSummary } from "../views/tool-view.ts";

export function toolRoutes(deps: RestDeps): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/tools",
      aliases: ["/api/v1/mcps"],
      action: "tool:read",
      tag: "tools",
      summary: "List the tools of all servers",
      query: z.strictObject({
        ...pageQuery(["id", "name", "server"]),
        server: z.string().max(64).optional(),
      }),
      status: 200,
      answer: pageOf(ToolSummary),
      handle: ({ query }) => {
        const { catalog } = deps.registry;
        const listed = page(
          query.server === undefined ? catalog.tools : catalog.toolsOf(query.server),
          query,
          {
            key: ({ id }) => id,
            sorts: { id: ({ id }) => id, name: ({ name }) => name, server: ({ server }) => server },
            texts: ({ id, name, description }) => [id, name, description],
          },
        );
        const isAvailable = availability(deps);
        return {
          body: { ...listed, items: listed.items.map((tool) => toolSummary(tool, isAvailable(tool))) },
        };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/tools/{tool}",
      aliases: ["/api/v1/mcps/{tool}"],
      action: "tool:read",
      tag: "tools",
      summary: "Show one tool with its schemas; by id, or by a name that only one server uses",
      status: 200,
      answer: ToolDetail,
      handle: (request) => showTool(deps, getTool(deps, param(request, "tool"))),
    }),
  ];
}

/** Throws ToolNotFound, also for a bare name that several servers use. */
export function getTool({ registry }: RestDeps, nameOrId: string): Tool {
  const tool = registry.catalog.findTool(nameOrId);
  if (tool === undefined) throw new ToolNotFound(nameOrId);
  return tool;
}

export function showTool(deps: RestDeps, tool: Tool): Answer {
  const registered =
    tool.server === CUSTOM_SERVER
      ? deps.registry.httpTools().find(({ name }) => name === tool.name)
      : undefined;
  return {
    body: toolDetail(tool, availability(deps)(tool), registered),
    ...(registered === undefined ? {} : { headers: { etag: etagOf(registered.revision) } }),
  };
}

/** Whether a tool's server is not known to be down. */
export function availability({ discovery }: RestDeps): (tool: Tool) => boolean {
  const down = new Set(
    discovery
      .healthAll()
      .filter(({ health }) => isDown(health))
      .map(({ server }) => server),
  );
  return (tool) => !down.has(tool.server);
}
