import type { ServerResponse } from "node:http";

import { GatewayError } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import type { RequestId } from "../domain/protocol.ts";
import { encodeError, encodeNotification } from "../wire/message.ts";
import { SSE_COMMENT, encodeSseEvent } from "../wire/sse.ts";
import { type EventStream, RETRY_MS } from "./event-stream.ts";
import { toRpcError } from "./rpc-errors.ts";
import type { Session } from "./session.ts";

/** Name and value in turn, as node:http takes them. */
export const SSE_HEADERS = [
  "content-type",
  "text/event-stream",
  "cache-control",
  "no-cache, no-transform",
  "x-accel-buffering",
  "no",
];

/**
 * The answer to one POST. It is one JSON object as long as it can be; the first notification, or the first
 * keep-alive of a long call, turns it into an event stream.
 */
export class Answer {
  readonly #response: ServerResponse;
  /** Written with the others in one go: node:http takes a slower way once a header was set on its own. */
  readonly #headers: string[];
  readonly mayStream: boolean;
  #streaming = false;
  #session: Session | undefined;
  #id: RequestId = 0;
  #call: AbortController | undefined;
  /** Once it streams to a client that may take the stream up again. */
  #stream: EventStream | undefined;
  lastWrite = Date.now();
  /** Where the keep-alive keeps it; below 0 when it does not. */
  place = -1;

  constructor(response: ServerResponse, requestId: string, mayStream: boolean) {
    this.#response = response;
    this.#headers = ["x-request-id", requestId];
    this.mayStream = mayStream;
  }

  /** Before anything is written. */
  addHeader(name: string, value: string): void {
    this.#headers.push(name, value);
  }

  /** It answers a request of a session: once it streams, a client that loses the stream may come back for the call. */
  belongTo(session: Session, id: RequestId, call: AbortController): void {
    this.#session = session;
    this.#id = id;
    this.#call = call;
  }

  /** What is written will reach the client, at once or when it comes back. */
  get open(): boolean {
    if (this.#stream !== undefined) return !this.#stream.ended;
    return !this.#response.writableEnded && !this.#response.destroyed;
  }

  /** Whether the client can take up this request's stream when it is lost. */
  get resumable(): boolean {
    return this.mayStream && this.#session?.canResume(this.#id) === true;
  }

  /** For when the response is closed: true when nobody can come back for the answer. */
  get abandoned(): boolean {
    return this.#stream === undefined && !this.#response.writableFinished;
  }

  /** Dropped when the client accepts no event stream or is gone. */
  notify(method: string, params: JsonObject): void {
    this.write(encodeNotification(method, params));
  }

  /** Any message on this request's own stream. */
  write(message: string | Buffer): void {
    if (!this.#startStream()) return;
    this.lastWrite = Date.now();
    if (this.#stream === undefined) this.#response.write(encodeSseEvent({ event: "message", data: message }));
    else this.#stream.write(message);
  }

  keepAlive(): void {
    if (!this.#startStream()) return;
    this.lastWrite = Date.now();
    if (this.#stream === undefined) this.#response.write(SSE_COMMENT);
    else this.#stream.keepAlive();
  }

  /** The answer will take long: the connection ends, the call goes on, and a client that can comes back after `retryMs`. */
  interrupt(retryMs = RETRY_MS): void {
    if (this.resumable && this.#session?.polls === true && this.#startStream())
      this.#stream?.interrupt(retryMs);
  }

  /** The last message. `status` counts only while nothing was streamed. */
  send(message: Buffer, status = 200): void {
    if (!this.open) return;
    if (this.#stream !== undefined) return this.#stream.finish(message, () => encodeTooLarge(this.#id));
    if (this.#streaming) {
      this.#response.end(encodeSseEvent({ event: "message", data: message }));
      return;
    }
    this.#headers.push("content-type", "application/json", "content-length", String(message.length));
    this.#response.writeHead(status, this.#headers);
    this.#response.end(message);
  }

  /** Ends without a message: accepted notifications, or a request that its own client cancelled. */
  end(status: number): void {
    if (!this.open) return;
    if (this.#stream !== undefined) return this.#stream.drop();
    if (!this.#streaming) this.#response.writeHead(status, this.#headers);
    this.#response.end();
  }

  #startStream(): boolean {
    if (!this.mayStream || !this.open) return false;
    if (this.#streaming) return true;
    this.#streaming = true;
    this.#response.writeHead(200, [...this.#headers, ...SSE_HEADERS]);
    const call = this.#call;
    if (this.resumable && call !== undefined) {
      this.#stream = this.#session?.streams.begin(this.#id, () => call.abort());
      this.#stream?.attach(this.#response);
    }
    return true;
  }
}

function encodeTooLarge(id: RequestId): Buffer {
  const message = "The answer came while its stream was lost, and is too large to be kept.";
  const fix = [{ label: "Raise gateway.limits.sessionEventBytes in the config file" }];
  return encodeError(
    id,
    toRpcError(new GatewayError("payload_too_large", message, { executed: "executed", fix }), "", "2025"),
  );
}

/** One timer for all answers that are under way, instead of one each. */
export class KeepAlive {
  /** An array with places: a Set with an insert and a delete for every call leaves old tables to the full collection. */
  readonly #answers: Answer[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(afterMs: number) {
    const tick = Math.max(10, afterMs / 3);
    this.#timer = setInterval(() => {
      const due = Date.now() - afterMs + tick;
      for (const answer of this.#answers) if (answer.lastWrite <= due) answer.keepAlive();
    }, tick).unref();
  }

  watch(answer: Answer): void {
    answer.place = this.#answers.push(answer) - 1;
  }

  forget(answer: Answer): void {
    const last = answer.place < 0 ? undefined : this.#answers.pop();
    if (last !== undefined && last !== answer) {
      this.#answers[answer.place] = last;
      last.place = answer.place;
    }
    answer.place = -1;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#answers.length = 0;
  }
}
