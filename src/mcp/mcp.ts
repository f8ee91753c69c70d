import type { IncomingMessage, ServerResponse } from "node:http";

import { authorize } from "../auth/auth.ts";
import type { CallLog } from "../calls/calls.ts";
import { type ErrorCode, GatewayError, ProfileNotFound, ServerNotFound } from "../domain/errors.ts";
import type { Identity } from "../domain/identity.ts";
import type { Limits } from "../domain/limits.ts";
import { nearestName } from "../domain/nearest-name.ts";
import type { EventBus } from "../events/events.ts";
import type { Logger } from "../observability/logger.ts";
import type { SessionStore } from "../storage/storage.ts";
import { type Question, refuseQuestion } from "../upstream/upstream.ts";
import { encodeError } from "../wire/message.ts";
import type { Reply } from "../wire/reply.ts";
import { WireError } from "../wire/wire-error.ts";
import { KeepAlive } from "./answer.ts";
import { endParked } from "./call-records.ts";
import { WrittenTools } from "./dialects/dialects.ts";
import { type Endpoint, Endpoints } from "./endpoint.ts";
import { type FeatureDeps, Features } from "./features.ts";
import { Introduction, type IntroductionDeps } from "./introduction.ts";
import { ListPages } from "./list-pages.ts";
import { type MetaToolDeps, MetaTools } from "./meta-tools/meta-tools.ts";
import type { MethodDeps } from "./methods.ts";
import { News } from "./news.ts";
import { PostHandler } from "./post.ts";
import { ClientQuestions } from "./questions/client-questions.ts";
import { ParkedCalls } from "./questions/parked-calls.ts";
import { RpcFailure, retryAfterOf, toRpcError } from "./rpc-errors.ts";
import { endSession, openStream } from "./session-requests.ts";
import { SessionTable } from "./sessions.ts";
import { withPublicQuestions } from "./uris.ts";

/** What the front makes itself. */
type OwnDeps = "pages" | "written" | "introduction" | "news" | "parked" | "metaTools" | keyof Features;

export interface McpDeps
  extends Omit<MethodDeps, OwnDeps>, Omit<IntroductionDeps, "modeAt">, FeatureDeps, MetaToolDeps {
  readonly authenticate: (headers: IncomingMessage["headers"]) => Identity | Promise<Identity>;
  readonly events: EventBus;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly sessionStore: SessionStore;
  /** Signs the states of calls that wait for their user; the same in all replicas and after a restart. */
  readonly stateKey: Buffer;
  /** A 2025 session ended, or left the memory: upstream sessions that were its own can go. */
  readonly onSessionEnd: (scope: string) => void;
  /** Absent: calls are not recorded. */
  readonly calls?: CallLog | undefined;
  /** Counts a request. Throws or rejects with GatewayError: rate_limited, overloaded. */
  readonly admit?: ((identity: Identity) => void | Promise<void>) | undefined;
}

/** The one MCP server that clients see: Streamable HTTP on `/mcp`, `/mcp/s/{server}` and `/mcp/p/{profile}`, both protocol eras. */
export class McpFront {
  readonly #deps: McpDeps;
  readonly #endpoints: Endpoints;
  readonly #sessions: SessionTable;
  readonly #keepAlive: KeepAlive;
  readonly #news: News;
  readonly #features: Features;
  readonly #questions: ClientQuestions;
  readonly #parked: ParkedCalls;
  readonly #post: PostHandler;

