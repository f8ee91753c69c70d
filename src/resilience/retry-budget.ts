/** Retries allowed per second, whatever the traffic, and per first attempt (calls.md, outcomes and retries). */
const PER_SECOND = 3;
const PER_CALL = 0.1;
/** How many unused retries are kept for a bad moment. */
const RESERVE = 10;

/** Keeps the retries of one upstream a small share of its traffic, so that they never become the outage. */
export class RetryBudget {
  #tokens = RESERVE;
  #countedAt: number;

  constructor(now: number) {
    this.#countedAt = now;
  }

  /** Called for each first attempt. */
  earn(): void {
    if (this.#tokens < RESERVE) this.#tokens = Math.min(RESERVE, this.#tokens + PER_CALL);
  }

  /** True, and one retry fewer, when the budget has one left. */
  spend(now: number): boolean {
    this.#tokens = Math.min(RESERVE, this.#tokens + ((now - this.#countedAt) / 1_000) * PER_SECOND);
    this.#countedAt = now;
    // The sum of ten tenths is a hair less than one.
    if (this.#tokens < 1 - 1e-9) return false;
    this.#tokens -= 1;
    return true;
  }
}
