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
  readonly keptAt: number;
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
  #evictions = 0;

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
      evictions: this.#evictions,
      entries: this.#entries.size,
      bytes: this.#entries.calculatedSize,
    };
  }

  get(key: string): CacheHit | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    const remainingMs = this.#entries.getRemainingTTL(key);
    return { value: entry.value, ageMs: this.#now() - entry.keptAt, remainingMs };
  }

  set(key: string, value: Buffer, { ttlMs, tags = [] }: KeepOptions): void {
    this.#entries.delete(key);
    if (ttlMs <= 0) return;
    this.#entries.set(key, { value: ownCopy(value), tags, keptAt: this.#now() }, { ttl: ttlMs });
    if (this.#entries.peek(key) !== undefined) this.#tag(key, tags);
  }

  purge(filter: PurgeFilter): number {
    if (filter === "all") {
      const { size } = this.#entries;
      this.#entries.clear();
      return size;
    }
    const keys = "key" in filter ? [filter.key] : [...(this.#keysOfTag.get(filter.tag) ?? [])];
    return keys.filter((key) => this.#entries.delete(key)).length;
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

/** A slice of a read buffer would keep the whole of it in memory. */
function ownCopy(value: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(value.length);
  value.copy(copy);
  return copy;
}
