import type { Cache } from "./cache-port.ts";
import { type CacheOptions, MemoryCache } from "./memory-cache.ts";

export type { Cache } from "./cache-port.ts";
export type { CacheOptions } from "./memory-cache.ts";

export function createCache(options: CacheOptions): Cache {
  return new MemoryCache(options);
}
