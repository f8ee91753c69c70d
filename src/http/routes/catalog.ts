import { z } from "zod";

import { type JsonObject, stringAt } from "../../domain/json.ts";
import type { RestDeps } from "../deps.ts";
import { page, pageOf, pageQuery } from "../page.ts";
import { type Route, route } from "../route.ts";

const ResourceView = z
  .object({
    uri: z.string().meta({ description: "Of a template: the URI template." }),
    kind: z.enum(["resource", "template"]),
    server: z.string(),
    name: z.string(),
    title: z.string().optional(),
    description: z.string().optional(),
    mime_type: z.string().optional(),
  })
  .meta({ id: "Resource" });

const PromptView = z
  .object({
    id: z.string(),
    name: z.string(),
    server: z.string(),
    title: z.string().optional(),
    description: z.string().optional(),
    arguments: z.array(z.unknown()),
  })
  .meta({ id: "Prompt" });

export function catalogRoutes({ registry }: RestDeps): readonly Route[] {
  const server = z.string().max(64).optional();
  return [
    route({
      method: "GET",
      path: "/api/v1/resources",
      action: "resource:read",
      tag: "catalog",
      summary: "List resources and resource templates of all servers",
      query: z.strictObject({ ...pageQuery(["uri", "server"]), server }),
      status: 200,
      answer: pageOf(ResourceView),
      handle: ({ query }) => {
        const { resources, templates } = registry.catalog;
        const all = [
          ...resources.map((r) => resourceView("resource", r.uri, r.server, r.definition)),
          ...templates.map((t) => resourceView("template", t.uriTemplate, t.server, t.definition)),
        ];
        const body = page(ofServer(all, query.server), query, {
          key: (item) => `${item.uri} ${item.server}`,
          sorts: { uri: (item) => item.uri, server: (item) => item.server },
          texts: (item) => [item.uri, item.name, item.description],
        });
        return { body };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/prompts",
      action: "prompt:get",
      tag: "catalog",
      summary: "List prompts of all servers",
      query: z.strictObject({ ...pageQuery(["id", "server"]), server }),
      status: 200,
      answer: pageOf(PromptView),
      handle: ({ query }) => {
        const all = registry.catalog.prompts.map(({ id, name, server: owner, definition }) => {
          const args = definition["arguments"];
          return {
            id,
            name,
            server: owner,
            ...titles(definition),
            arguments: Array.isArray(args) ? args : [],
          };
        });
        const body = page(ofServer(all, query.server), query, {
          key: (item) => item.id,
          sorts: { id: (item) => item.id, server: (item) => item.server },
          texts: (item) => [item.id, item.description],
        });
        return { body };
      },
    }),
  ];
}

function resourceView(
  kind: "resource" | "template",
  uri: string,
  server: string,
  definition: JsonObject,
): z.infer<typeof ResourceView> {
  const type = stringAt(definition, "mimeType");
  return {
    uri,
    kind,
    server,
    name: stringAt(definition, "name") ?? uri,
    ...titles(definition),
    ...(type === undefined ? {} : { mime_type: type }),
  };
}

function titles(definition: JsonObject): { title?: string; description?: string } {
  const title = stringAt(definition, "title");
  const description = stringAt(definition, "description");
  return { ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { description }) };
}

function ofServer<T extends { server: string }>(all: readonly T[], server: string | undefined): readonly T[] {
  return server === undefined ? all : all.filter((item) => item.server === server);
}
