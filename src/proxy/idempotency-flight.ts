import { callerLeft } from "./idempotency-errors.ts";

/**
 * A call with a key, and all who wait for it. A caller that loses its connection may come back with the same key: the
 * call goes on for `lingerMs` after the last has left.
 */
export class KeyedFlight<T> {
  readonly #controller = new AbortController();
  readonly #lingerMs: number;
  readonly #outcome: Promise<T>;
  #waiting = 0;
  #lingering: NodeJS.Timeout | undefined;

  constructor(lingerMs: number, work: (signal: AbortSignal) => Promise<T>) {
    this.#lingerMs = lingerMs;
    this.#outcome = work(this.#controller.signal);
    // All may have left before it fails.
    this.#outcome.catch(() => {});
  }

  /** Rejects with GatewayError("cancelled") for a caller that leaves. */
  join(signal: AbortSignal): Promise<T> {
    if (signal.aborted) return Promise.reject(callerLeft());
    clearTimeout(this.#lingering);
    this.#waiting++;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(callerLeft());
        this.#left();
      };
      signal.addEventListener("abort", leave, { once: true });
      const landed = (): void => signal.removeEventListener("abort", leave);
      this.#outcome.finally(landed).then(resolve, reject);
    });
  }

  /** Ends the call when nobody has come back in time. */
  #left(): void {
    if (--this.#waiting > 0) return;
    const end = (): void => this.#controller.abort(callerLeft());
    this.#lingering = setTimeout(end, this.#lingerMs).unref();
  }
}
