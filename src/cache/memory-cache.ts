import { LRUCache } from "lru-cache";

import type { Cache, CacheHit, CacheStats, KeepOptions, PurgeFilter } from "./cache-port.ts";

export interface CacheOptions {
  /** 0 of either: nothing is kept. */
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** Default: a sixteenth of `maxBytes`, so that one answer cannot push out all others. */
  readonly maxEntryBytes?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

interface Entry {
  readonly value: Buffer;
  readonly tags: readonly string[];
  /** When it was made, by this process's clock. */
  readonly madeAt: number;
  readonly freshUntil: number;
}

/** An entry that was made somewhere else, some time ago. */
export interface Arrival {
  readonly ageMs: number;
  readonly ttlMs: number;
  readonly staleMs: number;
  readonly tags: readonly string[];
}

/** What an entry weighs besides its key and value; a guess on the high side. */
const ENTRY_OVERHEAD_BYTES = 256;

/** Least recently used goes first. A stale entry goes when it is asked for, or when its turn comes: no timers. */
export class MemoryCache implements Cache {
  readonly #entries: LRUCache<string, Entry>;
  readonly #keysOfTag = new Map<string, Set<string>>();
  readonly #now: () => number;
  #hits = 0;
  #misses = 0;
  #stale = 0;
  #evictions = 0;
  #generation = 0;

  constructor(options: CacheOptions) {
    const { maxEntries, maxBytes, maxEntryBytes = Math.ceil(maxBytes / 16) } = options;
    const now = options.now ?? (() => performance.now());
    this.#now = now;
    this.#entries = new LRUCache({
      max: Math.max(1, maxEntries),
      maxSize: maxEntries === 0 ? 1 : Math.max(1, maxBytes),
      maxEntrySize: Math.max(1, maxEntryBytes),
      sizeCalculation: (entry, key) => entry.value.length + 2 * key.length + ENTRY_OVERHEAD_BYTES,
      // 0: the time is asked for each time, instead of a timer that forgets it.
      ttlResolution: 0,
      perf: { now },
      dispose: (entry, key, reason) => {
        if (reason === "evict") this.#evictions++;
        this.#untag(key, entry.tags);
      },
    });
  }

  get stats(): CacheStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      stale: this.#stale,
      evictions: this.#evictions,
      entries: this.#entries.size,
      bytes: this.#entries.calculatedSize,
    };
  }

  get generation(): number {
    return this.#generation;
  }

  get(key: string): CacheHit | undefined {
    const entry = this.#entries.get(key);
    const now = this.#now();
    if (entry === undefined || now > entry.freshUntil) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    return hitOf(entry, now);
  }

  stale(key: string): CacheHit | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#stale++;
    return hitOf(entry, this.#now());
  }

  set(key: string, value: Buffer, { ttlMs, staleMs = 0, tags = [], since }: KeepOptions): void {
    if (since !== undefined && since !== this.#generation) return;
    this.#entries.delete(key);
    if (ttlMs > 0) this.#put(key, value, { ageMs: 0, ttlMs, staleMs, tags });
  }

  /** Takes over what another process has made. Nothing when its time is over. */
  arrive(key: string, value: Buffer, arrival: Arrival): CacheHit | undefined {
    const { ageMs, ttlMs, staleMs } = arrival;
    if (ageMs >= ttlMs + staleMs) return undefined;
    this.#put(key, value, arrival);
    return ageMs > ttlMs ? undefined : { value, ageMs, remainingMs: ttlMs - ageMs };
  }

  purge(filter: PurgeFilter): number {
    return this.forget(filter);
  }

  forget(filter: PurgeFilter): number {
    this.#generation++;
    if (filter === "all") {
      const { size } = this.#entries;
      this.#entries.clear();
      return size;
    }
    const keys = "key" in filter ? [filter.key] : [...(this.#keysOfTag.get(filter.tag) ?? [])];
    return keys.filter((key) => this.#entries.delete(key)).length;
  }

  #put(key: string, value: Buffer, { ageMs, ttlMs, staleMs, tags }: Arrival): void {
    const madeAt = this.#now() - ageMs;
    const entry = { value: ownCopy(value), tags, madeAt, freshUntil: madeAt + ttlMs };
    this.#entries.set(key, entry, { ttl: ttlMs + staleMs - ageMs });
    if (this.#entries.peek(key) !== undefined) this.#tag(key, tags);
  }

  #tag(key: string, tags: readonly string[]): void {
    for (const tag of tags) {
      const keys = this.#keysOfTag.get(tag);
      if (keys === undefined) this.#keysOfTag.set(tag, new Set([key]));
      else keys.add(key);
    }
  }

  #untag(key: string, tags: readonly string[]): void {
    for (const tag of tags) {
      const keys = this.#keysOfTag.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) this.#keysOfTag.delete(tag);
    }
  }
}

function hitOf({ value, madeAt, freshUntil }: Entry, now: number): CacheHit {
  return { value, ageMs: now - madeAt, remainingMs: freshUntil - now };
}

/** A slice of a read buffer would keep the whole of it in memory. */
function ownCopy(value: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(value.length);
  value.copy(copy);
  return copy;
}
