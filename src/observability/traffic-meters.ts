import { Counter, Gauge, type Registry } from "prom-client";

/** What the caches have counted since the start. */
export interface CacheFigures {
  readonly hits: number;
  readonly misses: number;
  readonly stale: number;
  readonly entries: number;
  readonly bytes: number;
  readonly shared?:
    | {
        readonly isUp: boolean;
        readonly hits: number;
        readonly misses: number;
        readonly bytesRead: number;
        readonly bytesWritten: number;
      }
    | undefined;
}

/** Caches, Redis, rate limits and load. What others count already is read when it is scraped. */
export class TrafficMeters {
  readonly #limited: Counter<"limit">;
  readonly #refused: Counter;
  #readCache: () => CacheFigures | undefined = () => undefined;
  #readRedis: () => boolean | undefined = () => undefined;
  #readOverload: () => boolean = () => false;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#limited = new Counter({
      name: "switchgear_rate_limited_total",
      help: "Requests and calls that were refused, by the limit that they were over (key, user, server, tool).",
      labelNames: ["limit"],
      registers,
    });
    this.#refused = new Counter({
      name: "switchgear_overload_refused_total",
      help: "Requests that were refused because the process could not keep up.",
      registers,
    });
    this.#registerCache(registry);
    this.#registerState(registry);
  }

  countLimited(limit: string): void {
    this.#limited.inc({ limit });
  }

  countRefused(): void {
    this.#refused.inc();
  }

  /** Asked at each scrape. `redis`: whether it can be used; nothing where none is configured. */
  watch(read: {
    readonly cache: () => CacheFigures;
    readonly redis: () => boolean | undefined;
    readonly overload: () => boolean;
  }): void {
    this.#readCache = read.cache;
    this.#readRedis = read.redis;
    this.#readOverload = read.overload;
  }

  #registerCache(registry: Registry): void {
    const registers = [registry];
    const lookups = new Counter({
      name: "switchgear_cache_lookups_total",
      help: "Look-ups in each tier of the cache, by result.",
      labelNames: ["tier", "result"],
      registers,
      collect: () => {
        lookups.reset();
        for (const [tier, result, count] of lookupsOf(this.#readCache()))
          lookups.inc({ tier, result }, count);
      },
    });
    const entries: Gauge = new Gauge({
      name: "switchgear_cache_entries",
      help: "Entries of the cache in memory.",
      registers,
      collect: () => entries.set(this.#readCache()?.entries ?? 0),
    });
    const bytes: Gauge = new Gauge({
      name: "switchgear_cache_bytes",
      help: "Memory that they take.",
      registers,
      collect: () => bytes.set(this.#readCache()?.bytes ?? 0),
    });
    const moved = new Counter({
      name: "switchgear_cache_redis_bytes_total",
      help: "Bytes of cached answers that were read from Redis and written to it.",
      labelNames: ["direction"],
      registers,
      collect: () => {
        moved.reset();
        const shared = this.#readCache()?.shared;
        if (shared === undefined) return;
        moved.inc({ direction: "read" }, shared.bytesRead);
        moved.inc({ direction: "written" }, shared.bytesWritten);
      },
    });
  }

  #registerState(registry: Registry): void {
    const registers = [registry];
    const redis = new Gauge({
      name: "switchgear_redis_up",
      help: "1 while Redis is used, 0 while it is left alone; no sample where none is configured.",
      // A label-less gauge would begin with a zero.
      labelNames: ["role"],
      registers,
      collect: () => {
        redis.reset();
        const isUp = this.#readRedis();
        if (isUp !== undefined) redis.set({ role: "shared" }, isUp ? 1 : 0);
      },
    });
    const overloaded: Gauge = new Gauge({
      name: "switchgear_overloaded",
      help: "1 while new work is refused.",
      registers,
      collect: () => overloaded.set(this.#readOverload() ? 1 : 0),
    });
  }
}

function lookupsOf(figures: CacheFigures | undefined): readonly (readonly [string, string, number])[] {
  if (figures === undefined) return [];
  const { hits, misses, stale, shared } = figures;
  const memory = [
    ["memory", "hit", hits],
    ["memory", "miss", misses],
    ["memory", "stale", stale],
  ] as const;
  if (shared === undefined) return memory;
  return [...memory, ["redis", "hit", shared.hits], ["redis", "miss", shared.misses]];
}
