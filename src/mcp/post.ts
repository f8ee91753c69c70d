import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";

import { GatewayError } from "../domain/errors.ts";
import { isJsonObject } from "../domain/json.ts";
import type { Limits } from "../domain/limits.ts";
import { type Era, RPC, VERSION_2025 } from "../domain/protocol.ts";
import type { Logger } from "../observability/logger.ts";
import { SignalPool } from "../resilience/resilience.ts";
import { readBody } from "../wire/http-body.ts";
import { type Message, encodeError, encodeReply, parseMessage } from "../wire/message.ts";
import { Reply } from "../wire/reply.ts";
import { WireError } from "../wire/wire-error.ts";
import { Answer, type KeepAlive } from "./answer.ts";
import { isKnown2025, isOf2026, metaForUpstream, readEnvelope } from "./envelope.ts";
import type { FrontRequest } from "./front-request.ts";
import { type MethodDeps, methodOf } from "./methods.ts";
import { MethodUnknown, RpcFailure, type RpcError, toRpcError } from "./rpc-errors.ts";
import { type SessionExchange, sessionOf } from "./session-requests.ts";
import { type Session, type SessionTable, principalOf } from "./sessions.ts";

export interface PostDeps {
  readonly methods: MethodDeps;
  readonly sessions: SessionTable;
  readonly keepAlive: KeepAlive;
  readonly limits: Limits;
  readonly logger: Logger;
}

/** Log messages of upstreams are carried when callers can set a level. */
const ignore = (): void => {};

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
    if (message.kind === "request") return this.#request(message, exchange, answer);
    if (message.kind === "notification") this.#notification(message, exchange);
    answer.end(202);
  }

  async #request(message: RequestMessage, exchange: SessionExchange, answer: Answer): Promise<void> {
    let era: Era = "2025";
    const leaving = this.#signals.take();
    const onClose = (): void => {
      if (!exchange.response.writableFinished) leaving.abort();
    };
    let session: Session | undefined;
    try {
      if (isOf2026(message.method, message.params, exchange.request.headers)) era = "2026";
      else if (message.method === "initialize") return this.#initialize(message, exchange, answer);
      else session = sessionOf(this.#deps.sessions, exchange);
      const method = methodOf(era, message.method);
      const request = this.#frontRequest(message, exchange, era, session, answer, leaving.signal);
      if (method === undefined) throw new MethodUnknown(message.method);
      exchange.response.on("close", onClose);
      session?.inFlight.add(message.id, leaving);
      this.#deps.keepAlive.watch(answer);
      const reply = await method(request, this.#deps.methods);
      answer.send(encodeReply(message.id, reply), statusOfReply(reply, era));
    } catch (error) {
      this.#fail(error, message, exchange, answer, era);
    } finally {
      exchange.response.off("close", onClose);
      this.#deps.keepAlive.forget(answer);
      session?.inFlight.remove(leaving);
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
    const { endpoint, identity, requestId, request } = exchange;
    const meta = params["_meta"];
    const token = isJsonObject(meta) ? meta["progressToken"] : undefined;
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
      envelope: era === "2026" ? readEnvelope(method, params, request.headers) : undefined,
      onProgress:
        token === undefined
          ? undefined
          : (progress) => answer.notify("notifications/progress", { ...progress, progressToken: token }),
      mayStream: answer.mayStream,
      notify: (name, content) => answer.notify(name, content),
      onNotification: ignore,
    };
  }

  /** The gateway answers by itself: no upstream is needed to open a session. */
  #initialize(message: RequestMessage, exchange: SessionExchange, answer: Answer): void {
    const { endpoint, identity } = exchange;
    const asked = message.params["protocolVersion"];
    if (typeof asked !== "string") {
      throw new RpcFailure(400, {
        code: RPC.invalidParams,
        message: "params.protocolVersion must be a string.",
      });
    }
    const protocolVersion = isKnown2025(asked) ? asked : VERSION_2025;
    const { capabilities = {}, clientInfo = {} } = message.params;
    const session = this.#deps.sessions.open({
      endpoint,
      identity,
      protocolVersion,
      capabilities: isJsonObject(capabilities) ? capabilities : {},
      clientInfo: isJsonObject(clientInfo) ? clientInfo : {},
    });
    answer.addHeader("mcp-session-id", session.id);
    const result = this.#deps.methods.introduction.initialization(endpoint, protocolVersion);
    answer.send(encodeReply(message.id, Reply.of("result", result, "2025")));
  }

  #notification(
    { method, params }: Extract<Message, { kind: "notification" }>,
    exchange: SessionExchange,
  ): void {
    if (isOf2026(method, params, exchange.request.headers)) return;
    const session = sessionOf(this.#deps.sessions, exchange);
    const id = params["requestId"];
    if (method !== "notifications/cancelled" || (typeof id !== "string" && typeof id !== "number")) return;
    session.inFlight.cancel(id);
  }

  #fail(error: unknown, message: RequestMessage, exchange: SessionExchange, answer: Answer, era: Era): void {
    const { requestId, identity } = exchange;
    if (error instanceof GatewayError && error.code === "cancelled") return answer.end(202);
    if (!(error instanceof GatewayError)) {
      const fields = { request_id: requestId, caller: identity.subject, method: message.method, error };
      this.#deps.logger.error("mcp request failed", fields);
    }
    const rpc = toRpcError(error, requestId, era);
    answer.send(
      encodeError(message.id, rpc),
      error instanceof RpcFailure ? error.status : statusOf(error, rpc, era),
    );
  }
}

function statusOf(error: unknown, rpc: RpcError, era: Era): number {
  if (error instanceof GatewayError && error.code === "session_not_found") return 404;
  if (error instanceof GatewayError && error.code === "overloaded") return 503;
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
