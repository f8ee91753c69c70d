import type { ErrorCode } from "../domain/errors.ts";
import { UpstreamUnavailable } from "../domain/upstream-errors.ts";
import { Breaker, type BreakerReport, type BreakerSettings, type BreakerState } from "./breaker.ts";
import { Bulkhead } from "./bulkhead.ts";
import type { Attempt, Guarded, GuardedCall } from "./guarded-call.ts";
import { type GuardParts, GuardedRun } from "./guarded-run.ts";
import { RetryBudget } from "./retry-budget.ts";
import { SignalPool } from "./signal-pool.ts";

export { Batches } from "./batches.ts";
export type { BreakerReport, BreakerSettings, BreakerState } from "./breaker.ts";
export type { Attempt, Guarded, GuardedCall } from "./guarded-call.ts";
export { SignalPool } from "./signal-pool.ts";
export { SingleFlight } from "./single-flight.ts";

export interface GuardOptions {
  readonly server: string;
  /** Calls in flight at once. */
  readonly concurrency: number;
  /** How many more may wait for a slot, and how long. */
  readonly queue?: number;
  readonly queueWaitMs?: number;
  readonly breaker?: Partial<BreakerSettings>;
  /** Asks the upstream for a sign of life when its breaker is half open: never a user's call. */
  readonly probe?: (signal: AbortSignal) => Promise<void>;
  readonly onState?: (state: BreakerState) => void;
  /** With the code of the failure that makes another attempt necessary. */
  readonly onRetry?: (reason: ErrorCode) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
  readonly random?: () => number;
}

const UNUSED: BreakerReport = {
  state: "closed",
  forced: false,
  retryInMs: undefined,
  calls: 0,
  failures: 0,
  openings: 0,
};

const monotonic = (): number => performance.now();

/** The law of a call for one upstream: bulkhead ▸ retry ▸ breaker ▸ deadline. Costs nothing until it is used. */
export class UpstreamGuard {
  readonly #options: GuardOptions;
  readonly #bulkhead: Bulkhead;
  #parts: GuardParts | undefined;
  #closed = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    const { concurrency, queue = 64, queueWaitMs = 1_000, now = monotonic } = options;
    this.#bulkhead = new Bulkhead({ slots: concurrency, queue, waitMs: queueWaitMs, now });
  }

  get state(): BreakerState {
    return this.#parts?.breaker.state ?? "closed";
  }

  get report(): BreakerReport {
    return this.#parts?.breaker.report ?? UNUSED;
  }

  get inFlight(): number {
    return this.#bulkhead.inFlight;
  }

  get queued(): number {
    return this.#bulkhead.queued;
  }

  /**
   * Rejects with an UpstreamError (`circuit_open`, `upstream_busy`, `upstream_timeout` or the last attempt's own), with
   * GatewayError("cancelled"), or with whatever GatewayError an attempt threw. All say whether the call was executed.
   */
  run<T>(call: GuardedCall, attempt: (attempt: Attempt) => Promise<T>): Promise<Guarded<T>> {
    if (this.#closed) {
      return Promise.reject(new UpstreamUnavailable(this.#options.server, "it was just changed or removed"));
    }
    const parts = (this.#parts ??= this.#open());
    return new Promise((resolve, reject) => {
      new GuardedRun({ parts, call, attempt, resolve, reject }).start();
    });
  }

  /** Forgets all failures. */
  reset(): void {
    this.#parts?.breaker.reset();
  }

  /** Stops all calls until they are let through again. */
  force(open: boolean): void {
    if (this.#closed) return;
    this.#parts ??= this.#open();
    this.#parts.breaker.force(open);
  }

  /** Refuses new and waiting calls; those in flight end by themselves. What comes after it begins with a closed breaker. */
  close(): void {
    if (this.#closed) return;
    const { state } = this;
    this.#closed = true;
    this.#bulkhead.clear();
    this.#parts?.breaker.close();
    if (state !== "closed") this.#options.onState?.("closed");
  }

  #open(): GuardParts {
    const { server, breaker, probe, onState, onRetry } = this.#options;
    const { queueWaitMs = 1_000, now = monotonic, random = Math.random } = this.#options;
    return {
      server,
      bulkhead: this.#bulkhead,
      breaker: new Breaker({ server, settings: breaker, probe, onState, now, random }),
      budget: new RetryBudget(now()),
      signals: new SignalPool(),
      queueWaitMs,
      onRetry,
      now,
      random,
    };
  }
}
