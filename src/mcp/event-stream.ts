import type { ServerResponse } from "node:http";

import { SSE_COMMENT, encodeSseEvent } from "../wire/sse.ts";
import { type EventId, encodeEventId } from "./event-id.ts";
import type { EventLog } from "./event-log.ts";

/** How soon a client should come back. The SDK's clients try twice: long enough for a gateway that starts again. */
export const RETRY_MS = 2_000;
/** An upstream may want a longer pause; its answer is fetched when it is there, however often the client asks. */
const MAX_RETRY_MS = 300_000;

export interface EventStreamDeps {
  readonly log: EventLog;
  readonly name: Pick<EventId, "log" | "stream" | "request">;
  /** False: clients of 2024-11-05 know no event ids. */
  readonly ids: boolean;
  /** True: the client takes an event without data, and so has an id before there is anything to say. */
  readonly primes: boolean;
  readonly resumeMs: number;
  /** Nobody came back within `resumeMs`, or nobody can. */
  readonly onLost?: () => void;
  readonly onEnd?: () => void;
}

/** One stream of events of a session. Connections of the client come and go; what is written meanwhile is kept. */
export class EventStream {
  readonly #deps: EventStreamDeps;
  #seq = 0;
  /** The last event that went into a connection. */
  #delivered = 0;
  #response: ServerResponse | undefined;
  #absence: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(deps: EventStreamDeps) {
    this.#deps = deps;
  }

  get attached(): boolean {
    return this.#response !== undefined;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Goes on over this connection, whose head is written. Begins after the event `after`, or with what none has heard. */
  attach(response: ServerResponse, after = this.#delivered): void {
    this.#leave()?.end();
    clearTimeout(this.#absence);
    this.#response = response;
    const { log, name, primes } = this.#deps;
    const from = Math.min(after, this.#seq);
    const kept = log.after(name.stream, from);
    if (primes) response.write(this.#priming(from));
    else if (kept.length === 0) response.write(SSE_COMMENT);
    for (const { frame } of kept) response.write(frame);
    this.#delivered = this.#seq;
    response.on("close", () => this.#lost(response));
    if (response.destroyed) this.#lost(response);
  }

  write(message: string | Buffer): void {
    if (this.#ended) return;
    const frame = this.#frame(message, false);
    this.#keep(frame);
    if (this.#response === undefined) return;
    this.#response.write(frame);
    this.#delivered = this.#seq;
  }

  /** The last message. `instead` is kept for a client that comes back when the message is too large to be. */
  finish(message: Buffer, instead: () => Buffer): void {
    if (this.#ended) return;
    const frame = this.#frame(message, true);
    if (!this.#keep(frame)) {
      this.#seq--;
      this.#keep(this.#frame(instead(), true));
    }
    this.#over()?.end(frame);
  }

  /** Ends without a message. Its client is not to come back for it. */
  drop(): void {
    if (this.#ended) return;
    const response = this.#over();
    const { log, name, primes } = this.#deps;
    log.remove(({ stream }) => stream === name.stream);
    if (primes) response?.write(encodeSseEvent({ id: this.#id(this.#seq + 1, true), data: "" }));
    response?.end();
  }

  /** Ends the connection on purpose: the client is to come back after `retryMs`. */
  interrupt(retryMs: number): void {
    if (this.#ended || !this.#deps.primes) return;
    const pauseMs = Math.min(retryMs, MAX_RETRY_MS);
    this.#leave()?.end(`retry: ${pauseMs}\n\n`);
    this.#await(pauseMs + this.#deps.resumeMs);
  }

  /** Ends the connection; the client may come back at any time. */
  disconnect(): void {
    this.#leave()?.end();
  }

  keepAlive(): void {
    this.#response?.write(SSE_COMMENT);
  }

  /** True if none has heard this very message yet, but will. */
  isWaiting(message: string): boolean {
    if (this.attached) return false;
    const { log, name } = this.#deps;
    return log.after(name.stream, this.#delivered).some(({ frame }) => frame.includes(message));
  }

  /** Whether an event is of no more use once no client can be expected to come back for it. */
  isOver(seq: number): boolean {
    return this.#deps.name.stream === 0 && seq <= this.#delivered;
  }

  #lost(response: ServerResponse): void {
    if (this.#response !== response) return;
    this.#response = undefined;
    const { primes, ids, resumeMs } = this.#deps;
    this.#await(primes || (ids && this.#seq > 0) ? resumeMs : 0);
  }

  #await(ms: number): void {
    clearTimeout(this.#absence);
    const { onLost } = this.#deps;
    if (onLost === undefined) return;
    if (ms === 0) return onLost();
    this.#absence = setTimeout(onLost, ms).unref();
  }

  #leave(): ServerResponse | undefined {
    const response = this.#response;
    this.#response = undefined;
    return response;
  }

  #over(): ServerResponse | undefined {
    this.#ended = true;
    clearTimeout(this.#absence);
    this.#deps.onEnd?.();
    return this.#leave();
  }

  #frame(message: string | Buffer, last: boolean): Buffer {
    const id = this.#id(++this.#seq, last);
    return encodeSseEvent({ event: "message", ...(this.#deps.ids ? { id } : {}), data: message });
  }

  #keep(frame: Buffer): boolean {
    return this.#deps.log.keep({ stream: this.#deps.name.stream, seq: this.#seq, frame, at: Date.now() });
  }

  /** Carries the place from which it is written: whoever has only this one comes back to the same place. */
  #priming(from: number): string {
    return `retry: ${RETRY_MS}\n${encodeSseEvent({ id: this.#id(from, false), data: "" }).toString()}`;
  }

  #id(seq: number, last: boolean): string {
    return encodeEventId({ ...this.#deps.name, seq, last });
  }
}
