import type { Redis } from "ioredis";

import { RedisChannel } from "./redis-channel.ts";
import { Rest } from "./rest.ts";

interface RedisLinkOptions {
  /** `redis://` or `rediss://`; may hold a password. */
  readonly url: string;
  /** Before every key and channel, so that gateways may share a Redis. */
  readonly prefix: string;
  /** How long anybody waits for one answer. */
  readonly timeoutMs: number;
  readonly onChange?: (isUp: boolean, error: unknown) => void;
  readonly now?: () => number;
}

/** The start is not held up by a Redis that is not there. */
const FIRST_CONTACT_MS = 250;
const RECONNECT_MOST_MS = 2_000;

/**
 * The connection to Redis, as something that may be missing at any time: whoever asks gets an answer or nothing, soon.
 * After a failure it is left alone for a growing pause, and it is the link, not somebody's call, that tries it again.
 */
export class RedisLink {
  readonly prefix: string;
  readonly #redis: Redis;
  readonly #rest: Rest;
  readonly #onChange: NonNullable<RedisLinkOptions["onChange"]>;
  readonly #changed = new Set<(isUp: boolean) => void>();
  readonly #channels: RedisChannel[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isResting = true;
  #isClosed = false;
  #lastError: unknown;

  private constructor(redis: Redis, options: RedisLinkOptions) {
    this.prefix = options.prefix;
    this.#redis = redis;
    this.#rest = new Rest(options.now ?? (() => performance.now()));
    this.#onChange = options.onChange ?? (() => {});
    redis.on("error", (error: unknown) => (this.#lastError = error));
    redis.on("close", () => this.#failed(this.#lastError));
    redis.on("ready", () => void this.#probe());
  }

  /** Resolves when Redis has answered, or a moment later without it. Throws for a URL that is none. */
  static async open(options: RedisLinkOptions): Promise<RedisLink> {
    // Loaded by those who use it only.
    const { Redis } = await import("ioredis");
    const redis = new Redis(options.url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: options.timeoutMs,
      connectTimeout: 5_000,
      retryStrategy: (times) => Math.min(times * 100, RECONNECT_MOST_MS),
    });
    const link = new RedisLink(redis, options);
    const contact = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, FIRST_CONTACT_MS);
      link.onChange(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    redis.connect().catch(() => undefined); // told by the events
    await contact;
    return link;
  }

  get isUp(): boolean {
    return !this.#isResting && this.#redis.status === "ready";
  }

  /** Each time it is there again, or not any more. */
  onChange(listener: (isUp: boolean) => void): void {
    this.#changed.add(listener);
  }

  /** What Redis answers; nothing when it is down, full, too slow, or left alone just now. Never rejects. */
  async ask<T>(work: (redis: Redis) => Promise<T>): Promise<T | undefined> {
    if (!this.isUp) return undefined;
    try {
      return await work(this.#redis);
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  /** Messages to all who listen on a channel, on a connection of its own. */
  channel(name: string): RedisChannel {
    const onUp = (listener: () => void): void => this.onChange((isUp) => isUp && listener());
    const channel = new RedisChannel(this.prefix + name, this.#redis, (work) => this.ask(work), onUp);
    this.#channels.push(channel);
    return channel;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const channel of this.#channels) channel.close();
    this.#redis.disconnect();
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return;
    if (!this.#isResting) {
      this.#isResting = true;
      this.#tell(false, error);
    }
    this.#probeLater();
  }

  #probeLater(): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#probe();
    }, this.#rest.next()).unref();
  }

  /** A write: a Redis that is full, or a replica, answers a mere PING. */
  async #probe(): Promise<void> {
    // Without a connection there is nothing to try; the next one calls again.
    if (!this.#isResting || this.#isClosed || this.#redis.status !== "ready") return;
    try {
      await this.#redis.set(`${this.prefix}probe`, "1", "PX", 1_000);
    } catch (error) {
      this.#lastError = error;
      this.#probeLater();
      return;
    }
    this.#rest.recovered();
    this.#isResting = false;
    this.#tell(true, undefined);
  }

  #tell(isUp: boolean, error: unknown): void {
    this.#onChange(isUp, error);
    for (const listener of this.#changed) listener(isUp);
  }
}
