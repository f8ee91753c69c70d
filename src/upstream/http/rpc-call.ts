import type { JsonObject } from "../../domain/json.ts";
import type { Limits } from "../../domain/limits.ts";
import { type Era, RPC } from "../../domain/protocol.ts";
import { UpstreamBroken, UpstreamError } from "../../domain/upstream-errors.ts";
import {
  type EventSink,
  type ExchangeOptions,
  type HttpAnswer,
  type StreamPosition,
  mediaType,
} from "../../wire/http-exchange.ts";
import { parseMessage } from "../../wire/message.ts";
import { type ReplyFrame, readReply } from "../../wire/reply-frame.ts";
import type { Reply } from "../../wire/reply.ts";
import { EventTooLarge, type SseEvent } from "../../wire/sse.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { UpstreamCall } from "../connection.ts";
import { LOG_MESSAGE, isHeard } from "../log-levels.ts";
import type { Asked, Request } from "../open-questions.ts";
import { refusal } from "./http-refusal.ts";

/** Takes what an upstream sends that is no answer. */
export interface Inbox {
  /** A request of the server to its client, on the stream of a call. */
  onRequest(request: Request, call: Asked): void;
  /** A notification that concerns the connection. */
  onNotification(method: string, params: JsonObject): void;
}

type CallPart = Pick<
  UpstreamCall,
  "signal" | "envelope" | "onProgress" | "onNotification" | "onRequest" | "onInterrupted" | "onSent"
>;

/** Of a connection, for all its calls. */
interface CallContext {
  readonly server: string;
  readonly era: Era;
  readonly limits: Limits;
  readonly inbox: Inbox;
}

const NOWHERE: StreamPosition = { lastEventId: undefined, retryMs: undefined };

/** Notifications that concern a connection, whatever call's stream they come on. */
const OF_CONNECTION =
  /^notifications\/(?:(?:tools|prompts|resources)\/list_changed|resources\/updated|cancelled)$/;

/** One request on its way: an id of our own, and whatever comes back for it. Progress is told before the answer. */
export class RpcCall implements ExchangeOptions, EventSink {
  readonly id: number;
  readonly server: string;
  readonly signal: AbortSignal;
  readonly maxBytes: number;
  readonly onSent: (() => void) | undefined;
  readonly #context: CallContext;
  readonly #call: CallPart;
  #reply: Reply | undefined;
  #wrongId = false;
  #endedStream = false;
  #unasked = 0;
  #stream: StreamPosition = NOWHERE;
  /** Where the streams before this one ended. */
  #earlier: StreamPosition = NOWHERE;

  constructor(id: number, call: CallPart, context: CallContext) {
    this.id = id;
    this.server = context.server;
    this.signal = call.signal;
    this.maxBytes = context.limits.replyBytes;
    this.onSent = call.onSent;
    this.#context = context;
    this.#call = call;
  }

  get sink(): EventSink {
    return this;
  }