  constructor(deps: McpDeps) {
    this.#deps = deps;
    this.#endpoints = new Endpoints(deps.profiles);
    this.#sessions = new SessionTable({
      endpoints: this.#endpoints,
      store: deps.sessionStore,
      limits: deps.limits,
      onEnd: (session) => {
        this.#questions.ended(session);
        this.#features.ended(session);
        deps.onSessionEnd(session.id);
      },
      onRestored: (session) => this.#features.restored(session),
      onError: (error) => deps.logger.warn("use of sessions not stored", { error }),
    });
    this.#keepAlive = new KeepAlive(deps.limits.keepAliveMs);
    this.#news = new News({ events: deps.events, profiles: deps.profiles, listing: deps.listing });
    this.#features = new Features(deps, {
      byId: (id) => this.#sessions.byId(id),
      change: (session, change) => this.#sessions.change(session, change),
    });
    this.#questions = new ClientQuestions(deps.limits);
    this.#parked = new ParkedCalls({
      key: deps.stateKey,
      limits: deps.limits,
      onOver: (request) => endParked(deps.calls, request),
    });
    const written = new WrittenTools(deps.limits);
    const pages = new ListPages(deps.limits, deps.profiles, written);
    const { tasks, subscriptions, sessionSubscriptions, changeSession } = this.#features;
    const features = { tasks, subscriptions, sessionSubscriptions, changeSession, news: this.#news };
    const modeAt = deps.listing.modeAt.bind(deps.listing);
    const own = {
      ...features,
      parked: this.#parked,
      introduction: new Introduction({ ...deps, modeAt }),
      metaTools: new MetaTools({ ...deps, written }),
    };
    const methods = { ...deps, ...own, pages, written };
    this.#post = new PostHandler({
      methods,
      endpoints: this.#endpoints,
      sessions: this.#sessions,
      questions: this.#questions,
      keepAlive: this.#keepAlive,
      calls: deps.calls,
      limits: deps.limits,
      logger: deps.logger,
      admit: deps.admit,
    });
  }

  /** What upstreams say outside of calls. */
  get features(): Pick<Features, "scopeNotified" | "resourceUpdated"> {
    return this.#features;
  }

  /** An upstream asks something on a connection that belongs to `scope`, outside of any call. */
  scopeAsked(server: string, scope: string, question: Question): Promise<Reply> {
    const session = this.#sessions.byId(scope);
    if (session === undefined) return refuseQuestion(question);
    const { catalog } = this.#deps;
    const ask = withPublicQuestions((asked) => this.#questions.ask(session, undefined, asked), {
      catalog,
      endpoint: session.endpoint,
      server,
    });
    return this.#features.tasks.answerer(server, session.principal, ask)(question);
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Takes the request if its path is one of MCP's. Host and Origin must have been checked before. */
  handle(request: IncomingMessage, response: ServerResponse, requestId: string): boolean {
    const endpoint = this.#endpoints.ofUrl(request.url ?? "");
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

  async close(): Promise<void> {
    this.#news.close();
    this.#keepAlive.close();
    this.#features.close();
    this.#parked.close();
    this.#questions.close();
    await this.#sessions.close();
  }

  async #serve(
    endpoint: Endpoint,
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ): Promise<void> {
    const arrivedAt = performance.now();
    const found = this.#deps.authenticate(request.headers);
    const identity = found instanceof Promise ? await found : found;
    const authenticatedAt = performance.now();
    authorize(identity, "mcp:connect");
    if (endpoint.kind === "server" && !this.#deps.isRegistered(endpoint.server))
      throw new ServerNotFound(endpoint.server);
    if (endpoint.kind === "profile" && this.#deps.profiles.find(endpoint.profile) === undefined)
      throw new ProfileNotFound(endpoint.profile, nearestName(endpoint.profile, this.#deps.profiles.names));
    const exchange = { endpoint, identity, request, response, requestId, arrivedAt, authenticatedAt };
    if (request.method === "POST") return this.#post.handle(exchange);
    // Of what is posted, requests only are new work; the front that reads them counts them.
    if (request.method === "GET") await this.#deps.admit?.(identity);
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
    const retryAfter = retryAfterOf(error);
    const headers = {
      "x-request-id": requestId,
      "content-type": "application/json",
      "content-length": body.length,
      ...extra,
      ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
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
  profile_not_found: 404,
  session_not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  payload_too_large: 413,
  unsupported_media_type: 415,
  overloaded: 503,
  shutting_down: 503,
  storage_unavailable: 503,
  rate_limited: 429,
};

function statusOf(error: unknown): number {
  return error instanceof GatewayError ? (STATUS[error.code] ?? 500) : 500;
}
