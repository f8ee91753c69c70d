import type { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";

import type { RedisLink } from "../redis/redis.ts";
import type { Limit } from "./verdict.ts";
import type { Window } from "./windows.ts";

/** Counts that all replicas have in common, in Redis. */
export class FleetWindows {
  readonly #link: RedisLink;
  readonly #Limiter: typeof RateLimiterRedis;
  readonly #limiters = new Map<Limit, RateLimiterRedis>();

  private constructor(link: RedisLink, Limiter: typeof RateLimiterRedis) {
    this.#link = link;
    this.#Limiter = Limiter;
  }

  static async open(link: RedisLink): Promise<FleetWindows> {
    // Loaded by those who use it only.
    const { RateLimiterRedis } = await import("rate-limiter-flexible");
    return new FleetWindows(link, RateLimiterRedis);
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  /** Nothing when Redis does not answer in time: then the caller counts in memory. */
  take(limit: Limit, key: string): Promise<Window | undefined> {
    return this.#link.ask(async (redis) => {
      const limiter = this.#limiterOf(limit, redis);
      const { consumedPoints, msBeforeNext } = await limiter.consume(key).catch(whenOver);
      return { count: consumedPoints, endsInMs: msBeforeNext };
    });
  }

  #limiterOf(limit: Limit, redis: unknown): RateLimiterRedis {
    const known = this.#limiters.get(limit);
    if (known !== undefined) return known;
    const limiter = new this.#Limiter({
      storeClient: redis,
      keyPrefix: `${this.#link.prefix}rate1:${limit.name}`,
      points: limit.most,
      duration: Math.max(1, Math.ceil(limit.windowMs / 1_000)),
      rejectIfRedisNotReady: true,
    });
    this.#limiters.set(limit, limiter);
    return limiter;
  }
}

/** The library rejects with the count when it is over the limit, and with an error when it could not count. */
function whenOver(reason: unknown): RateLimiterRes {
  if (reason instanceof Error) throw reason;
  return reason as RateLimiterRes;
}
