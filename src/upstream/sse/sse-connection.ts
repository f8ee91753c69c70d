import { GatewayError } from "../../domain/errors.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Limits } from "../../domain/limits.ts";
import { RPC, type RequestId } from "../../domain/protocol.ts";
import { UpstreamBroken, type UpstreamError } from "../../domain/upstream-errors.ts";
import {
  encodeError,
  encodeNotification,
  encodeReply,
  encodeRequest,
  parseMessage,
} from "../../wire/message.ts";
import { readReply } from "../../wire/reply-frame.ts";
import { Reply } from "../../wire/reply.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { Connection, ConnectionEvents, UpstreamCall } from "../connection.ts";
import { refusal } from "../http/http-refusal.ts";
import { HttpTarget, type RemotePlan } from "../http/http-target.ts";
import { type Introduction, initializeParams, readInitialize } from "../http/initialize.ts";
import { withToken } from "../http/leg-2025.ts";
import { protocolError } from "../http/rpc-call.ts";
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
      const { clientInfo, server } = this.#target;
      const reply = await this.#ask("initialize", initializeParams(clientInfo), { signal });
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
    return this.#ask(call.method, call.params, call);
  }

  notify(method: string, params: JsonObject): void {
    this.#tell(encodeNotification(method, params));
  }

  async close(): Promise<void> {
    this.#ended(new UpstreamBroken(this.#target.server, "the connection was closed"), false);
    this.#stream.close();
  }

  async #ask(method: string, params: JsonObject, part: SseCall["part"]): Promise<Reply> {
    const { server } = this.#target;
    if (this.#end !== undefined) throw this.#end;
    const id = ++this.#lastId;
    const call = new SseCall(server, part);
    this.#pending.set(id, call);
    const body = encodeRequest(id, method, part.onProgress === undefined ? params : withToken(params, id));
    this.#deliver(body, part.signal, () => call.leaving()).catch((error: unknown) => call.reject(error));
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

  async #deliver(body: string, signal: AbortSignal | undefined, onSent?: () => void): Promise<void> {
    const { server } = this.#target;
    const options = { server, signal, maxBytes: COURTESY_BYTES, onSent };
    const answer = await this.#target.post(options, this.#headers, body, this.#path);
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
    const { method, params } = message;
    if (message.kind === "request") this.#refuse(message.id, method);
    else if (method === "notifications/progress") {
      const token = params["progressToken"];
      if (typeof token === "number")
        this.#pending.get(token)?.progress(params, this.#limits.notificationsPerCall);
    } else if (method !== "notifications/cancelled") this.#events.onNotification(method, params);
  }

  /** The seam for questions that an upstream asks the user. */
  #refuse(id: RequestId, method: string): void {
    const answer =
      method === "ping"
        ? encodeReply(id, Reply.of("result", {}, "2025"))
        : encodeError(id, { code: RPC.methodNotFound, message: `This client does not support "${method}".` });
    this.#tell(answer.toString("utf8"));
  }

  #tell(body: string): void {
    if (this.#end === undefined) this.#deliver(body, undefined).catch(() => undefined);
  }

  /** Calls that wait will never be answered. The first end counts. */
  #ended(error: UpstreamError, tell = true): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    for (const call of this.#pending.values()) call.end(error);
    if (this.#onEnd !== undefined) this.#onEnd(error);
    else if (tell) this.#events.onClosed(error.message);
  }
}
