import { createHash, randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";

import { VERSION_2025, type RequestId } from "../domain/protocol.ts";
import type { EventId } from "./event-id.ts";
import { type EventLimits, EventLog } from "./event-log.ts";
import { EventStream } from "./event-stream.ts";

export interface StreamLimits extends EventLimits {
  readonly resumeMs: number;
}

const TAG_LENGTH = 8;

/** The event streams of one session and what is kept of them. Made when the first one begins. */
export class SessionStreams {
  readonly #log: EventLog;
  readonly #limits: StreamLimits;
  readonly #version: string;
  /** Who asks for an event shows which session and which start of the gateway it is of. */
  readonly #tag: string;
  readonly #name: string;
  readonly #open = new Map<number, EventStream>();
  #count = 0;
  /** Of messages that belong to no request. */
  readonly news: EventStream;

  constructor(session: { readonly id: string; readonly protocolVersion: string }, limits: StreamLimits) {
    this.#limits = limits;
    this.#log = new EventLog(limits);
    this.#version = session.protocolVersion;
    this.#tag = createHash("sha256").update(session.id).digest("base64url").slice(0, TAG_LENGTH);
    this.#name = this.#tag + randomBytes(6).toString("base64url");
    this.news = this.#stream(0, undefined);
  }

  begin(request: RequestId, onLost: () => void): EventStream {
    return this.#stream(++this.#count, request, onLost);
  }

  /** Whether this session gave out that id, before or after the gateway was started. */
  knows(id: EventId): boolean {
    return id.log.startsWith(this.#tag);
  }

  isOfThisStart(id: EventId): boolean {
    return id.log === this.#name;
  }

  /** Goes on with a stream after the event that the client has. False when nothing of it is left. */
  resume(id: EventId, response: ServerResponse): boolean {
    if (!this.isOfThisStart(id)) return false;
    const stream = this.#open.get(id.stream);
    if (stream !== undefined) {
      stream.attach(response, id.seq);
      return true;
    }
    const kept = this.#log.after(id.stream, id.seq);
    if (kept.length === 0) return false;
    for (const { frame } of kept) response.write(frame);
    response.end();
    return true;
  }

  /** Forgets events that nobody will come back for. */
  purge(now: number): void {
    const oldest = now - this.#limits.resumeMs;
    this.#log.remove(({ at, stream, seq }) => at < oldest && (this.#open.get(stream)?.isOver(seq) ?? true));
  }

  /** The connections end; clients may come back for what they have not heard. */
  disconnect(): void {
    for (const stream of this.#open.values()) stream.disconnect();
  }

  /** Nothing more will be said. */
  close(): void {
    for (const stream of this.#open.values()) stream.drop();
  }

  #stream(stream: number, request: RequestId | undefined, onLost?: () => void): EventStream {
    const made = new EventStream({
      log: this.#log,
      name: { log: this.#name, stream, request },
      ids: this.#version >= "2025-03-26",
      primes: this.#version >= VERSION_2025,
      resumeMs: this.#limits.resumeMs,
      ...(onLost === undefined ? {} : { onLost }),
      onEnd: () => this.#open.delete(stream),
    });
    this.#open.set(stream, made);
    return made;
  }
}
