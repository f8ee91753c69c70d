import type { IncomingMessage, ServerResponse } from "node:http";

import { authorize } from "../auth/auth.ts";
import { type ErrorCode, GatewayError, ServerNotFound } from "../domain/errors.ts";
import type { Identity } from "../domain/identity.ts";
import type { Limits } from "../domain/limits.ts";
import type { EventBus } from "../events/events.ts";
import type { Logger } from "../observability/logger.ts";
import { encodeError } from "../wire/message.ts";
import { WireError } from "../wire/wire-error.ts";
import { KeepAlive } from "./answer.ts";
import { type Endpoint, endpointOf } from "./endpoint.ts";
import { Introduction, type IntroductionDeps } from "./introduction.ts";
import { ListPages } from "./list-pages.ts";
import type { MethodDeps } from "./methods.ts";
import { News } from "./news.ts";
import { PostHandler } from "./post.ts";
import { RpcFailure, toRpcError } from "./rpc-errors.ts";
import { endSession, openStream } from "./session-requests.ts";
import { SessionTable } from "./sessions.ts";

export interface McpDeps extends Omit<MethodDeps, "pages" | "introduction" | "news">, IntroductionDeps {
  readonly authenticate: (headers: IncomingMessage["headers"]) => Identity | Promise<Identity>;
  readonly events: EventBus;
  readonly limits: Limits;
  readonly logger: Logger;
  /** A 2025 session ended: upstream sessions that were its own can go. */
  readonly onSessionEnd: (scope: string) => void;
}

/** The one MCP server that clients see: Streamable HTTP on `/mcp` and `/mcp/s/{server}`, both protocol eras. */
export class McpFront {
  readonly #deps: McpDeps;
  readonly #sessions: SessionTable;
  readonly #keepAlive: KeepAlive;
  readonly #news: News;
  readonly #post: PostHandler;

  constructor(deps: McpDeps) {
    this.#deps = deps;
    this.#sessions = new SessionTable({
      limits: deps.limits,
      onEnd: (session) => deps.onSessionEnd(session.id),
    });
    this.#keepAlive = new KeepAlive(deps.limits.keepAliveMs);
    this.#news = new News({ events: deps.events });
    const pages = new ListPages(deps.limits);
    const methods = { ...deps, pages, introduction: new Introduction(deps), news: this.#news };
    this.#post = new PostHandler({
      methods,
      sessions: this.#sessions,
      keepAlive: this.#keepAlive,
      limits: deps.limits,
      logger: deps.logger,
    });
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Takes the request if its path is one of MCP's. Host and Origin must have been checked before. */
  handle(request: IncomingMessage, response: ServerResponse, requestId: string): boolean {
    const endpoint = endpointOf(request.url ?? "");
    if (endpoint === undefined) return false;
    this.#serve(endpoint, request, response, requestId).catch((error: unknown) =>
      this.#refuse(error, response, requestId),
    );
    return true;
  }

  /** The gateway will stop: streams without an end of their own are closed, so that only calls are waited for. */
  drain(): void {
    this.#news.close();
  }

  close(): void {
    this.#news.close();
    this.#keepAlive.close();
    this.#sessions.close();
  }

  async #serve(
    endpoint: Endpoint,
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ): Promise<void> {
    const found = this.#deps.authenticate(request.headers);
    const identity = found instanceof Promise ? await found : found;
    authorize(identity, "mcp:connect");
    if (endpoint.kind === "server" && !this.#deps.isRegistered(endpoint.server))
      throw new ServerNotFound(endpoint.server);
    if (request.method === "POST")
      return this.#post.handle({ endpoint, identity, request, response, requestId });
    const exchange = { endpoint, identity, request, response, requestId };
    if (request.method === "GET") return openStream(this.#sessions, this.#news, exchange);
    if (request.method === "DELETE") return endSession(this.#sessions, exchange);
    throw new GatewayError("method_not_allowed", `${request.method} is not a method of an MCP endpoint.`);
  }

  /** An error outside of any JSON-RPC request still gets a JSON-RPC body; its id is null unless it could be read. */
  #refuse(error: unknown, response: ServerResponse, requestId: string): void {
    const status = error instanceof RpcFailure ? error.status : statusOf(error);
    if (status >= 500) this.#deps.logger.error("mcp request failed", { request_id: requestId, error });
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const id = error instanceof WireError ? error.requestId : null;
    const body = encodeError(id, toRpcError(error, requestId, "2025"));
    const extra =
      status === 405
        ? { allow: "POST, GET, DELETE" }
        : status === 401
          ? { "www-authenticate": "Bearer" }
          : {};
    const headers = {
      "x-request-id": requestId,
      "content-type": "application/json",
      "content-length": body.length,
      ...extra,
    };
    response.writeHead(status, headers).end(body);
  }
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  invalid_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  server_not_found: 404,
  session_not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  payload_too_large: 413,
  unsupported_media_type: 415,
  overloaded: 503,
  shutting_down: 503,
  storage_unavailable: 503,
};

function statusOf(error: unknown): number {
  return error instanceof GatewayError ? (STATUS[error.code] ?? 500) : 500;
}
