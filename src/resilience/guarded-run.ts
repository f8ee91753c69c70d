import { type ErrorCode, GatewayError } from "../domain/errors.ts";
import { UpstreamError, UpstreamTimeout } from "../domain/upstream-errors.ts";
import type { Breaker } from "./breaker.ts";
import type { Bulkhead, Waiter } from "./bulkhead.ts";
import { type CallHistory, callFailure, cancelled } from "./call-failure.ts";
import { Deadline } from "./deadline.ts";
import type { Attempt, Guarded, GuardedCall } from "./guarded-call.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { retryDelayMs } from "./retry-law.ts";
import type { PooledController, SignalPool } from "./signal-pool.ts";

/** What all calls to one upstream share. */
export interface GuardParts {
  readonly server: string;
  readonly bulkhead: Bulkhead;
  readonly breaker: Breaker;
  readonly budget: RetryBudget;
  readonly signals: SignalPool;
  readonly queueWaitMs: number;
  readonly onRetry: ((reason: ErrorCode) => void) | undefined;
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
  readonly #deadline: Deadline;
  #timer: NodeJS.Timeout | undefined;
  #place: "outside" | "queue" | "slot" | "asking" | "over" = "outside";
  #number = 0;
  #sent = false;
  #everUnknown = false;
  #asked = false;
  /** Questions that are open now. */
  #questions = 0;
  #wake: (() => void) | undefined;
  #retried: ErrorCode[] | undefined;

  constructor(deps: RunDeps<T>) {
    this.#deps = deps;
    const { parts, call } = deps;
    this.#controller = parts.signals.take();
    this.#deadline = new Deadline(parts.now(), call.timeoutMs, call.maxMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  start(): void {
    const { parts, call } = this.#deps;
    if (call.signal.aborted) return this.handleEvent();
    call.signal.addEventListener("abort", this);
    this.#arm(this.#deadline.allowedMs);
    const place = parts.bulkhead.enter(this);
    if (place === "full") return this.refused();
    this.#place = place;
    if (place === "slot") this.granted();
  }

  granted(): void {
    this.#place = "slot";
    const { record } = this.#deps.call;
    if (record !== undefined) record.granted = record.elapsed();
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
    if (attempt === this.#number) this.#deadline.extend(this.#deps.parts.now());
  }

  async waiting<W>(attempt: number, work: () => Promise<W>): Promise<W> {
    if (attempt !== this.#number || this.#over()) return work();
    this.#asked = true;
    if (this.#questions++ === 0) this.#stepAside();
    try {
      return await work();
    } finally {
      if (attempt === this.#number && this.#questions > 0 && --this.#questions === 0) this.#stepBack();
    }
  }

  #stepAside(): void {
    const { bulkhead, now } = this.#deps.parts;
    this.#deps.call.record?.paused();
    clearTimeout(this.#timer);
    this.#deadline.pause(now());
    this.#place = "asking";
    bulkhead.leave();
  }

  /** Whoever asked is in the middle of the call: it must not wait for a slot now. */
  #stepBack(): void {
    this.#questions = 0;
    if (this.#place !== "asking") return;
    this.#deps.call.record?.resumed();
    const { bulkhead, now } = this.#deps.parts;
    this.#place = "slot";
    bulkhead.reenter();
    this.#deadline.resume(now());
    this.#arm(this.#deadline.leftMs(now()));
  }

  async #attempts(): Promise<void> {
    const { parts, attempt, call } = this.#deps;
    const refusal = parts.breaker.refusal();
    if (refusal !== undefined) return this.#give(refusal);
    for (;;) {
      this.#number++;
      this.#sent = false;
      call.record?.attempt(this.#number);
      try {
        const value = await attempt(new NumberedAttempt(this, this.#number));
        return this.#succeed(value);
      } catch (error) {
        this.#stepBack();
        call.record?.attemptFailed(error);
        if (!(await this.#mayTryAgain(error))) return this.#fail(error);
      }
    }
  }

  #succeed(value: T): void {
    if (!this.#end()) return;
    const { parts, call, resolve } = this.#deps;
    if (call.record !== undefined) call.record.answered = call.record.elapsed();
    const result = { value, attempts: this.#number, asked: this.#asked };
    resolve(this.#retried === undefined ? result : { ...result, retried: this.#retried });
    parts.breaker.succeeded();
    parts.signals.give(this.#controller);
  }

  /** Draws the conclusions of a failed attempt, and waits until it is time for the next one, if there may be one. */
  async #mayTryAgain(failure: unknown): Promise<boolean> {
    const { parts, call } = this.#deps;
    if (this.#place === "over") return false;
    await parts.breaker.failed(failure);
    if (this.#number >= call.attempts || parts.breaker.state !== "closed") return false;
    const delayMs = this.#delayMs(failure);
    const now = parts.now();
    if (delayMs === undefined || delayMs >= this.#deadline.leftMs(now) || !parts.budget.spend(now))
      return false;
    this.#everUnknown ||= failure instanceof UpstreamError && failure.outcome === "unknown";
    this.#sent = false;
    await this.#pause(delayMs);
    if (this.#over() || parts.breaker.state !== "closed") return false;
    this.#note(failure);
    return true;
  }

  #note(failure: unknown): void {
    const reason = failure instanceof GatewayError ? failure.code : "internal";
    this.#retried ??= [];
    this.#retried.push(reason);
    this.#deps.parts.onRetry?.(reason);
  }

  /** Until the next attempt; nothing if there must be none. */
  #delayMs(failure: unknown): number | undefined {
    const { parts, call } = this.#deps;
    const retryUnknown = call.retryUnknown && !this.#asked;
    return retryDelayMs(failure, { attempt: this.#number, retryUnknown, random: parts.random });
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
    const left = this.#deadline.leftMs(parts.now());
    // Progress moves the deadline, not the timer; and a timer may fire a fraction of a millisecond early.
    if (left > 1) return this.#arm(left);
    const attempting = this.#number > 0 && this.#wake === undefined;
    const { attempts, sent, everUnknown, retried } = this.#history();
    const { allowedMs } = this.#deadline;
    const details = { attempts, ...(retried && { retried }) };
    const error = new UpstreamTimeout(parts.server, allowedMs, sent || everUnknown, details);
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
    this.#deps.call.record?.attemptFailed(error);
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
    const everUnknown = this.#everUnknown || this.#asked;
    return { server, attempts: this.#number, sent: this.#sent, everUnknown, retried: this.#retried };
  }
}

type RunOfAttempts = Pick<GuardedRun<unknown>, "signal" | "sent" | "progress" | "waiting">;

class NumberedAttempt implements Attempt {
  readonly number: number;
  readonly #run: RunOfAttempts;

  constructor(run: RunOfAttempts, number: number) {
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

  waiting<W>(work: () => Promise<W>): Promise<W> {
    return this.#run.waiting(this.number, work);
  }
}
