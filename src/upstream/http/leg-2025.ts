import { GatewayError } from "../../domain/errors.ts";
import type { JsonObject } from "../../domain/json.ts";
import { UpstreamBroken } from "../../domain/upstream-errors.ts";
import type { ExchangeOptions, HttpAnswer } from "../../wire/http-exchange.ts";
import { HEADER } from "../../wire/mcp-headers.ts";
import { encodeNotification, encodeRequest, parseMessage } from "../../wire/message.ts";
import type { Reply } from "../../wire/reply.ts";
import type { SseEvent } from "../../wire/sse.ts";
import type { Connection, ConnectionEvents, UpstreamCall } from "../connection.ts";
import { FollowedResources } from "../followed-resources.ts";
import { listChangedMethod, reportedLists } from "../list-changes.ts";
import { LogLevels } from "../log-levels.ts";
import { notConnected } from "../not-connected.ts";
import { type Asked, OpenQuestions, type Request } from "../open-questions.ts";
import { pause, waitFor } from "../wait.ts";
import { EventStream } from "./event-stream.ts";
import { SessionLost, isSessionLost } from "./http-refusal.ts";
import { type HttpPlan, HttpTarget } from "./http-target.ts";
import { type Introduction, type Session, initialize, sessionHeaders } from "./initialize.ts";
import { resumeCall } from "./resume.ts";
import { type Inbox, RpcCall } from "./rpc-call.ts";

/** Some servers send nothing of a stream, not even its head, before there is an event on it. */
const STREAM_MS = 200;
/** For messages that nobody waits for. */
const COURTESY_MS = 1_000;

