import type { ConnectionEvents } from "../connection.ts";
import type { RemotePlan } from "../http/http-target.ts";
import type { HttpConnection } from "../http/http.ts";
import { SseConnection } from "./sse-connection.ts";

/** Resolves after the handshake; rejects with UpstreamError or GatewayError("cancelled"). */
export async function connectSse(
  plan: RemotePlan,
  events: ConnectionEvents,
  signal: AbortSignal,
): Promise<HttpConnection> {
  const connection = new SseConnection(plan, events);
  await connection.open(signal);
  return connection;
}
