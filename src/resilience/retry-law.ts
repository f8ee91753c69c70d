import type { ErrorCode } from "../domain/errors.ts";
import { UpstreamError } from "../domain/upstream-errors.ts";

const MIN_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;
const MAX_RETRY_AFTER_MS = 10_000;

/** Another attempt would end the same way, or somebody else has to act first. */
const NEVER: ReadonlySet<ErrorCode> = new Set([
  "upstream_auth_required",
  "upstream_reply_too_large",
  "needs_input",
  "egress_denied",
  "cancelled",
  "circuit_open",
  "crash_loop",
  "shutting_down",
]);

/**
 * How long to wait before the next attempt, or nothing when there must be none: a call that may have been executed
 * is repeated only with the operator's consent. `attempt` is the number of the one that failed.
 */
export function retryDelayMs(
  error: unknown,
  options: { readonly attempt: number; readonly retryUnknown: boolean; readonly random: () => number },
): number | undefined {
  if (!(error instanceof UpstreamError) || NEVER.has(error.code)) return undefined;
  if (error.outcome === "unknown" ? !options.retryUnknown : !error.retryable) return undefined;
  const { retryAfterMs = 0 } = error;
  if (retryAfterMs > MAX_RETRY_AFTER_MS) return undefined;
  const ceiling = Math.min(MAX_DELAY_MS, MIN_DELAY_MS * 4 ** options.attempt);
  return Math.max(retryAfterMs, MIN_DELAY_MS + options.random() * (ceiling - MIN_DELAY_MS));
}
