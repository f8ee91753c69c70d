import type { GatewayError } from "../domain/errors.ts";
import { UpstreamError, UpstreamTimeout } from "../domain/upstream-errors.ts";
import type { Breaker } from "./breaker.ts";
import type { Bulkhead, Waiter } from "./bulkhead.ts";
import { type CallHistory, callFailure, cancelled } from "./call-failure.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { retryDelayMs } from "./retry-law.ts";
import type { PooledController, SignalPool } from "./signal-pool.ts";

/** One try to get an answer from the upstream. */
export interface Attempt {
  /** Aborts when the caller leaves or the deadline passes; its reason is the error that the caller gets. */
  readonly signal: AbortSignal;
  /** Counts from 1. */
  readonly number: number;
  /** To be called just before the first byte leaves: from here on a failure is `unknown`. */
  sent(): void;
  /** The upstream is at work: the deadline moves to `timeoutMs` from now, at most `maxMs` from the start. */
  progress(): void;
}

export interface GuardedCall {
  readonly signal: AbortSignal;
  /** One deadline over the wait for a slot and all attempts. */
  readonly timeoutMs: number;
  readonly maxMs: number;
  /** Whether an attempt that may have been executed may be repeated. */
  readonly retryUnknown: boolean;
  /** How many in all, the first included. */
  readonly attempts: number;
}

export interface Guarded<T> {
  readonly value: T;
  readonly attempts: number;
}

/** What all calls to one upstream share. */
export interface GuardParts {
  readonly server: string;
  readonly bulkhead: Bulkhead;
  readonly breaker: Breaker;
  readonly budget: RetryBudget;
  readonly signals: SignalPool;
  readonly queueWaitMs: number;
  readonly onRetry: (() => void) | undefined;
  readonly now: () => number;
  readonly random: () => number;
}

export interface RunDeps<T> {
  readonly parts: GuardParts;
  readonly call: GuardedCall;
  readonly attempt: (attempt: Attempt) => Promise<T>;
  readonly resolve: (result: Guarded<T>) => void;
  readonly reject: (error: GatewayError) => void;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One call under guard, from its arrival to its single outcome. Whatever happens after that changes nothing. */
export class GuardedRun<T> implements Waiter {
  readonly #deps: RunDeps<T>;
  readonly #controller: PooledController;
  readonly #startedAt: number;
  #deadline: number;
  #timer: NodeJS.Timeout | undefined;
  #place: "outside" | "queue" | "slot" | "over" = "outside";
  #number = 0;
  #sent = false;
  #everUnknown = false;
  #wake: (() => void) | undefined;

  constructor(deps: RunDeps<T>) {
    this.#deps = deps;
    this.#controller = deps.parts.signals.take();
    this.#startedAt = deps.parts.now();
    this.#deadline = this.#startedAt + Math.min(deps.call.timeoutMs, deps.call.maxMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  start(): void {
    const { parts, call } = this.#deps;
    if (call.signal.aborted) return this.handleEvent();
    call.signal.addEventListener("abort", this);
    this.#arm(this.#deadline - this.#startedAt);
    const place = parts.bulkhead.enter(this);
    if (place === "full") return this.refused();
    this.#place = place;
    if (place === "slot") this.granted();
  }

  granted(): void {
    this.#place = "slot";
    this.#deps.parts.budget.earn();
    this.#attempts().catch((error: unknown) => this.#fail(error));
  }

  refused(): void {
    const { server, queueWaitMs } = this.#deps.parts;
    this.#place = "outside";
    const message = `Upstream "${server}" is busy: as many calls as it may have at once are under way.`;
    this.#give(
      new UpstreamError("upstream_busy", server, "not_sent", message, { retryAfterMs: queueWaitMs }),
    );
  }

