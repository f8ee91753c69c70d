import { GatewayError } from "../../domain/errors.ts";
import type { JsonObject } from "../../domain/json.ts";
import { RPC, type RequestId } from "../../domain/protocol.ts";
import { UpstreamBroken } from "../../domain/upstream-errors.ts";
import type { ExchangeOptions, HttpAnswer } from "../../wire/http-exchange.ts";
import { HEADER } from "../../wire/mcp-headers.ts";
import {
  encodeError,
  encodeNotification,
  encodeReply,
  encodeRequest,
  parseMessage,
} from "../../wire/message.ts";
import { Reply } from "../../wire/reply.ts";
import type { SseEvent } from "../../wire/sse.ts";
import type { Connection, ConnectionEvents, UpstreamCall } from "../connection.ts";
import { listChangedMethod, reportedLists } from "../list-changes.ts";
import { notConnected } from "../not-connected.ts";
import { waitFor } from "../wait.ts";
import { EventStream } from "./event-stream.ts";
import { SessionLost, isSessionLost } from "./http-refusal.ts";
import { type HttpPlan, HttpTarget } from "./http-target.ts";
import { type Introduction, type Session, initialize, sessionHeaders } from "./initialize.ts";
import { resumeCall } from "./resume.ts";
import { type Inbox, RpcCall } from "./rpc-call.ts";

/** For messages that nobody waits for. */
const COURTESY_MS = 1_000;

/** Streamable HTTP of 2025-03-26 … 2025-11-25: a session begun by `initialize`, renewed once when the upstream forgets it. */
export class Leg2025 implements Connection, Inbox {
  readonly era = "2025";
  readonly #target: HttpTarget;
  readonly #events: ConnectionEvents;
  readonly #stream: EventStream | undefined;
  #session: Session;
  #headers: string[];
  #renewal: Promise<void> | undefined;
  #lastId: number;
  #closed = false;

  /** Rejects with UpstreamError. */
  static async open(plan: HttpPlan, events: ConnectionEvents, signal: AbortSignal): Promise<Leg2025> {
    const target = new HttpTarget(plan);
    const nobody: Inbox = { onRequest: () => undefined, onNotification: () => undefined };
    const session = await initialize(target, 1, nobody, signal);
    return new Leg2025(target, events, session, plan.listen);
  }

  private constructor(target: HttpTarget, events: ConnectionEvents, session: Session, listen: boolean) {
    this.#target = target;
    this.#events = events;
    this.#session = session;
    this.#headers = target.postHeaders(sessionHeaders(session));
    this.#lastId = 1;
    this.#stream = listen && reportedLists(this.capabilities).length > 0 ? this.#listen() : undefined;
    this.#stream?.start();
  }

  get capabilities(): JsonObject {
    return this.#introduction.capabilities;
  }

  get serverInfo(): JsonObject {
    return this.#introduction.serverInfo;
  }

  get instructions(): string | undefined {
    return this.#introduction.instructions;
  }

  /** Whether the upstream keeps a session for this connection. */
  get sessionful(): boolean {
    return this.#session.id !== undefined;
  }

