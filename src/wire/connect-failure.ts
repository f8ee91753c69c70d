import { GatewayError } from "../domain/errors.ts";
import { UpstreamError, UpstreamUnavailable } from "../domain/upstream-errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was reset before anything was sent",
  ENOTFOUND: "its host name does not resolve",
  EAI_AGAIN: "its host name cannot be resolved at the moment",
  EHOSTUNREACH: "there is no route to its host",
  ENETUNREACH: "there is no route to its network",
  ETIMEDOUT: "the connection timed out",
  UND_ERR_CONNECT_TIMEOUT: "the connection timed out",
  UND_ERR_CLOSED: "the connection is being closed",
  UND_ERR_DESTROYED: "the connection is closed",
  ERR_TLS_CERT_ALTNAME_INVALID: "its TLS certificate is for another host",
  CERT_HAS_EXPIRED: "its TLS certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its TLS certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its TLS certificate chain holds a self-signed certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its TLS certificate cannot be verified",
  EPROTO: "it does not speak TLS here",
};

/** A request failed before its first byte was written. */
export function connectFailure(server: string, error: Error): UpstreamError {
  if (error instanceof GatewayError) {
    const { code, message, details, fix, retryAfterMs } = error;
    return new UpstreamError(code, server, "not_sent", message, {
      cause: error,
      details,
      fix,
      retryable: false,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  const code = codeOf(error);
  const reason =
    REASONS[code] ?? (code.startsWith("ERR_SSL") ? "the TLS handshake failed" : error.message || code);
  return new UpstreamUnavailable(server, reason, {
    cause: error,
    details: code === "" ? {} : { reason: code },
  });
}

/** Several addresses that failed come as one AggregateError. */
function codeOf(error: Error): string {
  const { code } = error as { code?: unknown };
  if (typeof code === "string") return code;
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  return first instanceof Error ? codeOf(first) : "";
}
