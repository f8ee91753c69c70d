import type { IncomingMessage, ServerResponse } from "node:http";

import { GatewayError } from "../domain/errors.ts";
import type { Identity } from "../domain/identity.ts";
import { VERSION_2026 } from "../domain/protocol.ts";
import { encodeNotification } from "../wire/message.ts";
import { SSE_COMMENT, encodeSseEvent } from "../wire/sse.ts";
import type { Endpoint } from "./endpoint.ts";
import { isKnown2025 } from "./envelope.ts";
import type { ListKind, News } from "./news.ts";
import { RpcFailure } from "./rpc-errors.ts";
import type { Session, SessionTable } from "./sessions.ts";

export interface SessionExchange {
  readonly endpoint: Endpoint;
  readonly identity: Identity;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
}

/** The 2025 session that a request names. Throws 400 without the header, 404 for one that is not this caller's. */
export function sessionOf(
  sessions: SessionTable,
  { endpoint, identity, request }: Omit<SessionExchange, "response">,
): Session {
  const version = request.headers["mcp-protocol-version"];
  if (typeof version === "string" && !isKnown2025(version)) {
    throw new RpcFailure(400, {
      code: -32600,
      message: `Unsupported protocol version in MCP-Protocol-Version: ${version}`,
    });
  }
  const id = request.headers["mcp-session-id"];
  if (typeof id !== "string") {
    throw new RpcFailure(400, {
      code: -32600,
      message: "Send initialize first: the Mcp-Session-Id header is missing.",
    });
  }
  const session = sessions.find(id, identity, endpoint);
  if (session !== undefined) return session;
  throw new GatewayError(
    "session_not_found",
    "Session not found: it ended or never was; send initialize again.",
  );
}

const STREAM_KEEP_ALIVE_MS = 15_000;

/** GET: the stream for news that belong to no request. A second one replaces the first. */
export function openStream(sessions: SessionTable, news: News, exchange: SessionExchange): void {
  const { request, response } = exchange;
  if (request.headers["mcp-protocol-version"] === VERSION_2026) throw notOfThisEra("GET");
  const session = sessionOf(sessions, exchange);
  if (!(request.headers.accept ?? "").includes("text/event-stream")) {
    throw new GatewayError(
      "not_acceptable",
      "GET opens an event stream: Accept must include text/event-stream.",
    );
  }
  session.stream?.end();
  session.stream = response;
  const stop = news.listen({
    endpoint: session.endpoint,
    onChanged: (list) => response.write(encodeSseEvent({ event: "message", data: listChanged(list) })),
    onClosed: () => response.end(),
  });
  const ticker = setInterval(() => response.write(SSE_COMMENT), STREAM_KEEP_ALIVE_MS).unref();
  response.on("close", () => {
    clearInterval(ticker);
    stop();
    if (session.stream === response) session.stream = undefined;
    session.lastSeen = Date.now();
  });
  response.writeHead(200, {
    "x-request-id": exchange.requestId,
    "content-type": "text/event-stream",
    "cache-control": "no-cache, no-transform",
  });
  response.write(SSE_COMMENT);
}

function listChanged(list: ListKind): string {
  return encodeNotification(`notifications/${list}/list_changed`, {});
}

export function endSession(sessions: SessionTable, exchange: SessionExchange): void {
  if (exchange.request.headers["mcp-protocol-version"] === VERSION_2026) throw notOfThisEra("DELETE");
  sessions.end(sessionOf(sessions, exchange));
  exchange.response.writeHead(204, { "x-request-id": exchange.requestId }).end();
}

function notOfThisEra(method: string): GatewayError {
  return new GatewayError("method_not_allowed", `MCP ${VERSION_2026} has no ${method}: it is stateless.`);
}
