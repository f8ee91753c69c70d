/** Somebody who waits for a slot. Exactly one of the two is called, once, unless it leaves before. */
export interface Waiter {
  granted(): void;
  refused(): void;
}

interface Waiting {
  readonly waiter: Waiter;
  readonly until: number;
}

/** At most `slots` calls at once; the next `queue` wait in order of arrival, each up to `waitMs`. */
export class Bulkhead {
  readonly #slots: number;
  readonly #queueLimit: number;
  readonly #waitMs: number;
  readonly #now: () => number;
  /**
   * All wait equally long, so the first in is the first to give up. A list and not a Map: a long-lived Map with an
   * entry for each call leaves garbage that only a full collection finds.
   */
  readonly #queue: Waiting[] = [];
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: { slots: number; queue: number; waitMs: number; now: () => number }) {
    this.#slots = options.slots;
    this.#queueLimit = options.queue;
    this.#waitMs = options.waitMs;
    this.#now = options.now;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** `slot`: it is the caller's until `leave()`. `queue`: the waiter will be told. `full`: neither. */
  enter(waiter: Waiter): "slot" | "queue" | "full" {
    if (this.#inFlight < this.#slots) {
      this.#inFlight++;
      return "slot";
    }
    if (this.#queue.length >= this.#queueLimit) return "full";
    this.#queue.push({ waiter, until: this.#now() + this.#waitMs });
    if (this.#timer === undefined) this.#arm(this.#waitMs);
    return "queue";
  }

  /** A slot for a call that had one and gave it up for a while: at once, even when that makes one too many. */
  reenter(): void {
    this.#inFlight++;
  }

  /** Gives a slot back; the first in the queue inherits it, unless there was one too many. */
  leave(): void {
    const next = this.#inFlight > this.#slots ? undefined : this.#queue.shift();
    if (next === undefined) this.#inFlight--;
    else next.waiter.granted();
  }

  /** For a waiter that no longer wants a slot and has not been granted one. */
  abandon(waiter: Waiter): void {
    const at = this.#queue.findIndex((waiting) => waiting.waiter === waiter);
    if (at >= 0) this.#queue.splice(at, 1);
  }

  /** Refuses all that wait; slots in use stay so until they are left. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { waiter } of this.#queue.splice(0)) waiter.refused();
  }

  /** One timer for the whole queue, left to lapse when the queue empties: a timer per waiter would cost more. */
  #arm(delayMs: number): void {
    this.#timer = setTimeout(() => this.#expire(), Math.max(1, delayMs)).unref();
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#now();
    for (let [first] = this.#queue; first !== undefined; [first] = this.#queue) {
      // A timer may fire a fraction of a millisecond early.
      if (first.until - now > 1) return this.#arm(first.until - now);
      this.#queue.shift();
      first.waiter.refused();
    }
  }
}
