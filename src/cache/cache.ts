import type { RedisLink } from "../redis/redis.ts";
import type { Cache, PurgeFilter } from "./cache-port.ts";
import { FleetTurns } from "./fleet-turns.ts";
import { type CacheOptions, MemoryCache } from "./memory-cache.ts";
import { RedisStore } from "./redis-store.ts";
import { TieredCache } from "./tiered-cache.ts";

export type { Cache, CacheHit, CacheStats, PurgeFilter, Turn } from "./cache-port.ts";
export type { CacheOptions, MemoryCache } from "./memory-cache.ts";
export type { TieredCache } from "./tiered-cache.ts";

/** In this process's memory alone. */
export function createCache(options: CacheOptions): MemoryCache {
  return new MemoryCache(options);
}

/** With a Redis behind it, if there is one. */
export function openCache({
  link,
  ...options
}: CacheOptions & {
  readonly link: RedisLink | undefined;
  readonly announce: (filter: PurgeFilter) => void;
}): Cache {
  return link === undefined ? new MemoryCache(options) : createTieredCache({ ...options, link });
}

/** In memory, and behind it in a Redis that replicas share. */
export function createTieredCache(
  options: CacheOptions & {
    readonly link: RedisLink;
    /** Tells the other replicas what was purged: they `forget` it. */
    readonly announce: (filter: PurgeFilter) => void;
    /** How long a process that makes a value may be silent before others stop waiting for it. */
    readonly lockMs?: number;
  },
): TieredCache {
  const { link, announce, lockMs = 2_000 } = options;
  const store = new RedisStore(link);
  const turns = new FleetTurns({ link, store, lockMs });
  return new TieredCache({ memory: new MemoryCache(options), link, store, turns, announce });
}
