import type { CallOutcome } from "./call-meters.ts";

/** Who calls, and on which way it came. */
export interface CallOrigin {
  readonly requestId: string;
  readonly tenant: string;
  readonly subject: string;
  readonly via: "mcp" | "rest";
  readonly era: string;
  /** Of MCP: `*`, a server, or `p/<profile>`. */
  readonly endpoint: string;
  readonly requestBytes: number;
  /** `performance.now()` when the request came in, and when it was known whose it is. */
  readonly arrivedAt: number;
  readonly authenticatedAt: number;
}

/** One attempt that brought no answer. Times in microseconds after the arrival. */
export interface FailedAttempt {
  readonly start: number;
  readonly end: number;
  readonly outcome: string;
  readonly code: string;
}

interface Failure {
  readonly code?: unknown;
  readonly outcome?: unknown;
  readonly executed?: unknown;
}

/**
 * What one call met on its way: when, how it ended, how large it was; never what was asked or answered. Whoever carries
 * the call writes into it. Times are whole microseconds after the arrival, so that writing one makes no garbage; below
 * 0 is what did not happen.
 */
export class CallRecord {
  readonly origin: CallOrigin;
  /** Milliseconds since 1970, of the arrival. */
  readonly at: number;
  readonly #zero: number;
  server = "";
  tool = "";

  readonly authenticated: number;
  readonly read: number;
  admitted = -1;
  /** The idempotency key was looked up and noted. */
  keyed = -1;
  /** The cache of answers had none. */
  missed = -1;
  granted = -1;
  /** The last attempt began; below 0 while none is under way. */
  tried = -1;
  answered = -1;
  ended = -1;

  attempts = 0;
  failed: FailedAttempt[] | undefined;
  questions = 0;
  /** How long users thought, in all. */
  asked = 0;
  #asking = -1;

  cache: "off" | "hit" | "miss" | "stale" = "off";
  key: "none" | "new" | "stored" | "joined" = "none";
  outcome: CallOutcome | undefined;
  executed: string = "not_executed";
  code = "";
  answerBytes = 0;

  constructor(origin: CallOrigin) {
    this.origin = origin;
    this.#zero = origin.arrivedAt;
    this.read = this.elapsed();
    this.at = Date.now() - Math.round(this.read / 1_000);
    this.authenticated = Math.round((origin.authenticatedAt - this.#zero) * 1_000);
  }

  elapsed(): number {
    return Math.round((performance.now() - this.#zero) * 1_000);
  }

  /** An attempt begins. */
  attempt(number: number): void {
    this.attempts = number;
    this.tried = this.elapsed();
  }

  /** The attempt that is under way, if one is, brought no answer. */
  attemptFailed(error: unknown): void {
    if (this.tried < 0 || this.answered >= 0) return;
    const { code, outcome, executed } = (error ?? {}) as Failure;
    this.failed ??= [];
    this.failed.push({
      start: this.tried,
      end: this.elapsed(),
      outcome: typeof outcome === "string" ? outcome : executed === "unknown" ? "unknown" : "failed",
      code: typeof code === "string" ? code : "internal",
    });
    this.tried = -1;
  }

  /** Users are asked something, until `resumed`. */
  paused(): void {
    this.questions++;
    this.#asking = this.elapsed();
  }

  resumed(): void {
    if (this.#asking < 0) return;
    this.asked += this.elapsed() - this.#asking;
    this.#asking = -1;
  }

  /** It was answered, be it with an error of the upstream's own. */
  succeeded(outcome: CallOutcome): void {
    this.outcome = outcome;
    this.executed = "executed";
  }

  refused(outcome: CallOutcome, error: unknown): void {
    const { code, executed } = (error ?? {}) as Failure;
    this.outcome = outcome;
    this.executed =
      typeof executed === "string" ? executed : outcome === "unknown" ? "unknown" : "not_executed";
    this.code = typeof code === "string" ? code : "internal";
  }
}
