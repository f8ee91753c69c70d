import type { Cache, CacheHit } from "../cache/cache.ts";
import { type JsonObject, isJsonObject } from "../domain/json.ts";
import { UpstreamError } from "../domain/upstream-errors.ts";
import { SingleFlight } from "../resilience/resilience.ts";
import { Reply } from "../wire/reply.ts";

/** A result larger than this is not kept (calls.md, caches). */
const MAX_CACHED_BYTES = 1024 * 1024;
/** What an answer says in `_meta` of its way through the gateway. */
const CALL_META = "io.switchgear/call";

/** An answer without a call. */
export interface Cached {
  readonly kind: "hit" | "stale";
  readonly reply: Reply;
}

export interface Asked {
  readonly key: string;
  readonly ttlMs: number;
  readonly staleMs: number;
  readonly tags: readonly string[];
  readonly signal: AbortSignal;
  /** The call's deadline: nobody waits longer for another replica's answer. */
  readonly timeoutMs: number;
  /** Calls in which the caller may be asked something share nothing with others. */
  readonly isAlone: boolean;
}

interface Sent {
  readonly reply: Reply;
  /** A question was asked on the way: the answer is this caller's alone. */
  readonly asked: boolean;
}

type Send<A> = (signal: AbortSignal, timeoutMs: number | undefined) => Promise<A>;

/** Answers of tools that the operator named: kept, shared by equal calls in flight, and shown again when the upstream fails. */
export class AnswerCache {
  readonly #cache: Cache;
  readonly #count: (result: "hit" | "miss" | "stale") => void;
  readonly #flights = new SingleFlight();

  constructor(cache: Cache, count: (result: "hit" | "miss" | "stale") => void) {
    this.#cache = cache;
    this.#count = count;
  }

  /** A kept answer, or what `send` answers. */
  async answer<A extends Sent>(asked: Asked, send: Send<A>): Promise<A | Cached> {
    const { key, signal } = asked;
    const found = this.#cache.get(key);
    const hit = found instanceof Promise ? await found : found;
    if (hit !== undefined) return this.#hit(hit);
    this.#count("miss");
    try {
      if (asked.isAlone) return await this.#keep(asked, () => send(signal, undefined));
      return await this.#flights.run(key, signal, (shared) => this.#make(asked, shared, send));
    } catch (error) {
      const old = asked.staleMs > 0 && error instanceof UpstreamError ? this.#cache.stale(key) : undefined;
      if (old === undefined) throw error;
      this.#count("stale");
      return { kind: "stale", reply: markStale(unpack(old.value), old.ageMs, error as UpstreamError) };
    }
  }

  #hit({ value }: CacheHit): Cached {
    this.#count("hit");
    return { kind: "hit", reply: unpack(value) };
  }

  /** One replica makes it, the others wait for theirs. */
  async #make<A extends Sent>(asked: Asked, signal: AbortSignal, send: Send<A>): Promise<A | Cached> {
    const { turns } = this.#cache;
    if (turns === undefined) return this.#keep(asked, () => send(signal, undefined));
    const started = performance.now();
    const entered = await turns.enter(asked.key, { signal, waitMs: asked.timeoutMs });
    if (entered !== undefined && "value" in entered) return this.#hit(entered);
    const left = Math.max(1, Math.ceil(asked.timeoutMs - (performance.now() - started)));
    try {
      return await this.#keep(asked, () => send(signal, left));
    } finally {
      entered?.end();
    }
  }

  async #keep<A extends Sent>({ key, ttlMs, staleMs, tags }: Asked, send: () => Promise<A>): Promise<A> {
    const since = this.#cache.generation;
    const answer = await send();
    if (!answer.asked && isKeepable(answer.reply))
      this.#cache.set(key, pack(answer.reply), { ttlMs, staleMs, tags, since });
    return answer;
  }
}

/** Errors, `isError` answers and questions are never kept. */
function isKeepable(reply: Reply): boolean {
  if (reply.kind === "error" || reply.bytes.length > MAX_CACHED_BYTES) return false;
  const { isError, resultType = "complete" } = reply.value;
  return isError !== true && resultType === "complete";
}

/** The era of the leg travels with the bytes, as their first one: a 2025 result is completed for a 2026 caller. */
export function pack(reply: Reply): Buffer {
  return Buffer.concat([Buffer.from(reply.era === "2026" ? "6" : "5"), reply.bytes]);
}

export function unpack(value: Buffer): Reply {
  return new Reply("result", value.subarray(1), value[0] === 0x36 ? "2026" : "2025");
}

/** Whoever gets an old answer is told so, and why. */
function markStale(reply: Reply, ageMs: number, { code }: UpstreamError): Reply {
  const { _meta, ...result } = reply.value;
  const before = isJsonObject(_meta) ? _meta : {};
  const about: JsonObject = { cache: "stale", age_ms: Math.round(ageMs), failure: code };
  return Reply.of("result", { ...result, _meta: { ...before, [CALL_META]: about } }, reply.era);
}
