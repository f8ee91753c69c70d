import { type ErrorCode, GatewayError } from "../domain/errors.ts";
import type { Executed } from "../domain/outcome.ts";
import { UpstreamError } from "../domain/upstream-errors.ts";

/** What is known of a call when its last attempt fails. */
export interface CallHistory {
  readonly server: string;
  readonly attempts: number;
  /** The last attempt had written something. */
  readonly sent: boolean;
  /** An earlier attempt ended `unknown`: whatever came later, the call may have been executed. */
  readonly everUnknown: boolean;
  /** Why there was more than one attempt. */
  readonly retried?: readonly ErrorCode[] | undefined;
}

const EARLIER = " An earlier attempt may have been executed.";

/** The error that the caller gets. Always a copy: errors of a failed connect are shared by many calls. */
export function callFailure(error: unknown, history: CallHistory): GatewayError {
  const { server, attempts, everUnknown } = history;
  if (!(error instanceof GatewayError)) {
    const message = `The call to upstream "${server}" failed inside the gateway.`;
    const executed = executedSoFar(history);
    return new GatewayError("internal", message, { cause: error, details: { server, attempts }, executed });
  }
  const { code, fix, retryAfterMs } = error;
  const details = { ...error.details, attempts, ...(history.retried && { retried: history.retried }) };
  const options = { cause: error, details, fix, ...given({ retryAfterMs }) };
  if (!(error instanceof UpstreamError)) {
    const executed = everUnknown ? "unknown" : (error.executed ?? executedSoFar(history));
    return new GatewayError(code, error.message, { ...options, retryable: error.retryable, executed });
  }
  return everUnknown && error.outcome !== "unknown"
    ? new UpstreamError(code, server, "unknown", error.message + EARLIER, options)
    : new UpstreamError(code, server, error.outcome, error.message, {
        ...options,
        retryable: error.retryable,
      });
}

export function cancelled(history: CallHistory): GatewayError {
  return new GatewayError(
    "cancelled",
    `The call to upstream "${history.server}" was cancelled by its caller.`,
    {
      details: { server: history.server, attempts: history.attempts },
      executed: executedSoFar(history),
    },
  );
}

function executedSoFar({ sent, everUnknown }: CallHistory): Executed {
  return sent || everUnknown ? "unknown" : "not_executed";
}

function given(field: { readonly retryAfterMs: number | undefined }): { readonly retryAfterMs?: number } {
  return field.retryAfterMs === undefined ? {} : { retryAfterMs: field.retryAfterMs };
}
