import { type ErrorCode, GatewayError, InvalidRequest } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import { type Era, RPC } from "../domain/protocol.ts";
import { Reply } from "../wire/reply.ts";
import { WireError } from "../wire/wire-error.ts";

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: JsonObject;
}

/** What a tools/call result carries in `_meta` when the gateway, not the tool, is the reason for a failure. */
const CALL_META = "io.switchgear/call";

const BY_CODE: Partial<Record<ErrorCode, number>> = {
  invalid_request: RPC.invalidParams,
  invalid_arguments: RPC.invalidParams,
  invalid_request_state: RPC.invalidParams,
  idempotency_conflict: RPC.invalidParams,
  tool_not_found: RPC.invalidParams,
  prompt_not_found: RPC.invalidParams,
  session_not_found: -32001,
  method_not_allowed: RPC.invalidRequest,
  unsupported_media_type: RPC.invalidRequest,
  not_acceptable: RPC.invalidRequest,
  payload_too_large: RPC.invalidRequest,
  unauthenticated: RPC.invalidRequest,
};

/** Failures that a model should read: they become a `tools/call` result with `isError`, not a protocol error. */
const SHOWN_TO_MODEL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "needs_input",
  "upstream_unavailable",
  "upstream_auth_required",
  "upstream_rejected",
  "upstream_timeout",
  "upstream_broken",
  "upstream_reply_too_large",
  "upstream_protocol_error",
  "upstream_busy",
  "circuit_open",
  "crash_loop",
  "interaction_unsupported",
  "question_expired",
  "outcome_unknown",
  "answer_not_kept",
  "egress_denied",
  "rate_limited",
]);

export function toRpcError(error: unknown, requestId: string, era: Era): RpcError {
  if (error instanceof MethodUnknown) return { code: RPC.methodNotFound, message: error.message };
  if (error instanceof RpcFailure) return error.rpc;
  if (error instanceof WireError) return { code: error.rpcCode, message: error.message };
  if (!(error instanceof GatewayError)) {
    const message = "The gateway failed; the cause is in its log under this request id.";
    return { code: RPC.internalError, message, data: { code: "internal", request_id: requestId } };
  }
  return { code: codeOf(error, era), message: error.message, data: dataOf(error, requestId) };
}

function codeOf(error: GatewayError, era: Era): number {
  if (error.code === "resource_not_found") return era === "2026" ? RPC.invalidParams : RPC.notFound;
  return BY_CODE[error.code] ?? RPC.internalError;
}

function dataOf(error: GatewayError, requestId: string): JsonObject {
  const { server, uri, stderr_tail } = error.details as Record<string, string | undefined>;
  return {
    code: error.code,
    request_id: requestId,
    ...(server === undefined ? {} : { server }),
    ...(uri === undefined ? {} : { uri }),
    ...(error.executed === undefined ? {} : { executed: error.executed }),
    retryable: error.retryable,
    ...(error.retryAfterMs === undefined ? {} : { retry_after_ms: error.retryAfterMs }),
    ...(stderr_tail === undefined ? {} : { stderr_tail }),
    ...(error.fix.length === 0 ? {} : { fix: error.fix.map((fix) => ({ ...fix })) }),
    ...(error instanceof InvalidRequest && error.issues.length > 0
      ? { errors: error.issues.map((i) => ({ ...i })) }
      : {}),
  };
}

const EXECUTED_TEXT = {
  not_executed: "The call was not executed; it is safe to try again.",
  unknown: "It is unknown whether the call was executed: check before you repeat it.",
  executed: "The call was executed; do not repeat it.",
} as const;

/** The failed call as a tool result, if a model should see it that way. */
export function toToolFailure(error: unknown, requestId: string, era: Era): Reply | undefined {
  if (!(error instanceof GatewayError) || !SHOWN_TO_MODEL.has(error.code)) return undefined;
  return toolFailure(error, requestId, era);
}

/** A failure that the model should read, whatever its code. */
export function toolFailure(error: GatewayError, requestId: string, era: Era): Reply {
  const executed = error.executed ?? "unknown";
  const { server, attempts, retried, stderr_tail } = error.details as {
    server?: string;
    attempts?: number;
    retried?: readonly string[];
    stderr_tail?: string;
  };
  const lines = [
    error.message,
    EXECUTED_TEXT[executed],
    ...(stderr_tail ? [`Last words of "${server}" on stderr:\n${stderr_tail}`] : []),
    ...error.fix.map((fix) => `Fix: ${fix.label}${fix.command === undefined ? "" : `: ${fix.command}`}`),
  ];
  const about: JsonObject = {
    ...dataOf(error, requestId),
    executed,
    ...(attempts === undefined ? {} : { attempts }),
    ...(retried === undefined ? {} : { retried: [...retried] }),
  };
  const result: JsonObject = {
    content: [{ type: "text", text: lines.join("\n") }],
    isError: true,
    _meta: { [CALL_META]: about },
  };
  return Reply.of("result", era === "2026" ? { resultType: "complete", ...result } : result, era);
}

/** The header `Retry-After` of a refusal, in whole seconds, if it says when to come back. */
export function retryAfterOf(error: unknown): string | undefined {
  if (!(error instanceof GatewayError) || error.retryAfterMs === undefined) return undefined;
  return String(Math.max(1, Math.ceil(error.retryAfterMs / 1_000)));
}

/** An unknown method: `-32601`, and HTTP 404 for a caller of the 2026 era. */
export class MethodUnknown extends GatewayError {
  constructor(method: string) {
    super("not_found", `Method not found: ${method}`);
  }
}

/** A refusal whose JSON-RPC form is laid down by the protocol. */
export class RpcFailure extends GatewayError {
  readonly rpc: RpcError;
  readonly status: number;

  constructor(status: number, rpc: RpcError) {
    super("invalid_request", rpc.message);
    this.rpc = rpc;
    this.status = status;
  }
}
