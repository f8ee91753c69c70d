import { GatewayError } from "../../domain/errors.ts";
import { UpstreamBroken } from "../../domain/upstream-errors.ts";
import type { ExchangeOptions, HttpAnswer } from "../../wire/http-exchange.ts";
import type { Reply } from "../../wire/reply.ts";
import { pause } from "../wait.ts";
import type { RpcCall } from "./rpc-call.ts";

const PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

/**
 * The stream of a call has ended before the answer, but its events had ids: the upstream may let it be taken up where it
 * ended (MCP 2025-11-25, transports, resumability). Nothing is sent again. Rejects with `broken` when that does not work.
 */
export async function resumeCall(
  call: RpcCall,
  broken: UpstreamBroken,
  get: (options: ExchangeOptions, lastEventId: string) => Promise<HttpAnswer>,
): Promise<Reply> {
  const { server, signal, maxBytes } = call;
  let after: string | undefined;
  for (let pauseMs = 0; ; pauseMs = PAUSE_MS) {
    const { lastEventId, retryMs } = call.position;
    // A stream that does not get any further is given up; the deadline of the call ends all others.
    if (lastEventId === undefined || lastEventId === after) throw broken;
    after = lastEventId;
    call.interrupted();
    await pause(Math.min(retryMs ?? pauseMs, MAX_PAUSE_MS), signal);
    try {
      const answer = await get({ server, signal, maxBytes, sink: call }, lastEventId);
      if (!answer.streamed) throw broken;
      return call.finish(answer);
    } catch (error) {
      if (error instanceof GatewayError && error.code === "cancelled") throw cancelledAfterSending(error);
      if (!(error instanceof UpstreamBroken) || error === broken) throw broken;
    }
  }
}

/** The request itself had left long ago. */
function cancelledAfterSending(cause: GatewayError): GatewayError {
  return new GatewayError("cancelled", cause.message, { cause, executed: "unknown" });
}
