import { EventEmitter } from "node:events";

import CircuitBreaker from "opossum";

import type { ErrorCode } from "../domain/errors.ts";
import { UpstreamError, UpstreamTimeout } from "../domain/upstream-errors.ts";

export type BreakerState = "closed" | "open" | "half_open";

export interface BreakerSettings {
  readonly windowMs: number;
  /** Fewer calls than this in the window never open it. */
  readonly minCalls: number;
  readonly failurePercent: number;
  /** First pause; each further one is twice as long, up to `maxResetMs`. */
  readonly resetMs: number;
  readonly maxResetMs: number;
  readonly probeMs: number;
}

const DEFAULTS: BreakerSettings = {
  windowMs: 30_000,
  minCalls: 10,
  failurePercent: 50,
  resetMs: 10_000,
  maxResetMs: 120_000,
  probeMs: 5_000,
};

/** How a breaker is, for people. */
export interface BreakerReport {
  readonly state: BreakerState;
  /** Opened by an operator; then it does not close by itself. */
  readonly forced: boolean;
  /** Until the upstream is asked whether it is alive. */
  readonly retryInMs: number | undefined;
  /** In the present window. */
  readonly calls: number;
  readonly failures: number;
  /** In a row: the next pause is twice as long with each. */
  readonly openings: number;
}

export interface BreakerDeps {
  readonly server: string;
  readonly settings?: Partial<BreakerSettings> | undefined;
  /** Asks the upstream for a sign of life. Without it an open breaker closes after its pause and counts from nought. */
  readonly probe?: ((signal: AbortSignal) => Promise<void>) | undefined;
  readonly onState?: ((state: BreakerState) => void) | undefined;
  readonly now: () => number;
  readonly random: () => number;
}

const BUCKETS = 10;
/** These say nothing of how the upstream does now: it was not asked. */
const NO_NEWS: ReadonlySet<ErrorCode> = new Set(["upstream_busy", "crash_loop", "cancelled"]);
const ALIVE = Promise.resolve();

/** What opossum guards: not the call, but its outcome. */
function verdict(failure: unknown): Promise<void> {
  return failure === undefined ? ALIVE : Promise.reject(failure);
}

/**
 * opossum's state machine and rolling window, told of finished attempts. Fired around the attempts themselves it would
 * count calls that are still under way as good ones, and the late answer of a call from before the outage would close
 * it. While it is closed it runs no timer.
 */
export class Breaker {
  readonly #deps: BreakerDeps;
  readonly #settings: BreakerSettings;
  readonly #options: CircuitBreaker.Options;
  readonly #circuit: CircuitBreaker<[unknown], void>;
  readonly #rotation = new EventEmitter();
  /** Not yet in opossum's window: telling it of each one would cost more than the rest of the guard. */
  #successes = 0;
  #bucketEndsAt: number;
  #openings = 0;
  #openedAt = 0;
  #closedAt = Number.NEGATIVE_INFINITY;
  #forcedOpen = false;
  #probing: AbortController | undefined;

