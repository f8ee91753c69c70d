import type { RedisLink } from "../redis/redis.ts";
import type { Cache, CacheHit, CacheStats, KeepOptions, PurgeFilter, Turns } from "./cache-port.ts";
import type { MemoryCache } from "./memory-cache.ts";
import type { RedisStore } from "./redis-store.ts";

interface TieredDeps {
  readonly memory: MemoryCache;
  readonly link: RedisLink;
  readonly store: RedisStore;
  readonly turns: Turns;
  readonly announce: (filter: PurgeFilter) => void;
}

/** Purges that a Redis that was away has missed; with more of them everything goes. */
const MOST_OWED = 100;

/**
 * Memory first, then Redis. Without Redis it is the memory alone: nobody waits, nothing fails. What was purged
 * meanwhile is purged from Redis when it is back, before anything is read from it.
 */
export class TieredCache implements Cache {
  readonly turns: Turns;
  readonly #memory: MemoryCache;
  readonly #link: RedisLink;
  readonly #store: RedisStore;
  readonly #announce: (filter: PurgeFilter) => void;
  #owed: PurgeFilter[] = [];
  #hits = 0;
  #misses = 0;

  constructor({ memory, link, store, turns, announce }: TieredDeps) {
    this.#memory = memory;
    this.#link = link;
    this.#store = store;
    this.#announce = announce;
    this.turns = turns;
    link.onChange((isUp) => {
      if (isUp) void this.#settle();
    });
  }

  get stats(): CacheStats {
    const { bytesRead, bytesWritten } = this.#store;
    const shared = {
      isUp: this.#isUsable,
      hits: this.#hits,
      misses: this.#misses,
      bytesRead,
      bytesWritten,
    };
    return { ...this.#memory.stats, shared };
  }

  get generation(): number {
    return this.#memory.generation;
  }

  get(key: string): CacheHit | undefined | Promise<CacheHit | undefined> {
    const hit = this.#memory.get(key);
    return hit !== undefined || !this.#isUsable ? hit : this.#fetch(key);
  }

  stale(key: string): CacheHit | undefined {
    return this.#memory.stale(key);
  }

  set(key: string, value: Buffer, options: KeepOptions): void {
    const { ttlMs, staleMs = 0, tags = [], since } = options;
    if (since !== undefined && since !== this.generation) return;
    this.#memory.set(key, value, options);
    if (ttlMs <= 0) void this.#store.purge({ key });
    else if (this.#isUsable) void this.#store.set(key, { value, madeAt: Date.now(), ttlMs, staleMs, tags });
  }

  async purge(filter: PurgeFilter): Promise<number> {
    const here = this.#memory.forget(filter);
    const there = this.#isUsable ? await this.#store.purge(filter) : undefined;
    if (there === undefined) this.#owe(filter);
    // Not before it is gone from Redis: the others would fetch it again.
    this.#announce(filter);
    return Math.max(here, there ?? 0);
  }

  forget(filter: PurgeFilter): number {
    return this.#memory.forget(filter);
  }

  get #isUsable(): boolean {
    return this.#link.isUp && this.#owed.length === 0;
  }

  async #fetch(key: string): Promise<CacheHit | undefined> {
    const { generation } = this;
    const kept = await this.#store.get(key);
    // What arrives after a purge may be what was purged.
    const isGood = kept !== undefined && kept !== null && generation === this.generation;
    const hit = isGood
      ? this.#memory.arrive(key, kept.value, { ...kept, ageMs: Math.max(0, Date.now() - kept.madeAt) })
      : undefined;
    if (hit === undefined) this.#misses++;
    else this.#hits++;
    return hit;
  }

  #owe(filter: PurgeFilter): void {
    if (this.#owed.length < MOST_OWED) this.#owed.push(filter);
    else this.#owed = ["all"];
  }

  async #settle(): Promise<void> {
    for (let filter = this.#owed[0]; filter !== undefined; filter = this.#owed[0]) {
      if ((await this.#store.purge(filter)) === undefined) return;
      if (this.#owed[0] === filter) this.#owed.shift();
    }
  }
}
