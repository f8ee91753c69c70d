export interface ScoredSlot {
  readonly slot: number;
  readonly score: number;
}

/** The best slots so far, best first: pinned ones, then by score, then in the order of `precedes`. */
export class BestSlots {
  readonly #slots: ScoredSlot[] = [];
  readonly #limit: number;
  readonly #pinned: ReadonlySet<number>;
  readonly #precedes: (slot: number, other: number) => boolean;
  #threshold = 0;

  constructor(deps: {
    limit: number;
    pinned: ReadonlySet<number>;
    precedes: (slot: number, other: number) => boolean;
  }) {
    this.#limit = deps.limit;
    this.#pinned = deps.pinned;
    this.#precedes = deps.precedes;
  }

  get slots(): readonly ScoredSlot[] {
    return this.#slots;
  }

  /** What a slot that is not pinned must score to be worth an offer. Most do not, and cost one comparison. */
  get threshold(): number {
    return this.#threshold;
  }

  offer(slot: number, score: number): void {
    const offered = { slot, score };
    let low = 0;
    for (let high = this.#slots.length; low < high;) {
      const middle = (low + high) >>> 1;
      if (this.#goesBefore(offered, this.#slots[middle])) high = middle;
      else low = middle + 1;
    }
    this.#slots.splice(low, 0, offered);
    if (this.#slots.length > this.#limit) this.#slots.pop();
    const last = this.#slots.length < this.#limit ? undefined : this.#slots.at(-1);
    this.#threshold = last === undefined || this.#pinned.has(last.slot) ? 0 : last.score;
  }

  #goesBefore(one: ScoredSlot, other: ScoredSlot | undefined): boolean {
    if (other === undefined) return true;
    const pinned = this.#pinned.has(one.slot);
    if (pinned !== this.#pinned.has(other.slot)) return pinned;
    if (one.score !== other.score) return one.score > other.score;
    return this.#precedes(one.slot, other.slot);
  }
}
