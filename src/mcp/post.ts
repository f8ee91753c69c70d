import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";

import type { CallLog } from "../calls/calls.ts";
import { GatewayError } from "../domain/errors.ts";
import type { Identity } from "../domain/identity.ts";
import { type Json, isJsonObject } from "../domain/json.ts";
import type { Limits } from "../domain/limits.ts";
import { type Era, RPC, VERSION_2025 } from "../domain/protocol.ts";
import type { Logger } from "../observability/logger.ts";
import { SignalPool } from "../resilience/resilience.ts";
import { readBody } from "../wire/http-body.ts";
import { type Message, encodeError, encodeReply, parseMessage } from "../wire/message.ts";
import { Reply } from "../wire/reply.ts";
import { WireError } from "../wire/wire-error.ts";
import { Answer, type KeepAlive } from "./answer.ts";
import { callNews } from "./call-news.ts";
import { beginCall, endCall, failCall } from "./call-records.ts";
import type { Endpoints } from "./endpoint.ts";
import { clientInfoIn, isKnown2025, isOf2026, metaForUpstream, readEnvelope } from "./envelope.ts";
import type { FrontRequest } from "./front-request.ts";
import { type MethodDeps, methodOf } from "./methods.ts";
import type { ClientQuestions } from "./questions/client-questions.ts";
import { MethodUnknown, RpcFailure, type RpcError, retryAfterOf, toRpcError } from "./rpc-errors.ts";
import { type SessionExchange, sessionOf } from "./session-requests.ts";
import { type Session, principalOf } from "./session.ts";
import type { SessionTable } from "./sessions.ts";

export interface PostDeps {
  readonly methods: MethodDeps;
  readonly endpoints: Endpoints;
  readonly sessions: SessionTable;
  readonly questions: ClientQuestions;
  readonly keepAlive: KeepAlive;
  readonly calls?: CallLog | undefined;
  readonly limits: Limits;
  readonly logger: Logger;
  /** Throws or rejects with GatewayError: rate_limited, overloaded. */
  readonly admit?: ((identity: Identity) => void | Promise<void>) | undefined;
}

type RequestMessage = Extract<Message, { kind: "request" }>;

/** One POST to an MCP endpoint: read, parse once, tell the era, answer. */
export class PostHandler {
  readonly #deps: PostDeps;
  readonly #signals = new SignalPool();

  constructor(deps: PostDeps) {
    this.#deps = deps;
  }

