import { z } from "zod";

import type { RestDeps } from "../deps.ts";
import { type Route, route } from "../route.ts";
import { CacheFigures, cacheView } from "../views/cache-view.ts";

const PurgeQuery = z.strictObject({
  server: z.string().min(1).optional().meta({ description: "Answers of this server only." }),
  tool: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "Of this tool only: its id, or its name with `server`." }),
  key: z.string().min(1).optional().meta({ description: "One entry." }),
});

const Purged = z
  .object({ purged: z.number().int().meta({ description: "Entries that went, in all tiers." }) })
  .meta({ id: "Purged" });

export function cacheRoutes(deps: RestDeps): readonly Route[] {
  const common = { path: "/api/v1/cache", tag: "system", status: 200 } as const;
  return [
    route({
      ...common,
      method: "GET",
      action: "cache:read",
      summary: "What is kept of the answers of tools",
      answer: CacheFigures,
      handle: () => ({ body: cacheView(deps) }),
    }),
    route({
      ...common,
      method: "DELETE",
      action: "cache:purge",
      summary: "Forget kept answers: all, of a server, of a tool, or one",
      query: PurgeQuery,
      answer: Purged,
      handle: async ({ query }) => ({ body: { purged: await deps.cache.purge(filterOf(deps, query)) } }),
    }),
  ];
}

/** Throws ServerNotFound. */
function filterOf(
  { registry }: RestDeps,
  { server, tool, key }: z.infer<typeof PurgeQuery>,
): "all" | { readonly tag: string } | { readonly key: string } {
  if (key !== undefined) return { key };
  const name = server === undefined ? undefined : registry.getServer(server).name;
  if (tool === undefined) return name === undefined ? "all" : { tag: name };
  const found =
    name === undefined
      ? registry.catalog.findTool(tool)
      : registry.catalog.toolsOf(name).find((one) => one.name === tool || one.id === tool);
  // One that is not offered any more may still have answers.
  return { tag: found?.id ?? tool };
}