/** Streamable HTTP of 2025-03-26 … 2025-11-25: a session begun by `initialize`, renewed once when the upstream forgets it. */
export class Leg2025 implements Connection, Inbox {
  readonly era = "2025";
  readonly #target: HttpTarget;
  readonly #events: ConnectionEvents;
  readonly #questions: OpenQuestions;
  readonly #levels: LogLevels;
  readonly #followed: FollowedResources;
  /** Calls in flight of a client that can be told of nothing but in the answer to a call. */
  readonly #listeners: UpstreamCall[] = [];
  readonly #shared: boolean;
  #stream: EventStream | undefined;
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
    const leg = new Leg2025(plan, target, events, session);
    // What the upstream says before its stream is open may be lost.
    if (plan.stream === "always") await Promise.race([leg.#stream?.tried, pause(STREAM_MS, signal)]);
    return leg;
  }

  private constructor(plan: HttpPlan, target: HttpTarget, events: ConnectionEvents, session: Session) {
    this.#target = target;
    this.#events = events;
    this.#session = session;
    this.#headers = target.postHeaders(sessionHeaders(session));
    this.#shared = plan.shared;
    this.#lastId = 1;
    this.#questions = new OpenQuestions({
      shared: plan.shared,
      send: (message) => this.#tell(message),
      onRequest: (question) => events.onRequest(question),
    });
    const ask = (method: string, params: JsonObject, signal: AbortSignal): Promise<Reply> =>
      this.call({ method, params, era: "2025", scope: "", signal });
    this.#levels = new LogLevels({
      shared: plan.shared,
      capabilities: () => this.capabilities,
      set: (level, signal) => ask("logging/setLevel", { level }, signal),
    });
    this.#followed = new FollowedResources(ask);
    const reports = plan.stream === "news" && reportedLists(this.capabilities).length > 0;
    if (plan.stream === "always" || reports) this.#listen();
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
      return await this.#dispatch(call);
    } catch (error) {
      if (!(error instanceof SessionLost)) throw error;
    }
    await waitFor(this.#renew(session), call.signal);
    return this.#dispatch(call);
  }

  notify(method: string, params: JsonObject): void {
    this.#tell(encodeNotification(method, params));
  }

  /** What has changed comes on the stream, which is open before the upstream is asked. */
  async follow(uri: string, signal: AbortSignal): Promise<Reply> {
    if (this.#closed) throw new UpstreamBroken(this.#target.server, "the connection was closed");
    const stream = this.#stream ?? this.#listen();
    await Promise.race([stream.tried, pause(STREAM_MS, signal)]);
    return this.#followed.follow(uri, signal);
  }

  unfollow(uri: string): void {
    this.#followed.unfollow(uri);
  }

  onRequest(request: Request, call?: Asked): void {
    this.#questions.ask(request, call);
  }

  onNotification(method: string, params: JsonObject): void {
    if (method === "notifications/cancelled") return this.#questions.takenBack(params);
    const [listener] = this.#listeners.length === 1 && !this.#shared ? this.#listeners : [];
    if (method === "notifications/message" && listener !== undefined)
      listener.onNotification?.(method, params);
    // It names a call, and only the stream of that call is for it.
    else if (method !== "notifications/progress") this.#events.onNotification(method, params);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#questions.drop();
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

  #dispatch(call: UpstreamCall): Promise<Reply> {
    const level = call.envelope?.logLevel;
    return level === undefined ? this.#send(call) : this.#sendAtLevel(level, call);
  }

  async #sendAtLevel(level: string, call: UpstreamCall): Promise<Reply> {
    await this.#levels.reach(level, call.signal);
    return this.#send(call);
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
    this.#questions.began(call);
    const listens = call.era === "2026" && call.onNotification !== undefined;
    if (listens) this.#listeners.push(call);
    try {
      return await this.#answerTo(rpc, this.#target.traced(this.#headers, call.params), body);
    } catch (error) {
      if (error instanceof GatewayError && error.code === "cancelled" && error.executed === "unknown") {
        this.notify("notifications/cancelled", { requestId: id, reason: "The caller has gone." });
      }
      throw error;
    } finally {
      this.#questions.ended(call);
      if (listens) this.#listeners.splice(this.#listeners.indexOf(call), 1);
    }
  }

  async #answerTo(rpc: RpcCall, headers: string[], body: string): Promise<Reply> {
    try {
      const answer = await this.#target.post(rpc, headers, body);
      if (this.#session.id !== undefined && isSessionLost(answer)) throw new SessionLost(rpc.server);
      return rpc.finish(answer);
    } catch (error) {
      if (!(error instanceof UpstreamBroken) || rpc.position.lastEventId === undefined) throw error;
      return resumeCall(rpc, error, (options, lastEventId) =>
        this.#target.send(options, "GET", this.#streamHeaders(lastEventId)),
      );
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
    this.#questions.drop();
    try {
      const session = await initialize(
        this.#target,
        ++this.#lastId,
        this,
        AbortSignal.timeout(limits.connectMs),
      );
      this.#session = session;
      this.#headers = this.#target.postHeaders(sessionHeaders(session));
      this.#levels.forget();
      this.#followed.renew((uri) => this.#missed(uri));
    } catch (error) {
      this.#events.onClosed("The session was lost and could not be renewed.");
      throw notConnected(server, error, limits.connectMs);
    }
  }

  #listen(): EventStream {
    const stream = new EventStream({
      server: this.#target.server,
      limits: this.#target.limits,
      open: (options, lastEventId) => this.#openStream(options, lastEventId),
      receive: (event) => this.#receive(event),
      onGap: () => {
        for (const list of reportedLists(this.capabilities)) this.onNotification(listChangedMethod(list), {});
        for (const uri of this.#followed.uris) this.#missed(uri);
      },
    });
    this.#stream = stream;
    stream.start();
    return stream;
  }

  /** It may have changed without our hearing of it. */
  #missed(uri: string): void {
    this.#events.onNotification("notifications/resources/updated", { uri });
  }

  async #openStream(options: ExchangeOptions, lastEventId: string | undefined): Promise<HttpAnswer> {
    const session = this.#session;
    const answer = await this.#target.listen(options, this.#streamHeaders(lastEventId));
    if (session.id === undefined || answer.status !== 404) return answer;
    await this.#renew(session);
    throw new SessionLost(this.#target.server);
  }

  #streamHeaders(lastEventId: string | undefined): string[] {
    const resume = lastEventId === undefined ? [] : [HEADER.lastEventId, lastEventId];
    return this.#plainHeaders(["accept", "text/event-stream", ...resume]);
  }

  #receive({ data }: SseEvent): boolean {
    const message = parseMessage(data.toString("utf8"), this.#target.limits);
    if (message.kind === "request") this.onRequest(message);
    else if (message.kind === "notification") this.onNotification(message.method, message.params);
    return false;
  }

  #plainHeaders(more: readonly string[]): string[] {
    return this.#target.headers([...sessionHeaders(this.#session), ...more]);
  }

  #tell(body: string): void {
    if (!this.#closed) this.#target.tell(this.#headers, body).catch(() => undefined);
  }
}

/** The token is the id of the request, so it is unique on this connection. */
export function withToken(params: JsonObject, progressToken: number): JsonObject {
  return { ...params, _meta: { ...(params["_meta"] as JsonObject | undefined), progressToken } };
}
