import { z } from "zod";

import type { RestDeps } from "../deps.ts";

const Tier = z.object({
  tier: z.enum(["memory", "redis"]),
  up: z
    .boolean()
    .meta({ description: "False while it is left alone: then the tiers before it go on alone." }),
  hits: z.number().int(),
  misses: z.number().int(),
});

export const CacheFigures = z
  .object({
    entries: z.number().int().meta({ description: "In this process's memory." }),
    bytes: z.number().int(),
    hits: z.number().int(),
    misses: z.number().int(),
    stale: z.number().int().meta({ description: "Old answers that stood in for a failed upstream." }),
    evictions: z.number().int(),
    degraded: z.boolean().meta({ description: "A tier that is configured cannot be used just now." }),
    tiers: z.array(Tier),
  })
  .meta({ id: "Cache", description: "Figures of this process since its start." });

/** True while a tier that is configured cannot be used. */
export function isCacheDegraded({ cache }: Pick<RestDeps, "cache">): boolean {
  return cache.stats.shared?.isUp === false;
}

export function cacheView(deps: RestDeps): z.infer<typeof CacheFigures> {
  const { shared, hits, misses, ...rest } = deps.cache.stats;
  const memory = { tier: "memory", up: true, hits, misses } as const;
  const redis =
    shared && ({ tier: "redis", up: shared.isUp, hits: shared.hits, misses: shared.misses } as const);
  return {
    ...rest,
    hits: hits + (shared?.hits ?? 0),
    // What the memory lacks and Redis has is a hit.
    misses: misses - (shared?.hits ?? 0),
    degraded: isCacheDegraded(deps),
    tiers: redis === undefined ? [memory] : [memory, redis],
  };
}