  get #introduction(): Introduction {
    return this.#session.introduction;
  }

  async call(call: UpstreamCall): Promise<Reply> {
    const session = this.#session;
    try {
      return await this.#send(call);
    } catch (error) {
      if (!(error instanceof SessionLost)) throw error;
    }
    await waitFor(this.#renew(session), call.signal);
    return this.#send(call);
  }

  notify(method: string, params: JsonObject): void {
    this.#tell(encodeNotification(method, params));
  }

  onRequest(id: RequestId, method: string): void {
    // The seam for questions that an upstream asks the user.
    const answer =
      method === "ping"
        ? encodeReply(id, Reply.of("result", {}, "2025"))
        : encodeError(id, { code: RPC.methodNotFound, message: `This client does not support "${method}".` });
    this.#tell(answer.toString("utf8"));
  }

  onNotification(method: string, params: JsonObject): void {
    this.#events.onNotification(method, params);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stream?.close();
    if (this.#session.id === undefined) return;
    const options = {
      server: this.#target.server,
      signal: AbortSignal.timeout(COURTESY_MS),
      maxBytes: 65_536,
    };
    // A session that cannot be ended now ends by itself.
    await this.#target.send(options, "DELETE", this.#plainHeaders([])).catch(() => undefined);
  }

  async #send(call: UpstreamCall): Promise<Reply> {
    const id = ++this.#lastId;
    const { server, limits } = this.#target;
    const rpc = new RpcCall(id, call, { server, era: "2025", limits, inbox: this });
    const body = encodeRequest(
      id,
      call.method,
      call.onProgress === undefined ? call.params : withToken(call.params, id),
    );
    try {
      return await this.#answerTo(rpc, body);
    } catch (error) {
      if (error instanceof GatewayError && error.code === "cancelled" && error.executed === "unknown") {
        this.notify("notifications/cancelled", { requestId: id, reason: "The caller has gone." });
      }
      throw error;
    }
  }

  async #answerTo(rpc: RpcCall, body: string): Promise<Reply> {
    try {
      const answer = await this.#target.post(rpc, this.#headers, body);
      if (this.#session.id !== undefined && isSessionLost(answer)) throw new SessionLost(rpc.server);
      return rpc.finish(answer);
    } catch (error) {
      if (!(error instanceof UpstreamBroken) || rpc.position.lastEventId === undefined) throw error;
      return resumeCall(rpc, error, (options, lastEventId) => this.#getStream(options, lastEventId));
    }
  }

  /** One renewal for all calls that find the session lost; a call that used the session before it just sends again. */
  async #renew(lost: Session): Promise<void> {
    if (this.#session !== lost) return;
    this.#renewal ??= this.#initialize().finally(() => (this.#renewal = undefined));
    await this.#renewal;
  }

  async #initialize(): Promise<void> {
    const { server, limits } = this.#target;
    try {
      const session = await initialize(
        this.#target,
        ++this.#lastId,
        this,
        AbortSignal.timeout(limits.connectMs),
      );
      this.#session = session;
      this.#headers = this.#target.postHeaders(sessionHeaders(session));
    } catch (error) {
      this.#events.onClosed("The session was lost and could not be renewed.");
      throw notConnected(server, error, limits.connectMs);
    }
  }

  #listen(): EventStream {
    return new EventStream({
      server: this.#target.server,
      limits: this.#target.limits,
      open: (options, lastEventId) => this.#openStream(options, lastEventId),
      receive: (event) => this.#receive(event),
      onGap: () => {
        for (const list of reportedLists(this.capabilities)) this.onNotification(listChangedMethod(list), {});
      },
    });
  }

  async #openStream(options: ExchangeOptions, lastEventId: string | undefined): Promise<HttpAnswer> {
    const session = this.#session;
    const answer = await this.#getStream(options, lastEventId);
    if (session.id === undefined || answer.status !== 404) return answer;
    await this.#renew(session);
    throw new SessionLost(this.#target.server);
  }

  #getStream(options: ExchangeOptions, lastEventId: string | undefined): Promise<HttpAnswer> {
    const resume = lastEventId === undefined ? [] : [HEADER.lastEventId, lastEventId];
    return this.#target.send(options, "GET", this.#plainHeaders(["accept", "text/event-stream", ...resume]));
  }

  #receive({ data }: SseEvent): boolean {
    const message = parseMessage(data.toString("utf8"), this.#target.limits);
    if (message.kind === "request") this.onRequest(message.id, message.method);
    else if (message.kind === "notification") this.onNotification(message.method, message.params);
    return false;
  }

  #plainHeaders(more: readonly string[]): string[] {
    return this.#target.headers([...sessionHeaders(this.#session), ...more]);
  }

  #tell(body: string): void {
    if (this.#closed) return;
    const options = { server: this.#target.server, maxBytes: 65_536 };
    this.#target.post(options, this.#headers, body).catch(() => undefined);
  }
}

/** The token is the id of the request, so it is unique on this connection. */
export function withToken(params: JsonObject, progressToken: number): JsonObject {
  return { ...params, _meta: { ...(params["_meta"] as JsonObject | undefined), progressToken } };
}
