import { GatewayError } from "../../domain/errors.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Limits } from "../../domain/limits.ts";
import type { RequestId } from "../../domain/protocol.ts";
import { UpstreamBroken, type UpstreamError } from "../../domain/upstream-errors.ts";
import { encodeNotification, encodeRequest, parseMessage } from "../../wire/message.ts";
import { readReply } from "../../wire/reply-frame.ts";
import type { Reply } from "../../wire/reply.ts";
import { WireError } from "../../wire/wire-error.ts";
import { initializeParams } from "../client-params.ts";
import type { Connection, ConnectionEvents, UpstreamCall } from "../connection.ts";
import { FollowedResources } from "../followed-resources.ts";
import { refusal } from "../http/http-refusal.ts";
import { HttpTarget, type RemotePlan } from "../http/http-target.ts";
import { type Introduction, readInitialize } from "../http/initialize.ts";
import { withToken } from "../http/leg-2025.ts";
import { protocolError } from "../http/rpc-call.ts";
import { LOG_MESSAGE, LogLevels, isHeard } from "../log-levels.ts";
import { onlyListener } from "../only-listener.ts";
import { OpenQuestions } from "../open-questions.ts";
import { SseCall } from "./sse-call.ts";
import { SseStream } from "./sse-stream.ts";

/** The answer to a post says no more than "accepted". */
const COURTESY_BYTES = 65_536;

/** HTTP+SSE of 2024-11-05: requests are posted, and answers come on the one stream. Its end is the connection's end. */
export class SseConnection implements Connection {
  readonly era = "2025";
  /** The stream is the session. */
  readonly sessionful = true;
  readonly #target: HttpTarget;
  readonly #stream: SseStream;
  readonly #headers: string[];
  readonly #events: ConnectionEvents;
  readonly #pending = new Map<RequestId, SseCall>();
  readonly #limits: Limits;
  readonly #questions: OpenQuestions;
  readonly #levels: LogLevels;
  readonly #followed: FollowedResources;
  #path = "";
  #introduction: Introduction = { capabilities: {}, serverInfo: {}, instructions: undefined };
  #lastId = 0;
  #end: UpstreamError | undefined;
  #onEnd: ((error: UpstreamError) => void) | undefined;

