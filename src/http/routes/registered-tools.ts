import { Conflict, InvalidRequest, ToolNotFound } from "../../domain/errors.ts";
import { type HttpTool, NewHttpTool } from "../../domain/http-tool.ts";
import { CUSTOM_SERVER } from "../../domain/server.ts";
import type { RestDeps } from "../deps.ts";
import { maskUrl, maskValues, restoreMasked } from "../masking.ts";
import { parse } from "../parse.ts";
import { asPrecondition, expectedVersion } from "../precondition.ts";
import { type Answer, type Route, type RouteRequest, param, route } from "../route.ts";
import { ToolDetail } from "../views/tool-view.ts";
import { getTool, showTool } from "./tools.ts";

/** Tools that are plain HTTP endpoints, registered over this API. */
export function registeredToolRoutes(deps: RestDeps): readonly Route[] {
  const { registry } = deps;
  const common = { action: "tool:write", tag: "tools" } as const;
  return [
    route({
      ...common,
      method: "POST",
      path: "/api/v1/tools",
      aliases: ["/api/v1/mcps"],
      summary: "Register an HTTP endpoint as a tool",
      body: NewHttpTool,
      status: 201,
      answer: ToolDetail,
      handle: async ({ body }) => {
        deps.checkHttpTool(body);
        const shown = shownOf(deps, await registry.addHttpTool(body));
        const location = `/api/v1/tools/${encodeURIComponent(body.name)}`;
        return { ...shown, headers: { ...shown.headers, location } };
      },
    }),
    route({
      ...common,
      method: "PUT",
      path: "/api/v1/tools/{tool}",
      aliases: ["/api/v1/mcps/{tool}"],
      summary: "Replace a registered tool",
      body: NewHttpTool,
      status: 200,
      answer: ToolDetail,
      handle: (request) => replace(deps, request),
    }),
    route({
      ...common,
      method: "DELETE",
      path: "/api/v1/tools/{tool}",
      aliases: ["/api/v1/mcps/{tool}"],
      summary: "Remove a registered tool",
      status: 204,
      handle: async (request) => {
        const tool = registered(deps, param(request, "tool"));
        expectedVersion(request.headers, tool.revision);
        await registry.removeHttpTool(tool.name);
        return {};
      },
    }),
  ];
}

async function replace(deps: RestDeps, request: RouteRequest<unknown, NewHttpTool>): Promise<Answer> {
  const before = registered(deps, param(request, "tool"));
  const expected = expectedVersion(request.headers, before.revision);
  if (request.body.name !== before.name) {
    throw new InvalidRequest(
      `A tool cannot be renamed: the name in the body must be "${before.name}". Register a new one instead.`,
      [{ path: "name", message: `must be "${before.name}"` }],
    );
  }
  const shown = { ...before, endpoint: maskUrl(before.endpoint), headers: maskValues(before.headers) };
  const tool = parse(NewHttpTool, restoreMasked(request.body, shown, before), "The tool");
  deps.checkHttpTool(tool);
  try {
    return shownOf(deps, await deps.registry.replaceHttpTool(before.name, tool, expected));
  } catch (error) {
    throw asPrecondition(error, expected);
  }
}

function shownOf(deps: RestDeps, { name }: HttpTool): Answer {
  const tool = deps.registry.catalog.toolsOf(CUSTOM_SERVER).find((candidate) => candidate.name === name);
  if (tool === undefined) throw new ToolNotFound(name);
  return showTool(deps, tool);
}

function registered(deps: RestDeps, nameOrId: string): HttpTool {
  const tools = deps.registry.httpTools();
  const named = tools.find(({ name, id }) => name === nameOrId || id === nameOrId);
  if (named !== undefined) return named;
  const tool = getTool(deps, nameOrId);
  const own =
    tool.server === CUSTOM_SERVER ? tools.find((candidate) => candidate.name === tool.name) : undefined;
  if (own === undefined) {
    throw new Conflict(
      `The tool "${tool.id}" belongs to the server "${tool.server}"; only tools that were registered over this API can be changed.`,
      { details: { tool: tool.id, server: tool.server } },
    );
  }
  return own;
}
