import type { ServerResponse } from "node:http";

import type { JsonObject } from "../domain/json.ts";
import { encodeNotification } from "../wire/message.ts";
import { SSE_COMMENT, encodeSseEvent } from "../wire/sse.ts";

/** Name and value in turn, as node:http takes them. */
const SSE_HEADERS = [
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

  get open(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed;
  }

  /** Dropped when the client accepts no event stream or is gone. */
  notify(method: string, params: JsonObject): void {
    if (this.#startStream())
      this.#write(encodeSseEvent({ event: "message", data: encodeNotification(method, params) }));
  }

  keepAlive(): void {
    if (this.#startStream()) this.#write(SSE_COMMENT);
  }

  /** The last message. `status` counts only while nothing was streamed. */
  send(message: Buffer, status = 200): void {
    if (!this.open) return;
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
    if (!this.#streaming) this.#response.writeHead(status, this.#headers);
    this.#response.end();
  }

  #startStream(): boolean {
    if (!this.mayStream || !this.open) return false;
    if (this.#streaming) return true;
    this.#streaming = true;
    this.#response.writeHead(200, [...this.#headers, ...SSE_HEADERS]);
    return true;
  }

  #write(bytes: Buffer | string): void {
    this.lastWrite = Date.now();
    this.#response.write(bytes);
  }
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
