import { GatewayError } from "../../src/domain/errors.ts";
import { UpstreamBroken, UpstreamError, UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import type { Attempt, GuardedCall } from "../../src/resilience/resilience.ts";

export const SERVER = "weather";

export function callOf(call: Partial<GuardedCall> = {}): GuardedCall {
  const { signal } = new AbortController();
  return { signal, timeoutMs: 60_000, maxMs: 300_000, retryUnknown: false, attempts: 3, ...call };
}

export const refused = (): UpstreamError => new UpstreamUnavailable(SERVER, "connection refused");
export const reset = (): UpstreamError => new UpstreamBroken(SERVER, "the connection was reset");

export function tooMany(retryAfterMs?: number): UpstreamError {
  const message = `Upstream "${SERVER}" answered 429.`;
  const options = retryAfterMs === undefined ? {} : { retryAfterMs };
  return new UpstreamError("upstream_rejected", SERVER, "rejected", message, options);
}

/** An upstream that fails with each error in turn and then answers "sunny". Remembers its attempts. */
export class Script {
  readonly seen: Attempt[] = [];
  readonly #errors: unknown[];

  constructor(...errors: unknown[]) {
    this.#errors = errors;
  }

  readonly run = async (attempt: Attempt): Promise<string> => {
    this.seen.push(attempt);
    if (this.#errors.length > 0) throw this.#errors.shift();
    return "sunny";
  };
}

/** Never answers, and rejects when it is told to stop. */
export function hang(attempt: Attempt): Promise<never> {
  attempt.sent();
  return new Promise((_, reject) => {
    attempt.signal.addEventListener("abort", () => reject(attempt.signal.reason), { once: true });
  });
}

/** Never answers, whatever it is told. */
export function deaf(attempt: Attempt): Promise<never> {
  attempt.sent();
  return new Promise(() => {});
}

/** An outcome that the test decides. */
export class Later<T> {
  readonly promise: Promise<T>;
  resolve: (value: T) => void = () => {};
  reject: (error: unknown) => void = () => {};

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/** The error that a promise must end with. */
export async function failureOf(promise: Promise<unknown>): Promise<GatewayError> {
  const outcome = await promise.then(
    () => new GatewayError("internal", "It was expected to fail."),
    (error: unknown) => error,
  );
  if (outcome instanceof GatewayError) return outcome;
  throw outcome;
}
