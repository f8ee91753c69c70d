import type { UpstreamError } from "../domain/upstream-errors.ts";

const FIRST_MS = 500;
const MAX_MS = 30_000;
/** A connection that ends sooner counts as a failure of the upstream. */
const STEADY_MS = 10_000;

/**
 * When the next attempt to connect may be made. Until then, whoever wants a connection gets the last error at once.
 * The first sudden end of a connection is forgiven, so that a killed child is back at once; a series of them is not.
 */
export class Backoff {
  readonly #now: () => number;
  readonly #random: () => number;
  #failures = 0;
  #suddenEnds = 0;
  #until = 0;
  #error: UpstreamError | undefined;

  constructor(now: () => number, random: () => number = Math.random) {
    this.#now = now;
    this.#random = random;
  }

  /** The error to give instead of an attempt. */
  get refusal(): UpstreamError | undefined {
    return this.#now() < this.#until ? this.#error : undefined;
  }

  failed(error: UpstreamError): void {
    this.#failures += 1;
    this.#wait(error, this.#failures);
  }

  connected(): void {
    this.#failures = 0;
    this.#until = 0;
  }

  ended(error: UpstreamError, livedMs: number): void {
    this.#suddenEnds = livedMs < STEADY_MS ? this.#suddenEnds + 1 : 0;
    if (this.#suddenEnds > 1) this.#wait(error, this.#suddenEnds - 1);
  }

  #wait(error: UpstreamError, times: number): void {
    const ceiling = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(times - 1, 16));
    const jittered = ceiling * (0.75 + this.#random() / 4);
    this.#error = error;
    this.#until = this.#now() + Math.max(jittered, Math.min(error.retryAfterMs ?? 0, MAX_MS));
  }
}