  /** Where the stream of the answer can be taken up again, if it can be. */
  get position(): StreamPosition {
    const { lastEventId = this.#earlier.lastEventId, retryMs = this.#earlier.retryMs } = this.#stream;
    return { lastEventId, retryMs };
  }

  /** Tells the caller that there will be a pause, if the upstream has made it on purpose: its stream has an end. */
  interrupted(): void {
    if (this.#endedStream) this.#call.onInterrupted?.(this.position.retryMs);
  }

  opened(stream: StreamPosition): void {
    this.#endedStream = false;
    this.#earlier = this.position;
    this.#stream = stream;
  }

  /** An event of the answer's stream. */
  event({ event, data }: SseEvent): boolean {
    // A server may open its stream with an empty event, which only carries an id.
    if (data.length === 0 || (event !== undefined && event !== "message")) return false;
    const frame = this.#read(data);
    if (frame?.id === this.id) {
      this.#reply = frame.reply;
      return true;
    }
    this.#count();
    if (frame !== undefined) this.#wrongId = true;
    else if (data.length > this.#context.limits.sseEventBytes) throw new EventTooLarge(this.maxBytes);
    else this.#receive(data);
    return false;
  }

  /** The answer that the exchange has brought. Throws an UpstreamError. */
  finish(answer: HttpAnswer): Reply {
    const reply = answer.streamed ? this.#reply : this.#replyIn(answer);
    if (reply === undefined) {
      this.#endedStream = answer.streamed;
      const reason = this.#wrongId
        ? "it gave an answer with a wrong id"
        : "it ended the stream without an answer";
      throw new UpstreamBroken(this.server, reason);
    }
    if (reply.kind === "error") this.#checkCode(reply);
    return reply;
  }

  /** Counts towards the cap, and tells the caller. */
  progress(params: JsonObject): void {
    const { progressToken, ...rest } = params;
    if (progressToken === this.id) this.#call.onProgress?.(rest);
  }

  #replyIn(answer: HttpAnswer): Reply | undefined {
    if (answer.status < 200 || answer.status > 299) return this.#replyInRefusal(answer);
    const type = mediaType(answer.headers);
    if (type !== "application/json")
      throw this.#unreadable(`its answer is of the type "${type.slice(0, 64)}"`);
    const frame = this.#read(answer.body);
    if (frame === undefined) throw this.#unreadable("its answer is a request");
    if (frame.id !== this.id) this.#wrongId = true;
    return frame.id === this.id ? frame.reply : undefined;
  }

  /** Errors of the 2026 era come with a status of their own, and still are answers. Credentials are the gateway's matter. */
  #replyInRefusal(answer: HttpAnswer): Reply {
    const { status, headers, body } = answer;
    if (status >= 400 && status !== 401 && status !== 403 && mediaType(headers) === "application/json") {
      const frame = readQuietly(body, this.#context.era);
      if (frame?.id === this.id) return frame.reply;
    }
    throw refusal(this.server, answer);
  }

  #read(bytes: Buffer): ReplyFrame | undefined {
    try {
      return readReply(bytes, this.#context.era);
    } catch (error) {
      throw error instanceof WireError ? this.#unreadable("its answer is not valid JSON-RPC", error) : error;
    }
  }

  #receive(data: Buffer): void {
    const message = this.#parse(data);
    if (message.kind === "response") return;
    const { method, params } = message;
    if (message.kind === "request") this.#context.inbox.onRequest(message, this.#call);
    else if (method === "notifications/progress") this.progress(params);
    else if (OF_CONNECTION.test(method)) this.#context.inbox.onNotification(method, params);
    else if (method !== LOG_MESSAGE || isHeard(this.#call, this.#context.era, params))
      this.#call.onNotification?.(method, params);
  }

  #parse(data: Buffer): ReturnType<typeof parseMessage> {
    try {
      return parseMessage(data.toString("utf8"), this.#context.limits);
    } catch (error) {
      throw error instanceof WireError ? this.#unreadable("it sent an invalid message", error) : error;
    }
  }

  #count(): void {
    const { notificationsPerCall } = this.#context.limits;
    if (++this.#unasked > notificationsPerCall) {
      throw this.#unreadable(`it sent more than ${notificationsPerCall} messages before its answer`);
    }
  }

  #unreadable(reason: string, cause?: unknown): UpstreamError {
    return protocolError(this.server, reason, cause);
  }

  /** The upstream understood neither header nor version: it did nothing. */
  #checkCode(reply: Reply): void {
    const { code, message } = reply.value;
    if (code !== RPC.headerMismatch && code !== RPC.unsupportedVersion) return;
    const text = `Upstream "${this.server}" rejected the request: ${typeof message === "string" ? message.slice(0, 200) : code}.`;
    throw new UpstreamError("upstream_rejected", this.server, "rejected", text, {
      details: { rpc_code: code, data: reply.value["data"] },
    });
  }
}

export function protocolError(server: string, reason: string, cause?: unknown): UpstreamError {
  const message = `Upstream "${server}" does not keep to the protocol: ${reason}. The call may have been executed.`;
  return new UpstreamError("upstream_protocol_error", server, "unknown", message, { cause });
}

/** The body of a refusal may be anything. */
function readQuietly(body: Buffer, era: Era): ReplyFrame | undefined {
  try {
    return readReply(body, era);
  } catch {
    return undefined;
  }
}
