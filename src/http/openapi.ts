import { z } from "zod";
import { type ZodOpenApiOperationObject, type ZodOpenApiPathsObject, createDocument } from "zod-openapi";

import type { Route } from "./route.ts";
import { ProblemView } from "./views/health-view.ts";

const TAGS = [
  { name: "servers", description: "The upstream MCP servers." },
  { name: "tools", description: "Their tools, and HTTP endpoints registered as tools." },
  { name: "catalog", description: "Resources and prompts, and profiles: selections of them." },
  { name: "auth", description: "Identity and API keys." },
  { name: "health", description: "Health and Kubernetes probes." },
  { name: "system", description: "Version, status, metrics, this document." },
];

/** The OpenAPI document of a route table, from the very schemas that check the requests. */
export function openApiDocument(routes: readonly Route[], version: string): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    for (const path of [route.path, ...(route.aliases ?? [])]) {
      paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, path) };
    }
  }
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Switchgear",
      version,
      description:
        "One REST API in front of any number of upstream MCP servers and APIs. MCP itself is at `/mcp`.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: TAGS,
    security: [{ bearer: [] }, { apiKey: [] }],
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "An API key (`swg_…`)." },
        apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
      },
    },
    paths,
  });
}

function operation(route: Route, path: string): ZodOpenApiOperationObject {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
  const parameters = {
    ...(names.length === 0
      ? {}
      : { path: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))) }),
    ...(route.query instanceof z.ZodObject ? { query: route.query } : {}),
  };
  return {
    operationId: operationId(route.method, path),
    summary: path === route.path ? route.summary : `${route.summary} (alias of ${route.path})`,
    tags: [route.tag],
    "x-switchgear-action": route.action,
    ...(route.action === "public" ? { security: [] } : {}),
    ...(Object.keys(parameters).length === 0 ? {} : { requestParams: parameters }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: !route.body.safeParse(undefined).success,
            content: content(route, route.body),
          },
        }),
    responses: {
      [route.status]: {
        description: route.summary,
        ...(route.answer === undefined
          ? {}
          : { content: { [route.type ?? "application/json"]: { schema: route.answer } } }),
      },
      default: {
        description: "What went wrong, and what to do about it.",
        content: { "application/problem+json": { schema: ProblemView } },
      },
    },
  } as ZodOpenApiOperationObject;
}

function content({ accepts = ["application/json"] }: Route, schema: z.ZodType): object {
  return Object.fromEntries(accepts.map((type) => [type, { schema }]));
}

function operationId(method: string, path: string): string {
  const words = path.replace(/^\/api\/v1/, "").match(/\w+/g) ?? [];
  const root = path.startsWith("/api/v1/") ? "" : "root_";
  return `${root}${method.toLowerCase()}_${words.join("_")}`;
}
