import { GatewayError } from "../domain/errors.ts";
import { type Json, isJsonObject, stringAt } from "../domain/json.ts";
import { RPC } from "../domain/protocol.ts";
import type { RpcError } from "../wire/message.ts";
import type { Answer } from "./bridge-endpoint.ts";

const NOT_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** What a client is told when the gateway gave no answer at all. */
export function unanswered(url: string, error: unknown): RpcError {
  const reason = codeOf(error);
  if (NOT_CONNECTED.has(reason)) {
    return {
      code: RPC.internalError,
      message: `The Switchgear gateway does not answer at ${url}. Start it with "switchgear serve", then try again.`,
      data: { code: "upstream_unavailable", reason, executed: "not_executed", fix: "switchgear serve" },
    };
  }
  const sentence = error instanceof GatewayError ? error.message : "The connection to the gateway broke off.";
  return {
    code: RPC.internalError,
    message: `${sentence} The call may have been executed.`,
    data: { code: "upstream_broken", reason, executed: "unknown" },
  };
}

/** What a client is told when the gateway answered, but not with a JSON-RPC message. */
export function refusedBy(answer: Answer, body: string): RpcError {
  const problem = parse(body);
  const { statusCode } = answer;
  const detail = isJsonObject(problem)
    ? (stringAt(problem, "detail") ?? stringAt(problem, "title"))
    : undefined;
  const code = isJsonObject(problem) ? stringAt(problem, "code") : undefined;
  const unauthenticated =
    'The gateway does not accept the API key of this client. Run "switchgear key create".';
  const message =
    statusCode === 401 ? unauthenticated : (detail ?? `The gateway answered with HTTP ${statusCode}.`);
  return {
    code: RPC.internalError,
    message,
    data: { http_status: statusCode, ...(code === undefined ? {} : { code }) },
  };
}

/** Several addresses that failed come as one AggregateError. */
function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === "string") return code;
  return error instanceof AggregateError && error.errors.length > 0 ? codeOf(error.errors[0]) : "unknown";
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Not a problem document either.
    return undefined;
  }
}
