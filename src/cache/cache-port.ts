export interface CacheHit {
  /** Shared with everybody who asks: never written to. */
  readonly value: Buffer;
  readonly ageMs: number;
  readonly remainingMs: number;
}

export interface KeepOptions {
  /** Nothing is kept for 0 or less. */
  readonly ttlMs: number;
  /** Handles to purge by: a server, a tool. */
  readonly tags?: readonly string[];
}

/** All entries, those of a tag, or one. */
export type PurgeFilter = "all" | { readonly tag: string } | { readonly key: string };

export interface CacheStats {
  readonly hits: number;
  readonly misses: number;
  /** Entries that went before their time, to make room. */
  readonly evictions: number;
  readonly entries: number;
  readonly bytes: number;
}

/** Answers that were given before. Losing an entry is always allowed. */
export interface Cache {
  readonly stats: CacheStats;
  get(key: string): CacheHit | undefined;
  /** Copies the value. One that is larger than an entry may be is not kept. */
  set(key: string, value: Buffer, options: KeepOptions): void;
  /** How many entries went. */
  purge(filter: PurgeFilter): number;
}