  /** The caller left (this object listens to its signal: cheaper than a closure per call). */
  handleEvent(): void {
    const error = cancelled(this.#history());
    if (this.#end()) this.#abandon(error);
  }

  sent(attempt: number): void {
    if (attempt === this.#number) this.#sent = true;
  }

  progress(attempt: number): void {
    if (attempt !== this.#number) return;
    const { parts, call } = this.#deps;
    const extended = Math.min(parts.now() + call.timeoutMs, this.#startedAt + call.maxMs);
    this.#deadline = Math.max(this.#deadline, extended);
  }

  async #attempts(): Promise<void> {
    const { parts, attempt } = this.#deps;
    const refusal = parts.breaker.refusal();
    if (refusal !== undefined) return this.#give(refusal);
    for (;;) {
      this.#number++;
      this.#sent = false;
      try {
        const value = await attempt(new NumberedAttempt(this, this.#number));
        return this.#succeed(value);
      } catch (error) {
        if (!(await this.#mayTryAgain(error))) return this.#fail(error);
      }
    }
  }

  #succeed(value: T): void {
    if (!this.#end()) return;
    const { parts, resolve } = this.#deps;
    resolve({ value, attempts: this.#number });
    parts.breaker.succeeded();
    parts.signals.give(this.#controller);
  }

  /** Draws the conclusions of a failed attempt, and waits until it is time for the next one, if there may be one. */
  async #mayTryAgain(failure: unknown): Promise<boolean> {
    const { parts, call } = this.#deps;
    if (this.#place === "over") return false;
    await parts.breaker.failed(failure);
    if (this.#number >= call.attempts || parts.breaker.state !== "closed") return false;
    const { retryUnknown } = call;
    const delayMs = retryDelayMs(failure, { attempt: this.#number, retryUnknown, random: parts.random });
    const now = parts.now();
    if (delayMs === undefined || now + delayMs >= this.#deadline || !parts.budget.spend(now)) return false;
    this.#everUnknown ||= failure instanceof UpstreamError && failure.outcome === "unknown";
    this.#sent = false;
    await this.#pause(delayMs);
    if (this.#over() || parts.breaker.state !== "closed") return false;
    parts.onRetry?.();
    return true;
  }

  /** Ends early when the call does. */
  async #pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer = setTimeout(() => this.#timeUp(), Math.min(delayMs, LONGEST_TIMER_MS));
  }

  #timeUp(): void {
    const { parts } = this.#deps;
    const left = this.#deadline - parts.now();
    // Progress moves the deadline, not the timer; and a timer may fire a fraction of a millisecond early.
    if (left > 1) return this.#arm(left);
    const attempting = this.#number > 0 && this.#wake === undefined;
    const afterMs = Math.round(this.#deadline - this.#startedAt);
    const { attempts, sent, everUnknown } = this.#history();
    const error = new UpstreamTimeout(parts.server, afterMs, sent || everUnknown, { attempts });
    if (!this.#end()) return;
    if (attempting) parts.breaker.failed(error).catch(() => {});
    this.#abandon(error);
  }

  #fail(error: unknown): void {
    const history = this.#history();
    if (this.#end()) this.#deps.reject(callFailure(error, history));
  }

  /** An error of the guard's own. */
  #give(error: GatewayError): void {
    if (this.#end()) this.#deps.reject(error);
  }

  /** Before the abort: an attempt that rejects on its signal must find the call already over. */
  #abandon(error: GatewayError): void {
    this.#deps.reject(error);
    this.#controller.abort(error);
    this.#wake?.();
  }

  #over(): boolean {
    return this.#place === "over";
  }

  /** True for the first who calls it: the only one who may settle the promise, and the only place that frees the slot. */
  #end(): boolean {
    const place = this.#place;
    if (place === "over") return false;
    this.#place = "over";
    clearTimeout(this.#timer);
    const { parts, call } = this.#deps;
    call.signal.removeEventListener("abort", this);
    if (place === "slot") parts.bulkhead.leave();
    else if (place === "queue") parts.bulkhead.abandon(this);
    return true;
  }

  #history(): CallHistory {
    const { server } = this.#deps.parts;
    return { server, attempts: this.#number, sent: this.#sent, everUnknown: this.#everUnknown };
  }
}

class NumberedAttempt implements Attempt {
  readonly number: number;
  readonly #run: Pick<GuardedRun<unknown>, "signal" | "sent" | "progress">;

  constructor(run: Pick<GuardedRun<unknown>, "signal" | "sent" | "progress">, number: number) {
    this.#run = run;
    this.number = number;
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }

  sent(): void {
    this.#run.sent(this.number);
  }

  progress(): void {
    this.#run.progress(this.number);
  }
}
