import type { Redis } from "ioredis";

interface ChannelListener {
  onMessage(text: string): void;
  /** The channel is heard again after a break: what was said meanwhile is lost. */
  onGap(): void;
  /** What is published goes out again. */
  onOpen(): void;
}

type Ask = <T>(work: (redis: Redis) => Promise<T>) => Promise<T | undefined>;

/** A listener that hears nothing does not notice that its connection is dead: so it asks. */
const PING_MS = 10_000;
const SILENCE_MS = 5_000;

/** One pub/sub channel. Redis delivers at most once: who must not miss anything refreshes at a gap. */
export class RedisChannel {
  readonly #name: string;
  readonly #parent: Redis;
  readonly #ask: Ask;
  readonly #onUp: (listener: () => void) => void;
  #subscriber: Redis | undefined;
  #pings: NodeJS.Timeout | undefined;
  #wasHeard = false;

  constructor(name: string, parent: Redis, ask: Ask, onUp: (listener: () => void) => void) {
    this.#name = name;
    this.#parent = parent;
    this.#ask = ask;
    this.#onUp = onUp;
  }

  /** Whether it reached Redis. */
  async publish(text: string): Promise<boolean> {
    return (await this.#ask((redis) => redis.publish(this.#name, text))) !== undefined;
  }

  /** Resolves when the channel is heard for the first time, or at once if that must wait. */
  async listen(listener: ChannelListener): Promise<void> {
    const subscriber = this.#parent.duplicate({
      lazyConnect: true,
      autoResubscribe: false,
      commandTimeout: SILENCE_MS,
      socketTimeout: SILENCE_MS,
    });
    this.#subscriber = subscriber;
    this.#onUp(() => listener.onOpen());
    subscriber.on("error", () => undefined); // it reconnects by itself, and the link tells of Redis's state
    subscriber.on("message", (_channel: string, text: string) => listener.onMessage(text));
    const heard = (): Promise<void> => this.#subscribe(subscriber, listener);
    await subscriber.connect().then(heard, () => undefined);
    // From now on; the first time is done above.
    subscriber.on("ready", () => void heard());
    this.#pings = setInterval(() => {
      if (subscriber.status === "ready") subscriber.ping().catch(() => undefined);
    }, PING_MS).unref();
  }

  close(): void {
    clearInterval(this.#pings);
    this.#subscriber?.disconnect();
  }

  async #subscribe(subscriber: Redis, listener: ChannelListener): Promise<void> {
    try {
      await subscriber.subscribe(this.#name);
    } catch {
      // A new connection brings a new try.
      subscriber.disconnect(true);
      return;
    }
    if (this.#wasHeard) listener.onGap();
    this.#wasHeard = true;
  }
}
