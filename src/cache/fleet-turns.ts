import { randomUUID } from "node:crypto";

import type { RedisLink } from "../redis/redis.ts";
import type { CacheHit, Turn, Turns } from "./cache-port.ts";
import type { KeptValue } from "./kept-value.ts";
import type { RedisStore } from "./redis-store.ts";

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

/** Only whoever holds it may give it back or hold it longer: another may have it by now. */
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;
const RENEW = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`;

/**
 * Equal calls of several replicas are made by one of them; the others wait for its answer. A holder renews its lock
 * while it works, so that one that dies is noticed soon. When a holder ends without a value, all who waited call
 * themselves, and do not queue: the next one might have no value either.
 */
export class FleetTurns implements Turns {
  readonly #link: RedisLink;
  readonly #store: RedisStore;
  readonly #lockMs: number;

  constructor(deps: { link: RedisLink; store: RedisStore; lockMs: number }) {
    this.#link = deps.link;
    this.#store = deps.store;
    this.#lockMs = deps.lockMs;
  }

  async enter(
    key: string,
    { signal, waitMs }: { readonly signal: AbortSignal; readonly waitMs: number },
  ): Promise<CacheHit | Turn | undefined> {
    const lock = `${this.#link.prefix}lock1:${key}`;
    const token = randomUUID();
    const first = await this.#link.ask((redis) =>
      Promise.all([
        redis.set(lock, token, "PX", this.#lockMs, "NX"),
        redis.getBuffer(this.#store.keyOf(key)),
      ]),
    );
    if (first === undefined) return undefined;
    const [taken, bytes] = first;
    const turn = taken === "OK" ? this.#turn(lock, token) : undefined;
    // It may have been made between the look into the cache and now.
    const hit = freshHit(this.#store.read(bytes));
    if (hit === undefined) return turn ?? this.#wait(key, lock, signal, waitMs);
    turn?.end();
    return hit;
  }

  async #wait(key: string, lock: string, signal: AbortSignal, waitMs: number): Promise<CacheHit | undefined> {
    const until = performance.now() + waitMs;
    let pause = FIRST_PAUSE_MS;
    while (!signal.aborted && performance.now() < until) {
      await pauseFor(pause, signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      const found = await this.#link.ask((redis) => redis.mgetBuffer(this.#store.keyOf(key), lock));
      if (found === undefined) return undefined;
      const [bytes = null, holder = null] = found;
      const hit = freshHit(this.#store.read(bytes));
      if (hit !== undefined || holder === null) return hit;
    }
    return undefined;
  }

  #turn(lock: string, token: string): Turn {
    const renew = setInterval(() => {
      void this.#link.ask((redis) => redis.eval(RENEW, 1, lock, token, this.#lockMs));
    }, this.#lockMs / 3).unref();
    return {
      end: () => {
        clearInterval(renew);
        void this.#link.ask((redis) => redis.eval(RELEASE, 1, lock, token));
      },
    };
  }
}

function freshHit(kept: KeptValue | null): CacheHit | undefined {
  if (kept === null) return undefined;
  const ageMs = Math.max(0, Date.now() - kept.madeAt);
  const remainingMs = kept.ttlMs - ageMs;
  return remainingMs <= 0 ? undefined : { value: kept.value, ageMs, remainingMs };
}

function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
