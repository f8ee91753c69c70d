const FIRST_MS = 100;
const LONGEST_MS = 5_000;
/** Whoever fails again so soon after a recovery has not recovered. */
const TRIAL_MS = 10_000;

/** How long to leave alone what has failed: longer each time, until it has been well for a while. */
export class Rest {
  readonly #now: () => number;
  #ms = FIRST_MS;
  #recoveredAt: number | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The pause after one more failure. */
  next(): number {
    if (this.#recoveredAt !== undefined && this.#now() - this.#recoveredAt > TRIAL_MS) this.#ms = FIRST_MS;
    this.#recoveredAt = undefined;
    const pause = this.#ms;
    this.#ms = Math.min(this.#ms * 2, LONGEST_MS);
    return pause;
  }

  recovered(): void {
    this.#recoveredAt = this.#now();
  }
}
