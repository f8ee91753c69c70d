import type { ErrorCode } from "../domain/errors.ts";
import type { UpstreamError } from "../domain/upstream-errors.ts";

const FIRST_MS = 500;
const MAX_MS = 30_000;
/** A connection that ends sooner counts as a failure of the upstream. */
const STEADY_MS = 10_000;
/** Trying again cannot help before somebody does something about it: what nobody asks for is hardly tried. */
const PARKED: ReadonlySet<ErrorCode> = new Set([
  "upstream_auth_required",
  "needs_input",
  "egress_denied",
  "config_invalid",
]);
const PARKED_MS = 10 * 60_000;

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
  #parkedUntil = 0;
  #error: UpstreamError | undefined;

  constructor(now: () => number, random: () => number = Math.random) {
    this.#now = now;
    this.#random = random;
  }

  /** The error to give instead of an attempt. */
  get refusal(): UpstreamError | undefined {
    return this.#now() < this.#until ? this.#error : undefined;
  }

  /** How long until the next attempt may be made. */
  get waitMs(): number {
    return Math.max(0, this.#until - this.#now());
  }

  /** How long until the next attempt that nobody has asked for. */
  get retryInMs(): number {
    return Math.max(this.waitMs, this.#parkedUntil - this.#now());
  }

  failed(error: UpstreamError): void {
    // No fault of the upstream's: there is room at any moment.
    if (error.code === "upstream_busy") return;
    this.#failures += 1;
    if (PARKED.has(error.code)) this.#parkedUntil = this.#now() + PARKED_MS;
    this.#wait(error, this.#failures);
  }

  connected(): void {
    this.#failures = 0;
    this.#until = 0;
    this.#parkedUntil = 0;
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