  constructor(plan: RemotePlan, events: ConnectionEvents) {
    this.#target = new HttpTarget(plan);
    this.#limits = plan.limits;
    this.#events = events;
    this.#headers = this.#target.postHeaders([]);
    this.#questions = new OpenQuestions({
      send: (message) => this.#tell(message),
      onRequest: (question) => events.onRequest(question),
    });
    const ask = (method: string, params: JsonObject, signal: AbortSignal): Promise<Reply> =>
      this.#ask(method, params, { signal });
    this.#levels = new LogLevels({
      shared: plan.shared,
      capabilities: () => this.capabilities,
      set: (level, signal) => ask("logging/setLevel", { level }, signal),
    });
    this.#followed = new FollowedResources(ask);
    this.#stream = new SseStream({
      target: this.#target,
      url: plan.url,
      onMessage: (data) => this.#receive(data),
      onEnd: (error) => this.#ended(error),
    });
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

  /** Rejects with UpstreamError or GatewayError("cancelled"). */
  async open(signal: AbortSignal): Promise<void> {
    const ended = new Promise<never>((_, reject) => (this.#onEnd = reject));
    const onAbort = (): void => this.#stream.close();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      this.#path = await Promise.race([this.#stream.open(), ended]);
      const { clientInfo, client, server } = this.#target;
      const reply = await this.#ask("initialize", initializeParams(clientInfo, client), { signal });
      this.#introduction = readInitialize(server, reply).introduction;
      await this.#deliver(encodeNotification("notifications/initialized", {}), signal);
      this.#onEnd = undefined;
    } catch (error) {
      this.#stream.close();
      throw signal.aborted
        ? new GatewayError("cancelled", "The connection was given up.", { cause: error })
        : error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  call(call: UpstreamCall): Promise<Reply> {
    const { envelope, onRequest } = call;
    if (envelope?.logLevel !== undefined || onRequest !== undefined) return this.#converse(call);
    return this.#ask(call.method, call.params, call);
  }

  follow(uri: string, signal: AbortSignal): Promise<Reply> {
    return this.#followed.follow(uri, signal);
  }

  unfollow(uri: string): void {
    this.#followed.unfollow(uri);
  }

  notify(method: string, params: JsonObject): void {
    this.#tell(encodeNotification(method, params));
  }

  async close(): Promise<void> {
    this.#ended(new UpstreamBroken(this.#target.server, "the connection was closed"), false);
    this.#stream.close();
  }

  /** A call whose caller wants to hear more than the answer. */
  async #converse(call: UpstreamCall): Promise<Reply> {
    const level = call.envelope?.logLevel;
    if (level !== undefined) await this.#levels.reach(level, call.signal);
    this.#questions.began(call);
    try {
      return await this.#ask(call.method, call.params, call);
    } finally {
      this.#questions.ended(call);
    }
  }

  async #ask(method: string, params: JsonObject, part: SseCall["part"]): Promise<Reply> {
    const { server } = this.#target;
    if (this.#end !== undefined) throw this.#end;
    const id = ++this.#lastId;
    const call = new SseCall(server, part);
    this.#pending.set(id, call);
    const body = encodeRequest(id, method, part.onProgress === undefined ? params : withToken(params, id));
    this.#deliver(body, part.signal, () => call.leaving(), this.#target.traced(this.#headers, params)).catch(
      (error: unknown) => call.reject(error),
    );
    try {
      return await call.answer;
    } catch (error) {
      if (
        call.sent &&
        error instanceof GatewayError &&
        error.code === "cancelled" &&
        method !== "initialize"
      ) {
        this.notify("notifications/cancelled", { requestId: id, reason: "The caller has gone." });
      }
      throw error;
    } finally {
      this.#pending.delete(id);
    }
  }

  async #deliver(
    body: string,
    signal: AbortSignal | undefined,
    onSent?: () => void,
    headers = this.#headers,
  ): Promise<void> {
    const { server } = this.#target;
    const options = { server, signal, maxBytes: COURTESY_BYTES, onSent };
    const answer = await this.#target.post(options, headers, body, this.#path);
    if (answer.status >= 300) throw refusal(server, answer);
  }

  #receive(data: Buffer): void {
    try {
      const frame = readReply(data, "2025");
      if (frame !== undefined) return this.#pending.get(frame.id ?? "")?.resolve(frame.reply);
      this.#unasked(parseMessage(data.toString("utf8"), this.#limits));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      // Nobody can tell whose answer it was.
      throw protocolError(this.#target.server, "it sent something that is not JSON-RPC", error);
    }
  }

  #unasked(message: ReturnType<typeof parseMessage>): void {
    if (message.kind === "response") return;
    if (message.kind === "request") return this.#questions.ask(message);
    const { method, params } = message;
    if (method === "notifications/cancelled") this.#questions.takenBack(params);
    else if (method === "notifications/progress") this.#progress(params);
    else if (method === LOG_MESSAGE) this.#log(params);
    else this.#events.onNotification(method, params);
  }

  #progress(params: JsonObject): void {
    const token = params["progressToken"];
    if (typeof token === "number")
      this.#pending.get(token)?.progress(params, this.#limits.notificationsPerCall);
  }

  /** Nothing says which call a log message belongs to; with one call that listens it is clear. */
  #log(params: JsonObject): void {
    const call = onlyListener(this.#pending.values());
    if (call === undefined) this.#events.onNotification(LOG_MESSAGE, params);
    else if (isHeard(call.part, this.era, params))
      call.notify(LOG_MESSAGE, params, this.#limits.notificationsPerCall);
  }

  #tell(body: string): void {
    if (this.#end === undefined) this.#target.tell(this.#headers, body, this.#path).catch(() => undefined);
  }

  /** Calls that wait will never be answered. The first end counts. */
  #ended(error: UpstreamError, tell = true): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    this.#questions.drop();
    for (const call of this.#pending.values()) call.end(error);
    if (this.#onEnd !== undefined) this.#onEnd(error);
    else if (tell) this.#events.onClosed(error.message);
  }
}
