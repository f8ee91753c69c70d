import { GatewayError } from "../domain/errors.ts";
import { ByteBuffer } from "./byte-buffer.ts";

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const EMPTY = Buffer.alloc(0);
const NEWLINE = Buffer.from("\n");

export interface SseEvent {
  /** Only if this event carried one. */
  readonly id?: string;
  /** Only if this event named its type; without one it is a `message`. */
  readonly event?: string;
  /** Raw bytes: nothing has checked that they are UTF-8. Several data lines are joined by a newline. */
  readonly data: Buffer;
}

/** An event of a stream grew beyond the cap; the reader is of no more use. */
export class EventTooLarge extends GatewayError {
  constructor(maxBytes: number) {
    super("payload_too_large", `An event of the stream is longer than ${maxBytes} bytes.`, {
      details: { max_bytes: maxBytes },
    });
  }
}

/** Reads an event stream (WHATWG HTML, server-sent events) in chunks that may be cut anywhere. Memory is bounded per event. */
export class SseReader {
  readonly #maxBytes: number;
  /** The beginning of a line that has not ended. */
  readonly #line = new ByteBuffer();
  readonly #data = new ByteBuffer();
  #hasData = false;
  #event: string | undefined;
  #id: string | undefined;
  #afterCr = false;
  #firstLine = true;
  #overflown = false;
  #lastEventId: string | undefined;
  #retryMs: number | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The id to resume after, as the server last gave it. */
  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  /** The pause before a reconnect that the server asked for. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /** The events that this chunk completes; they may share memory with it. Throws EventTooLarge, then on every later call. */
  push(chunk: Buffer): SseEvent[] {
    if (this.#overflown) throw new EventTooLarge(this.#maxBytes);
    const events: SseEvent[] = [];
    if (chunk.length === 0) return events;
    let start = this.#afterCr && chunk[0] === LF ? 1 : 0;
    this.#afterCr = false;
    const ends = new LineEnds(chunk);
    for (let end = ends.next(start); end !== -1; end = ends.next(start)) {
      this.#read(this.#complete(chunk.subarray(start, end)), events);
      start = end + 1;
      if (chunk[end] !== CR) continue;
      if (start === chunk.length) this.#afterCr = true;
      else if (chunk[start] === LF) start++;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return events;
  }

  #keep(part: Buffer): void {
    this.#guard(part.length);
    this.#line.push(part);
  }

  /** The line whose last part has come. */
  #complete(last: Buffer): Buffer {
    let line = last;
    if (this.#line.length > 0) {
      this.#line.push(last);
      line = this.#line.take();
    }
    if (!this.#firstLine) return line;
    this.#firstLine = false;
    return line.subarray(0, BOM.length).equals(BOM) ? line.subarray(BOM.length) : line;
  }

  #read(line: Buffer, events: SseEvent[]): void {
    if (line.length === 0) return this.#dispatch(events);
    const colon = line.indexOf(COLON);
    if (colon === 0) return;
    const name = line.toString("latin1", 0, colon === -1 ? Math.min(line.length, 8) : Math.min(colon, 8));
    const value = colon === -1 ? EMPTY : line.subarray(line[colon + 1] === SPACE ? colon + 2 : colon + 1);
    this.#field(name, value);
  }

  #field(name: string, value: Buffer): void {
    switch (name) {
      case "data":
        this.#guard(value.length + (this.#hasData ? 1 : 0));
        if (this.#hasData) this.#data.push(NEWLINE);
        this.#data.push(value);
        this.#hasData = true;
        break;
      case "event":
        this.#guard(value.length);
        this.#event = value.toString();
        break;
      case "id":
        this.#guard(value.length);
        if (!value.includes(0)) this.#id = this.#lastEventId = value.toString();
        break;
      case "retry":
        if (/^\d{1,9}$/.test(value.toString("latin1", 0, 10)))
          this.#retryMs = Number(value.toString("latin1"));
    }
  }

  #dispatch(events: SseEvent[]): void {
    const event = this.#event;
    const id = this.#id;
    this.#event = undefined;
    this.#id = undefined;
    if (!this.#hasData) return;
    this.#hasData = false;
    events.push({
      ...(id === undefined ? {} : { id }),
      ...(event === undefined || event === "" ? {} : { event }),
      data: this.#data.take(),
    });
  }

  #guard(more: number): void {
    if (this.#line.length + this.#data.length + more <= this.#maxBytes) return;
    this.#overflown = true;
    this.#line.take();
    this.#data.take();
    throw new EventTooLarge(this.#maxBytes);
  }
}

/** Finds line ends one by one and looks at no byte twice. */
class LineEnds {
  readonly #bytes: Buffer;
  #lf: number;
  #cr: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#lf = bytes.indexOf(LF);
    this.#cr = bytes.indexOf(CR);
  }

  next(from: number): number {
    if (this.#lf !== -1 && this.#lf < from) this.#lf = this.#bytes.indexOf(LF, from);
    if (this.#cr !== -1 && this.#cr < from) this.#cr = this.#bytes.indexOf(CR, from);
    return this.#lf === -1 || this.#cr === -1 ? Math.max(this.#lf, this.#cr) : Math.min(this.#lf, this.#cr);
  }
}

/** A comment: keeps a connection open and is ignored by every reader. */
export const SSE_COMMENT = Buffer.from(":\n\n");

const DATA = Buffer.from("data: ");
const END = Buffer.from("\n\n");

export function encodeSseEvent(event: { id?: string; event?: string; data: string | Buffer }): Buffer {
  const head = `${field("event", event.event)}${field("id", event.id)}`;
  const data = typeof event.data === "string" ? Buffer.from(event.data) : event.data;
  const body = data.includes(LF) || data.includes(CR) ? eachLine(data) : data;
  return Buffer.concat([Buffer.from(head), DATA, body, END]);
}

function field(name: string, value: string | undefined): string {
  return value === undefined ? "" : `${name}: ${value.replaceAll(/[\r\n\0]/g, "")}\n`;
}

function eachLine(data: Buffer): Buffer {
  return Buffer.from(data.toString("latin1").replaceAll(/\r\n|\r|\n/g, "\ndata: "), "latin1");
}
