/** One key's count, until a moment of the clock. */
export interface Window {
  readonly count: number;
  readonly endsInMs: number;
}

interface Entry {
  count: number;
  endsAt: number;
}

/** Keys are swept when there are this many more than after the last sweep. */
const SWEEP_AT = 10_000;

/**
 * Counts in fixed windows, in memory. Written here because rate-limiter-flexible's own memory store answers with a
 * promise and holds a timer per key: the way of a call waits for nothing where there is nothing to wait for.
 */
export class FixedWindows {
  readonly #entries = new Map<string, Entry>();
  readonly #windowMs: number;
  readonly #now: () => number;
  #sweepAt = SWEEP_AT;

  constructor(windowMs: number, now: () => number) {
    this.#windowMs = windowMs;
    this.#now = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Counts one more; a window begins with its first. */
  take(key: string): Window {
    const now = this.#now();
    const entry = this.#entries.get(key);
    if (entry !== undefined && now < entry.endsAt) {
      entry.count++;
      return { count: entry.count, endsInMs: entry.endsAt - now };
    }
    if (entry === undefined && this.#entries.size >= this.#sweepAt) this.#sweep(now);
    this.#entries.set(key, { count: 1, endsAt: now + this.#windowMs });
    return { count: 1, endsInMs: this.#windowMs };
  }

  #sweep(now: number): void {
    for (const [key, { endsAt }] of this.#entries) if (endsAt <= now) this.#entries.delete(key);
    this.#sweepAt = this.#entries.size + SWEEP_AT;
  }
}