  async handle(exchange: SessionExchange): Promise<void> {
    const { request, response } = exchange;
    checkContentType(request);
    const mayStream = readAccept(request);
    const body = await readBody(request, this.#deps.limits.requestBytes);
    if (!isUtf8(body)) throw WireError.notJson("it is not UTF-8");
    const message = parseMessage(body.toString("utf8"), this.#deps.limits);
    const answer = new Answer(response, exchange.requestId, mayStream);
    if (message.kind === "request") {
      try {
        const admitted = this.#deps.admit?.(exchange.identity);
        if (admitted !== undefined) await admitted;
      } catch (error) {
        return this.#fail(error, message, exchange, answer, "2025");
      }
      return this.#request(message, exchange, answer);
    }
    if (message.kind === "notification") await this.#notification(message, exchange);
    else await this.#response(message, exchange);
    answer.end(202);
  }

  async #request(message: RequestMessage, exchange: SessionExchange, answer: Answer): Promise<void> {
    let era: Era = "2025";
    const leaving = this.#signals.take();
    const onClose = (): void => {
      if (answer.abandoned) leaving.abort();
    };
    let session: Session | undefined;
    let request: FrontRequest | undefined;
    const { calls } = this.#deps;
    try {
      if (isOf2026(message.method, message.params, exchange.request.headers)) era = "2026";
      else if (message.method === "initialize") return await this.#initialize(message, exchange, answer);
      else {
        const found = sessionOf(this.#deps.sessions, exchange);
        session = found instanceof Promise ? await found : found;
        answer.belongTo(session, message.id, leaving);
      }
      const method = methodOf(era, message.method);
      request = this.#frontRequest(message, exchange, era, session, answer, leaving.signal);
      if (method === undefined) throw new MethodUnknown(message.method);
      exchange.response.on("close", onClose);
      if (exchange.response.destroyed) onClose();
      session?.inFlight.add(message.id, leaving);
      this.#deps.questions.serving(session, answer);
      this.#deps.keepAlive.watch(answer);
      const reply = await method(request, this.#deps.methods);
      answer.send(encodeReply(message.id, reply), statusOfReply(reply, era));
      endCall(calls, request, reply);
    } catch (error) {
      failCall(calls, request, error);
      this.#fail(error, message, exchange, answer, era);
    } finally {
      exchange.response.off("close", onClose);
      this.#deps.keepAlive.forget(answer);
      session?.inFlight.remove(leaving);
      this.#deps.questions.served(session, answer);
      this.#signals.give(leaving);
    }
  }

  #frontRequest(
    message: RequestMessage,
    exchange: SessionExchange,
    era: Era,
    session: Session | undefined,
    answer: Answer,
    signal: AbortSignal,
  ): FrontRequest {
    const { id, method, params } = message;
    const { identity, requestId, request } = exchange;
    const meta = params["_meta"];
    const { calls, endpoints } = this.#deps;
    const endpoint = session?.endpoint ?? endpoints.choose(exchange.endpoint, clientInfoIn(meta));
    const envelope = era === "2026" ? readEnvelope(method, params, request.headers) : session?.envelope;
    return {
      id,
      method,
      params,
      meta: meta === undefined ? undefined : metaForUpstream(params),
      era,
      endpoint,
      identity,
      session,
      scope: session?.id ?? principalOf(identity),
      signal,
      requestId,
      headers: request.headers,
      envelope,
      onProgress: progressFor(meta, answer),
      mayStream: answer.mayStream,
      notify: (name, content) => answer.notify(name, content),
      onRequest: session && this.#deps.questions.answererOf(session, answer),
      onInterrupted: session?.polls === true ? (retryMs) => answer.interrupt(retryMs) : undefined,
      onNotification: callNews(era, session, envelope, answer),
      record: beginCall(calls, method, exchange, era, endpoint),
    };
  }

  /** The gateway answers by itself: no upstream is needed to open a session. */
  async #initialize(message: RequestMessage, exchange: SessionExchange, answer: Answer): Promise<void> {
    const { identity } = exchange;
    const asked = message.params["protocolVersion"];
    if (typeof asked !== "string") {
      throw new RpcFailure(400, {
        code: RPC.invalidParams,
        message: "params.protocolVersion must be a string.",
      });
    }
    const protocolVersion = isKnown2025(asked) ? asked : VERSION_2025;
    const { capabilities = {}, clientInfo: given = {} } = message.params;
    const clientInfo = isJsonObject(given) ? given : {};
    const endpoint = this.#deps.endpoints.choose(exchange.endpoint, clientInfo);
    const session = await this.#deps.sessions.open({
      endpoint,
      identity,
      protocolVersion,
      capabilities: isJsonObject(capabilities) ? capabilities : {},
      clientInfo,
    });
    answer.addHeader("mcp-session-id", session.id);
    const result = this.#deps.methods.introduction.initialization(endpoint, protocolVersion, clientInfo);
    answer.send(encodeReply(message.id, Reply.of("result", result, "2025")));
  }

  async #notification(
    { method, params }: Extract<Message, { kind: "notification" }>,
    exchange: SessionExchange,
  ): Promise<void> {
    if (isOf2026(method, params, exchange.request.headers)) return;
    const session = await sessionOf(this.#deps.sessions, exchange);
    if (method === "notifications/roots/list_changed")
      this.#deps.methods.notifyUpstreams(session.id, method, params);
    const id = params["requestId"];
    if (method !== "notifications/cancelled" || (typeof id !== "string" && typeof id !== "number")) return;
    session.inFlight.cancel(id);
  }

  /** The client's answer to a question; clients of the 2026 era are asked none. */
  async #response(message: Extract<Message, { kind: "response" }>, exchange: SessionExchange): Promise<void> {
    if (isOf2026("", {}, exchange.request.headers)) return;
    this.#deps.questions.settle(await sessionOf(this.#deps.sessions, exchange), message);
  }

  #fail(error: unknown, message: RequestMessage, exchange: SessionExchange, answer: Answer, era: Era): void {
    const { requestId, identity } = exchange;
    if (error instanceof GatewayError && error.code === "cancelled") return answer.end(202);
    if (!(error instanceof GatewayError)) {
      const fields = { request_id: requestId, caller: identity.subject, method: message.method, error };
      this.#deps.logger.error("mcp request failed", fields);
    }
    const rpc = toRpcError(error, requestId, era);
    const status = error instanceof RpcFailure ? error.status : statusOf(error, rpc, era);
    const retryAfter = status === 200 ? undefined : retryAfterOf(error);
    if (retryAfter !== undefined) answer.addHeader("retry-after", retryAfter);
    answer.send(encodeError(message.id, rpc), status);
  }
}

/** Puts the client's own token back. Nothing when the client did not ask for progress. */
function progressFor(meta: Json | undefined, answer: Answer): FrontRequest["onProgress"] {
  const token = isJsonObject(meta) ? meta["progressToken"] : undefined;
  if (token === undefined) return undefined;
  return (progress) => answer.notify("notifications/progress", { ...progress, progressToken: token });
}

function statusOf(error: unknown, rpc: RpcError, era: Era): number {
  if (error instanceof GatewayError && error.code === "session_not_found") return 404;
  if (error instanceof GatewayError && error.code === "overloaded") return 503;
  if (error instanceof GatewayError && error.code === "rate_limited") return 429;
  if (error instanceof GatewayError && error.code === "storage_unavailable") return 503;
  return era === "2026" && rpc.code === RPC.methodNotFound ? 404 : 200;
}

/** An upstream's own error passes in-band, but for the one whose HTTP status the protocol fixes. */
function statusOfReply(reply: Reply, era: Era): number {
  if (reply.kind === "result" || era === "2025") return 200;
  return reply.value["code"] === RPC.missingCapability ? 400 : 200;
}

function checkContentType(request: IncomingMessage): void {
  const type = request.headers["content-type"] ?? "";
  if (type === "application/json" || /^application\/json\s*(?:;|$)/i.test(type)) return;
  throw new GatewayError("unsupported_media_type", "Content-Type must be application/json.");
}

/** Whether the client takes an event stream. Throws 406 when it takes neither form of answer. */
function readAccept(request: IncomingMessage): boolean {
  const accept = request.headers.accept ?? "*/*";
  if (accept.includes("text/event-stream") || accept.includes("*/*")) return true;
  if (accept.includes("application/json") || accept.includes("application/*")) return false;
  throw new GatewayError("not_acceptable", "Accept must include application/json and text/event-stream.");
}
