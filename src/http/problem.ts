import type { ServerResponse } from "node:http";

import { type ErrorCode, type Fix, GatewayError, InvalidRequest } from "../domain/errors.ts";
import type { Executed } from "../domain/outcome.ts";
import { refusalHeaders } from "./limit-headers.ts";

/** Status and title of every failure. The upstream's own refusals are 5xx: the caller of the gateway did nothing wrong. */
const FORM: Readonly<Record<ErrorCode, readonly [status: number, title: string]>> = {
  invalid_request: [400, "Invalid request"],
  invalid_arguments: [400, "Invalid arguments"],
  unauthenticated: [401, "Not authenticated"],
  forbidden: [403, "Not allowed"],
  host_not_allowed: [403, "Host not allowed"],
  origin_not_allowed: [403, "Origin not allowed"],
  not_found: [404, "Not found"],
  server_not_found: [404, "Unknown server"],
  profile_not_found: [404, "Unknown profile"],
  tool_not_found: [404, "Unknown tool"],
  tool_not_read_only: [403, "Not a read-only tool"],
  resource_not_found: [404, "Unknown resource"],
  prompt_not_found: [404, "Unknown prompt"],
  session_not_found: [404, "Unknown session"],
  method_not_allowed: [405, "Method not allowed"],
  unsupported_media_type: [415, "Unsupported media type"],
  not_acceptable: [406, "Not acceptable"],
  payload_too_large: [413, "Request too large"],
  conflict: [409, "Conflict"],
  idempotency_conflict: [409, "Idempotency key is in use"],
  outcome_unknown: [409, "Outcome of an earlier call is unknown"],
  answer_not_kept: [410, "Executed, but the answer is gone"],
  precondition_failed: [412, "Changed in the meantime"],
  managed_by_config: [409, "Managed by the config file"],
  config_invalid: [500, "Invalid configuration"],
  needs_input: [409, "Input needed"],
  upstream_unavailable: [502, "Upstream cannot be reached"],
  upstream_auth_required: [502, "Upstream wants credentials"],
  upstream_rejected: [503, "Upstream refused the call"],
  upstream_timeout: [504, "Upstream gave no answer in time"],
  upstream_error: [502, "Upstream answered with an error"],
  upstream_broken: [502, "Upstream broke off"],
  upstream_reply_too_large: [502, "Upstream's answer is too large"],
  upstream_protocol_error: [502, "Upstream does not follow the protocol"],
  upstream_busy: [503, "Upstream is busy"],
  crash_loop: [503, "Upstream ends again and again"],
  circuit_open: [503, "Upstream is resting after failures"],
  interaction_unsupported: [501, "Tool asks for an interaction"],
  invalid_request_state: [400, "Invalid request state"],
  question_expired: [410, "Question was not answered in time"],
  egress_denied: [403, "Address not allowed"],
  cancelled: [499, "Cancelled by the caller"],
  storage_unavailable: [503, "Storage unavailable"],
  search_unavailable: [503, "Search mode unavailable"],
  overloaded: [503, "Overloaded"],
  rate_limited: [429, "Too many requests"],
  shutting_down: [503, "Shutting down"],
  internal: [500, "Internal error"],
};

/** RFC 9457, with members of our own. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly request_id: string;
  readonly retryable: boolean;
  readonly retry_after_ms?: number;
  /** Set for calls that were routed to an upstream. */
  readonly executed?: Executed;
  readonly fix: readonly Fix[];
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The only place where an error becomes a REST answer. An error that nobody foresaw tells the caller nothing. */
export function toProblem(error: unknown, requestId: string): Problem {
  const known = asGatewayError(error);
  const [status, title] = FORM[known.code];
  return {
    type: `urn:switchgear:error:${known.code}`,
    title,
    status,
    detail: known.message,
    code: known.code,
    request_id: requestId,
    retryable: known.retryable,
    ...(known.retryAfterMs === undefined ? {} : { retry_after_ms: known.retryAfterMs }),
    ...(known.executed === undefined ? {} : { executed: known.executed }),
    fix: known.fix,
    ...(known instanceof InvalidRequest && known.issues.length > 0 ? { errors: known.issues } : {}),
    ...(Object.keys(known.details).length > 0 ? { details: known.details } : {}),
  };
}

export function statusOf(code: ErrorCode): number {
  return FORM[code][0];
}

export function sendProblem(response: ServerResponse, problem: Problem): void {
  if (response.headersSent) {
    // The answer has begun: a cut connection is the only honest sign of its failure.
    response.destroy();
    return;
  }
  const body = Buffer.from(JSON.stringify(problem));
  response.statusCode = problem.status;
  for (const [name, value] of Object.entries(headersOf(problem))) response.setHeader(name, value);
  response.setHeader("content-length", body.length);
  response.end(body);
}

function headersOf({ status, request_id, retry_after_ms, details }: Problem): Record<string, string> {
  const allow = details?.["allow"];
  return {
    "x-request-id": request_id,
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    ...(status === 401 ? { "www-authenticate": 'Bearer realm="switchgear"' } : {}),
    ...(retry_after_ms === undefined
      ? {}
      : { "retry-after": String(Math.max(1, Math.ceil(retry_after_ms / 1_000))) }),
    ...(status === 429 ? refusalHeaders(details, retry_after_ms) : {}),
    ...(status === 405 && typeof allow === "string" ? { allow } : {}),
  };
}

function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const cause = { cause: error };
  if (error instanceof URIError)
    return new GatewayError("invalid_request", "The path is not validly encoded.", cause);
  // What Express and its parts throw says a status; 4xx is the caller's fault.
  if (statusAt(error) === 404) return new GatewayError("not_found", "There is nothing here.", cause);
  if (isClientError(statusAt(error)))
    return new GatewayError("invalid_request", "The request cannot be understood.", cause);
  return new GatewayError(
    "internal",
    "The gateway failed; the cause is in its log under this request id.",
    cause,
  );
}

function statusAt(error: unknown): unknown {
  return typeof error === "object" && error !== null ? (error as { status?: unknown }).status : undefined;
}

function isClientError(status: unknown): boolean {
  return typeof status === "number" && status >= 400 && status < 500;
}
