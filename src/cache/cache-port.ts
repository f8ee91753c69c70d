export interface CacheHit {
  /** Shared with everybody who asks: never written to. */
  readonly value: Buffer;
  readonly ageMs: number;
  readonly remainingMs: number;
}

export interface KeepOptions {
  /** Nothing is kept for 0 or less. */
  readonly ttlMs: number;
  /** How much longer it may stand in for an answer that cannot be had. */
  readonly staleMs?: number;
  /** Handles to purge by: a server, a tool. */
  readonly tags?: readonly string[];
  /** The cache's generation when the value was asked for: if something was purged since, it may be outdated already. */
  readonly since?: number;
}

/** All entries, those of a tag, or one. */
export type PurgeFilter = "all" | { readonly tag: string } | { readonly key: string };

export interface CacheStats {
  readonly hits: number;
  readonly misses: number;
  /** Old values that stood in for answers that could not be had. */
  readonly stale: number;
  /** Entries that went before their time, to make room. */
  readonly evictions: number;
  readonly entries: number;
  readonly bytes: number;
  /** The tier that replicas share; absent without one. */
  readonly shared?: SharedStats | undefined;
}

export interface SharedStats {
  readonly isUp: boolean;
  readonly hits: number;
  readonly misses: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** The right to make a value while others wait for it. */
export interface Turn {
  /** After the value was kept, or when there will be none. */
  end(): void;
}

/** Lets one process at a time make the value of a key. */
export interface Turns {
  /** The value, if another made it meanwhile; a turn; or nothing: make it without one. Waits at most `waitMs`. */
  enter(
    key: string,
    options: { readonly signal: AbortSignal; readonly waitMs: number },
  ): Promise<CacheHit | Turn | undefined>;
}

/** Answers that were given before. Losing an entry is always allowed. */
export interface Cache {
  readonly stats: CacheStats;
  /** Counts what was purged. */
  readonly generation: number;
  /** Absent where there is only one process. */
  readonly turns?: Turns | undefined;
  /** At once when it is in memory, or when there is nowhere else to look. Never rejects. */
  get(key: string): CacheHit | undefined | Promise<CacheHit | undefined>;
  /** A value whose time is over, within its `staleMs`. Asked for after `get` has found nothing. */
  stale(key: string): CacheHit | undefined;
  /** Copies the value. One that is larger than an entry may be is not kept. */
  set(key: string, value: Buffer, options: KeepOptions): void;
  /** How many entries went. This process's own are gone at once; it resolves when the shared ones are. Never rejects. */
  purge(filter: PurgeFilter): number | Promise<number>;
  /** Purges this process's memory only: another one has seen to the rest. */
  forget(filter: PurgeFilter): number;
}