  constructor(deps: BreakerDeps) {
    this.#deps = deps;
    const settings = { ...DEFAULTS, ...deps.settings };
    this.#settings = settings;
    this.#bucketEndsAt = deps.now() + settings.windowMs / BUCKETS;
    this.#options = {
      name: deps.server,
      timeout: false,
      volumeThreshold: settings.minCalls,
      // opossum opens above this share, the law of a call at it.
      errorThresholdPercentage: settings.failurePercent - 0.001,
      rollingCountTimeout: settings.windowMs,
      rollingCountBuckets: BUCKETS,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.#rotation,
      resetTimeout: settings.resetMs,
    };
    this.#circuit = new CircuitBreaker(verdict, this.#options);
    this.#circuit.on("open", () => this.#opened());
    this.#circuit.on("halfOpen", () => this.#halfOpened());
    this.#circuit.on("close", () => this.#closed());
  }

  get state(): BreakerState {
    if (this.#forcedOpen || this.#circuit.opened) return "open";
    return this.#circuit.halfOpen ? "half_open" : "closed";
  }

  get report(): BreakerReport {
    this.#rotate();
    this.#flush();
    const { state } = this;
    const { fires: calls, failures } = this.#circuit.stats;
    const isPausing = state === "open" && !this.#forcedOpen;
    const retryInMs = isPausing ? Math.max(0, Math.ceil(this.#halfOpenAt - this.#deps.now())) : undefined;
    return { state, forced: this.#forcedOpen, retryInMs, calls, failures, openings: this.#openings };
  }

  /** Why a call may not go through now; nothing when it may. */
  refusal(): UpstreamError | undefined {
    if (this.state === "closed") return undefined;
    const { server, now } = this.#deps;
    const retryAfterMs = Math.max(1_000, Math.ceil(this.#halfOpenAt - now()));
    const message = this.#forcedOpen
      ? `Calls to upstream "${server}" are stopped by an operator.`
      : `Upstream "${server}" failed too often; it is left alone for about ${Math.ceil(retryAfterMs / 1_000)} s.`;
    return new UpstreamError("circuit_open", server, "not_sent", message, {
      ...(this.#forcedOpen ? { retryable: false } : { retryAfterMs }),
      fix: [{ label: "See why it fails", command: `switchgear status ${server}` }],
    });
  }

  get #halfOpenAt(): number {
    return this.#openedAt + (this.#options.resetTimeout ?? 0);
  }

  succeeded(): void {
    this.#rotate();
    this.#successes++;
  }

  /** Resolves when the conclusion is drawn. What ends while the breaker is not closed changes nothing. */
  async failed(error: unknown): Promise<void> {
    if (!(error instanceof UpstreamError) || NO_NEWS.has(error.code)) return;
    if (error.outcome === "rejected") return this.succeeded();
    if (this.#circuit.closed) await this.#tell(error);
  }

  /** Open until it is forced closed or reset. */
  force(open: boolean): void {
    if (!open) return this.reset();
    this.#probing?.abort();
    this.#forcedOpen = true;
    this.#circuit.open();
  }

  /** Closed, with nothing held against the upstream. */
  reset(): void {
    this.#forcedOpen = false;
    this.#probing?.abort();
    this.#forget();
    this.#circuit.close();
    this.#openings = 0;
  }

  close(): void {
    this.#probing?.abort();
    this.#circuit.shutdown();
  }

  async #tell(failure: unknown): Promise<void> {
    this.#rotate();
    this.#flush();
    const { now, random } = this.#deps;
    const { windowMs, resetMs, maxResetMs } = this.#settings;
    // An upstream that fails again soon after it came back is flapping: its pauses go on growing.
    if (this.#circuit.closed && now() - this.#closedAt > windowMs) this.#openings = 0;
    // Set in advance: opossum starts its timer before it tells anybody that it has opened.
    const pauseMs = Math.min(maxResetMs, resetMs * 2 ** this.#openings);
    this.#options.resetTimeout = pauseMs * (1 - random() / 10);
    await this.#circuit.fire(failure).catch(() => {});
  }

  #opened(): void {
    this.#openedAt = this.#deps.now();
    this.#openings++;
    this.#deps.onState?.("open");
  }

  #closed(): void {
    this.#closedAt = this.#deps.now();
    this.#forget();
    this.#deps.onState?.("closed");
  }

  #halfOpened(): void {
    if (this.#forcedOpen) return;
    this.#deps.onState?.("half_open");
    const { probe } = this.#deps;
    if (probe === undefined) this.#circuit.close();
    else this.#ask(probe).catch(() => {});
  }

  async #ask(probe: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const asking = new AbortController();
    this.#probing = asking;
    const failure = await this.#answerTo(probe, asking);
    if (this.state !== "half_open" || this.#probing !== asking) return;
    // A refusal is a sign of life too.
    const alive = failure instanceof UpstreamError && failure.outcome === "rejected";
    await this.#tell(alive ? undefined : failure);
  }

  /** The failure of the probe, or nothing. Settles in time even when the probe ignores its signal. */
  async #answerTo(probe: (signal: AbortSignal) => Promise<void>, asking: AbortController): Promise<unknown> {
    const { signal } = asking;
    const { probeMs } = this.#settings;
    const late = new UpstreamTimeout(this.#deps.server, probeMs, true);
    const timer = setTimeout(() => asking.abort(late), probeMs).unref();
    const given = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    try {
      await Promise.race([probe(signal), given]);
      return undefined;
    } catch (error) {
      return error ?? late;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Moves the window on by as many buckets as have passed since the last call. */
  #rotate(): void {
    const now = this.#deps.now();
    if (now < this.#bucketEndsAt) return;
    this.#flush();
    const bucketMs = this.#settings.windowMs / BUCKETS;
    const passed = 1 + Math.floor((now - this.#bucketEndsAt) / bucketMs);
    this.#bucketEndsAt += passed * bucketMs;
    this.#shift(Math.min(passed, BUCKETS));
  }

  #flush(): void {
    const [bucket] = this.#circuit.status.window;
    if (bucket === undefined) return;
    bucket.fires += this.#successes;
    bucket.successes += this.#successes;
    this.#successes = 0;
  }

  #forget(): void {
    this.#successes = 0;
    this.#shift(BUCKETS);
  }

  #shift(buckets: number): void {
    for (let n = 0; n < buckets; n++) this.#rotation.emit("rotate");
  }
}
