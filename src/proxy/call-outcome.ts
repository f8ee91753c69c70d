import { GatewayError } from "../domain/errors.ts";
import { UpstreamError } from "../domain/upstream-errors.ts";
import type { Reply } from "../wire/reply.ts";

/** How a call ended, as metrics count it. */
export type CallOutcome =
  | "ok"
  | "tool_error"
  | "rpc_error"
  | "not_sent"
  | "rejected"
  | "unknown"
  | "cancelled"
  | "denied";

export function outcomeOf(reply: Reply): CallOutcome {
  if (reply.kind === "error") return "rpc_error";
  return reply.isToolError ? "tool_error" : "ok";
}

export function outcomeOfFailure(error: unknown): CallOutcome {
  if (error instanceof UpstreamError) return error.executed === "unknown" ? "unknown" : error.outcome;
  if (!(error instanceof GatewayError)) return "unknown";
  if (error.code === "cancelled") return "cancelled";
  if (error.code === "forbidden") return "denied";
  return error.executed === "unknown" ? "unknown" : "not_sent";
}
