import type { CallLog } from "../calls/calls.ts";
import { stringAt } from "../domain/json.ts";
import type { Era } from "../domain/protocol.ts";
import type { CallRecord } from "../observability/call-record.ts";
import { outcomeOf, outcomeOfFailure } from "../proxy/proxy.ts";
import type { Reply } from "../wire/reply.ts";
import { type Endpoint, keyOf } from "./endpoint.ts";
import type { FrontRequest } from "./front-request.ts";
import { isOwnState } from "./questions/request-states.ts";
import type { SessionExchange } from "./session-requests.ts";

/** A call of a tool begins; nothing where calls are not recorded, or for a request of another kind. */
export function beginCall(
  log: CallLog | undefined,
  method: string,
  { identity, requestId, request, arrivedAt, authenticatedAt }: SessionExchange,
  era: Era,
  endpoint: Endpoint,
): CallRecord | undefined {
  if (log === undefined || method !== "tools/call") return undefined;
  const { tenant, subject } = identity;
  const requestBytes = Number(request.headers["content-length"] ?? 0);
  return log.begin({
    requestId,
    tenant,
    subject,
    via: "mcp",
    era,
    endpoint: keyOf(endpoint),
    requestBytes,
    arrivedAt,
    authenticatedAt,
  });
}

/** Its request is answered. A call that waits for its user goes on, and ends by `endParked`. */
export function endCall(log: CallLog | undefined, { params, record }: FrontRequest, reply: Reply): void {
  if (log === undefined || record === undefined) return;
  if (record.outcome === undefined) {
    record.tool ||= stringAt(params, "name") ?? "";
    if (isQuestion(reply)) {
      if (!isOwnState(params["requestState"])) return;
    } else {
      record.succeeded(outcomeOf(reply));
      record.answerBytes = reply.bytes.length;
    }
  }
  log.end(record);
}

export function failCall(
  log: CallLog | undefined,
  { params, record }: Partial<FrontRequest> = {},
  error: unknown,
): void {
  if (log === undefined || record === undefined) return;
  if (record.outcome === undefined) {
    record.tool ||= stringAt(params ?? {}, "name") ?? "";
    record.refused(outcomeOfFailure(error), error);
  }
  log.end(record);
}

/** A call that could be asked something is over: its request may have been answered long ago. */
export function endParked(log: CallLog | undefined, { record }: FrontRequest): void {
  if (record?.outcome !== undefined) log?.end(record);
}

function isQuestion(reply: Reply): boolean {
  if (reply.kind === "error" || !reply.bytes.includes('"input_required"')) return false;
  return reply.value["resultType"] === "input_required";
}
