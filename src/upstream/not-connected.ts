import { type ErrorCode, GatewayError } from "../domain/errors.ts";
import { UpstreamError, UpstreamUnavailable } from "../domain/upstream-errors.ts";

/** Failures of a handshake that somebody can do something about; every other one says only that there is no connection. */
const TELLING: ReadonlySet<ErrorCode> = new Set([
  "upstream_auth_required",
  "upstream_protocol_error",
  "upstream_rejected",
  "egress_denied",
  "needs_input",
  "config_invalid",
  "server_not_found",
  "shutting_down",
  "upstream_busy",
]);

/** The failure of a call for which no connection could be made. Whatever happened, the call itself was not sent. */
export function notConnected(server: string, error: unknown, connectMs: number): UpstreamError {
  if (error instanceof UpstreamUnavailable) return error;
  if (!(error instanceof GatewayError)) {
    return new UpstreamUnavailable(server, "the connection failed for an unknown reason", { cause: error });
  }
  const { code, message, details, fix, retryable, retryAfterMs } = error;
  const options = { cause: error, details, fix, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (TELLING.has(code))
    return new UpstreamError(code, server, "not_sent", withoutDoubt(message), { ...options, retryable });
  if (code === "cancelled")
    return new UpstreamUnavailable(server, `it did not answer the handshake in ${connectMs} ms`, options);
  return new UpstreamUnavailable(server, `the handshake failed (${withoutDoubt(message)})`, options);
}

/** It was the handshake that was executed, or not. */
function withoutDoubt(message: string): string {
  return message.replace(/ (?:It|The call) may have been executed\.$/, "");
}
