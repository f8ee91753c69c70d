import type { ErrorCode } from "../domain/errors.ts";
import type { CallRecord } from "../observability/call-record.ts";

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
  /**
   * The user is asked something: until `work` ends the deadline waits, and the call's slot is another's. From here on
   * the call is not repeated after an outcome that is unknown.
   */
  waiting<W>(work: () => Promise<W>): Promise<W>;
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
  /** Where to write down what it met on its way. */
  readonly record?: CallRecord | undefined;
}

export interface Guarded<T> {
  readonly value: T;
  readonly attempts: number;
  /** Whether the user was asked something on the way. */
  readonly asked: boolean;
  /** Why there was more than one attempt. */
  readonly retried?: readonly ErrorCode[] | undefined;
}
