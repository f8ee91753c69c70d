import type { ServerResponse } from "node:http";

import { GatewayError } from "../domain/errors.ts";
import type { RequestId } from "../domain/protocol.ts";
import { encodeError } from "../wire/message.ts";
import { encodeSseEvent } from "../wire/sse.ts";
import { SSE_HEADERS } from "./answer.ts";
import { type EventId, encodeEventId } from "./event-id.ts";
import { toRpcError } from "./rpc-errors.ts";
import type { Session } from "./session.ts";

/** A client comes back for the stream of a request. It gets the rest of the stream, or is told that it waits in vain. */
export function resumeRequest(
  session: Session,
  id: EventId & { readonly request: RequestId },
  response: ServerResponse,
  requestId: string,
): void {
  // It has the answer already. To clients of event streams this status says: do not come back.
  if (id.last) return void response.writeHead(204, { "x-request-id": requestId }).end();
  response.writeHead(200, ["x-request-id", requestId, ...SSE_HEADERS]);
  if (session.streams.resume(id, response)) return;
  const error = toRpcError(lost(session.streams.isOfThisStart(id)), requestId, "2025");
  const name = encodeEventId({ ...id, seq: id.seq + 1, last: true });
  response.end(encodeSseEvent({ event: "message", id: name, data: encodeError(id.request, error) }));
}

function lost(isOfThisStart: boolean): GatewayError {
  if (!isOfThisStart) {
    const message =
      "The gateway was restarted while the call was under way; it is unknown whether it was executed.";
    return new GatewayError("shutting_down", message, { executed: "unknown" });
  }
  const message =
    "The client came back too late: the call was cancelled, or its answer is no longer kept; it is unknown whether it was executed.";
  return new GatewayError("cancelled", message, { executed: "unknown" });
}
