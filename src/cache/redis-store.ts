import type { RedisLink } from "../redis/redis.ts";
import type { PurgeFilter } from "./cache-port.ts";
import { type KeptValue, decodeKept, encodeKept } from "./kept-value.ts";

/** The version of the layout: gateways of two versions may share a Redis. */
const SPACE = "cache1:";
/** Every key is in this tag's set, so that all can be purged without a scan of somebody else's keys. */
const EVERYTHING = "*";
const PURGE_BATCH = 500;

/** A value, and its key in the set of each tag with its end as the score: what has ended is swept on the way. */
const SET = `
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
for i = 2, #KEYS do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', ARGV[3])
  redis.call('ZADD', KEYS[i], ARGV[3] + ARGV[2], KEYS[1])
  if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[i], ARGV[2]) end
end
return 1`;

/** The shared tier's keys and values. Everything answers undefined when Redis does not answer in time. */
export class RedisStore {
  readonly #link: RedisLink;
  readonly #space: string;
  bytesRead = 0;
  bytesWritten = 0;

  constructor(link: RedisLink) {
    this.#link = link;
    this.#space = link.prefix + SPACE;
  }

  keyOf(key: string): string {
    return `${this.#space}v:${key}`;
  }

  /** `null`: there is none. */
  async get(key: string): Promise<KeptValue | null | undefined> {
    const bytes = await this.#link.ask((redis) => redis.getBuffer(this.keyOf(key)));
    return bytes === undefined ? undefined : this.read(bytes);
  }

  read(bytes: Buffer | null): KeptValue | null {
    this.bytesRead += bytes?.length ?? 0;
    return (bytes && decodeKept(bytes)) ?? null;
  }

  async set(key: string, kept: KeptValue): Promise<void> {
    const bytes = encodeKept(kept);
    const keepMs = Math.ceil(kept.ttlMs + kept.staleMs);
    const keys = [this.keyOf(key), ...[...kept.tags, EVERYTHING].map((tag) => this.#tagKey(tag))];
    this.bytesWritten += bytes.length;
    await this.#link.ask((redis) => redis.eval(SET, keys.length, ...keys, bytes, keepMs, Date.now()));
  }

  /** How many entries went; undefined when not all could be reached. */
  purge(filter: PurgeFilter): Promise<number | undefined> {
    if (filter !== "all" && "key" in filter)
      return this.#link.ask((redis) => redis.unlink(this.keyOf(filter.key)));
    return this.#purgeTag(this.#tagKey(filter === "all" ? EVERYTHING : filter.tag));
  }

  async #purgeTag(tag: string): Promise<number | undefined> {
    let count = 0;
    for (;;) {
      const keys = await this.#link.ask((redis) => redis.zrange(tag, 0, String(PURGE_BATCH - 1)));
      if (keys === undefined) return undefined;
      if (keys.length === 0) return count;
      const gone = await this.#link.ask(async (redis) => {
        const [removed] = await Promise.all([redis.unlink(...keys), redis.zrem(tag, ...keys)]);
        return removed;
      });
      if (gone === undefined) return undefined;
      count += gone;
    }
  }

  #tagKey(tag: string): string {
    return `${this.#space}t:${tag}`;
  }
}
