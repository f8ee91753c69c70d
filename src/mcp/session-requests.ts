import type { IncomingMessage, ServerResponse } from "node:http";

import { GatewayError } from "../domain/errors.ts";
import type { Identity } from "../domain/identity.ts";
import { VERSION_2026 } from "../domain/protocol.ts";
import { encodeNotification } from "../wire/message.ts";
import { SSE_COMMENT } from "../wire/sse.ts";
import { SSE_HEADERS } from "./answer.ts";
import type { Endpoint } from "./endpoint.ts";
import { isKnown2025 } from "./envelope.ts";
import { type EventId, parseEventId } from "./event-id.ts";
import { readerOf } from "./meta-tools/meta-tools.ts";
import type { ListKind, News } from "./news.ts";
import { resumeRequest } from "./resumption.ts";
import { RpcFailure } from "./rpc-errors.ts";
import type { Session } from "./session.ts";
import type { SessionTable } from "./sessions.ts";

export interface SessionExchange {
  readonly endpoint: Endpoint;
  readonly identity: Identity;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** `performance.now()` when the request came in, and when it was known whose it is. */
  readonly arrivedAt: number;
  readonly authenticatedAt: number;
}

/**
 * The 2025 session that a request names; a promise only when it has to be read from storage. Throws 400 without the
 * header, 404 for one that is not this caller's.
 */
export function sessionOf(
  sessions: SessionTable,
  { endpoint, identity, request }: Omit<SessionExchange, "response">,
): Session | Promise<Session> {
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
  return session instanceof Promise ? session.then(orNotFound) : orNotFound(session);
}

function orNotFound(session: Session | undefined): Session {
  if (session !== undefined) return session;
  throw new GatewayError(
    "session_not_found",
    "Session not found: it ended or never was; send initialize again.",
  );
}

const STREAM_KEEP_ALIVE_MS = 15_000;

/**
 * GET: the stream of what belongs to no request, a second one replaces the first; or, with the id of an event of a
 * request's stream, the rest of that stream.
 */
export async function openStream(
  sessions: SessionTable,
  news: News,
  exchange: SessionExchange,
): Promise<void> {
  const { request, response, requestId } = exchange;
  if (request.headers["mcp-protocol-version"] === VERSION_2026) throw notOfThisEra("GET");
  const session = await sessionOf(sessions, exchange);
  if (!(request.headers.accept ?? "").includes("text/event-stream")) {
    throw new GatewayError(
      "not_acceptable",
      "GET opens an event stream: Accept must include text/event-stream.",
    );
  }
  if (response.destroyed) return;
  const last = lastEventOf(session, request);
  if (last?.request !== undefined)
    return resumeRequest(session, { ...last, request: last.request }, response, requestId);
  hearNews(session, news, exchange.identity);
  const ticker = setInterval(() => response.write(SSE_COMMENT), STREAM_KEEP_ALIVE_MS).unref();
  response.on("close", () => {
    clearInterval(ticker);
    session.lastSeen = Date.now();
  });
  response.writeHead(200, ["x-request-id", requestId, ...SSE_HEADERS]);
  const isOfThisStart = last !== undefined && session.streams.isOfThisStart(last);
  session.streams.news.attach(response, isOfThisStart ? last.seq : undefined);
}

/** Whatever this session never gave out is as good as nothing. */
function lastEventOf(session: Session, { headers }: IncomingMessage): EventId | undefined {
  const text = headers["last-event-id"];
  const id = typeof text === "string" ? parseEventId(text) : undefined;
  return id !== undefined && session.streams.knows(id) ? id : undefined;
}

/** From its first stream on, and also while the client is away for a moment. */
function hearNews(session: Session, news: News, identity: Identity): void {
  session.stopNews ??= news.listen({
    endpoint: session.endpoint,
    reader: readerOf({ identity, session, envelope: undefined }),
    onChanged: (list) => {
      const message = listChanged(list);
      if (!session.streams.news.isWaiting(message)) session.send(message);
    },
    onClosed: () => session.streams.news.disconnect(),
  });
}

function listChanged(list: ListKind): string {
  return encodeNotification(`notifications/${list}/list_changed`, {});
}

/** DELETE. */
export async function endSession(sessions: SessionTable, exchange: SessionExchange): Promise<void> {
  if (exchange.request.headers["mcp-protocol-version"] === VERSION_2026) throw notOfThisEra("DELETE");
  await sessions.end(await sessionOf(sessions, exchange));
  exchange.response.writeHead(204, { "x-request-id": exchange.requestId }).end();
}

function notOfThisEra(method: string): GatewayError {
  return new GatewayError("method_not_allowed", `MCP ${VERSION_2026} has no ${method}: it is stateless.`);
}
