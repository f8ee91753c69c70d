import { type ErrorCode, type ErrorOptions, GatewayError } from "./errors.ts";
import { type AttemptOutcome, executedOf } from "./outcome.ts";

/** A failed attempt to call an upstream. `outcome` decides whether another attempt is allowed (docs: the law of a call). */
export class UpstreamError extends GatewayError {
  readonly server: string;
  readonly outcome: AttemptOutcome;

  constructor(
    code: ErrorCode,
    server: string,
    outcome: AttemptOutcome,
    message: string,
    options: Omit<ErrorOptions, "executed"> = {},
  ) {
    super(code, message, {
      retryable: outcome !== "unknown",
      ...options,
      executed: executedOf(outcome),
      details: { server, ...options.details },
    });
    this.server = server;
    this.outcome = outcome;
  }
}

/** Nothing was sent: the name did not resolve, the connection was refused, the command did not start. */
export class UpstreamUnavailable extends UpstreamError {
  constructor(server: string, reason: string, options: Omit<ErrorOptions, "executed"> = {}) {
    super(
      "upstream_unavailable",
      server,
      "not_sent",
      `Upstream "${server}" cannot be reached: ${reason}.`,
      options,
    );
  }
}

/** The request was written and no (whole, valid) answer came: reset, cut stream, child exit. */
export class UpstreamBroken extends UpstreamError {
  constructor(server: string, reason: string, options: Omit<ErrorOptions, "executed"> = {}) {
    super(
      "upstream_broken",
      server,
      "unknown",
      `Upstream "${server}" broke off in the middle of the call: ${reason}. It may have been executed.`,
      options,
    );
  }
}

export class UpstreamTimeout extends UpstreamError {
  constructor(server: string, afterMs: number, sent: boolean, details: ErrorOptions["details"] = {}) {
    super(
      "upstream_timeout",
      server,
      sent ? "unknown" : "not_sent",
      `Upstream "${server}" gave no answer in ${afterMs} ms.${sent ? " The call may have been executed." : ""}`,
      { details: { after_ms: afterMs, ...details } },
    );
  }
}
