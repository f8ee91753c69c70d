import type { IncomingHttpHeaders } from "node:http";

/** Hears of one response, in this order. */
export interface ResponseListener {
  head(status: number, headers: IncomingHttpHeaders): void;
  /** The bytes are valid only until the call returns. */
  data(bytes: Buffer): void;
  /** `reusable`: the connection can carry another request. */
  end(reusable: boolean): void;
}

/** The bytes are no HTTP/1.1 response, or one that two readers could understand in two ways (RFC 9112). */
export class MalformedResponse extends Error {
  readonly code = "HPE_INVALID";
}

const CRLF = Buffer.from("\r\n");
const HEAD_END = Buffer.from("\r\n\r\n");
const EMPTY = Buffer.alloc(0);
const LONGEST_CHUNK_LINE = 1_024;
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;

type State = "idle" | "head" | "length" | "chunk-size" | "chunk" | "chunk-end" | "trailer" | "until-close";

/** Responses of one connection, one after the other (RFC 9112). */
export class ResponseParser {
  readonly #maxHeadBytes: number;
  readonly #listener: ResponseListener;
  #state: State = "idle";
  #rest: Buffer = EMPTY;
  #left = 0;
  #trailerBytes = 0;
  #reusable = true;
  #ended = false;
  #method = "";

  constructor(listener: ResponseListener, maxHeadBytes: number) {
    this.#listener = listener;
    this.#maxHeadBytes = maxHeadBytes;
  }

  /** A request has been sent: its response comes next. */
  expect(method: string): void {
    this.#state = "head";
    this.#method = method;
  }

  /** Throws MalformedResponse; the connection is then of no more use. */
  push(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = EMPTY;
    while (bytes.length > 0) {
      const used = this.#step(bytes);
      if (used === 0) {
        this.#rest = Buffer.from(bytes);
        return;
      }
      bytes = used === bytes.length ? EMPTY : bytes.subarray(used);
      // Bytes after the end are nobody's answer; whoever sends them sends no next one that could be trusted.
      if (this.#ended) return this.#tellEnd(this.#reusable && bytes.length === 0);
    }
  }

  /** The peer has closed. True if that was the end of the response. */
  close(): boolean {
    if (this.#state !== "until-close") return false;
    this.#state = "idle";
    this.#tellEnd(false);
    return true;
  }

  /** How many bytes were taken; 0 when more are needed. */
  #step(bytes: Buffer): number {
    switch (this.#state) {
      case "head":
        return this.#head(bytes);
      case "length":
      case "chunk":
        return this.#body(bytes);
      case "chunk-size":
        return this.#chunkSize(bytes);
      case "chunk-end":
        return this.#chunkEnd(bytes);
      case "trailer":
        return this.#trailer(bytes);
      case "until-close":
        this.#listener.data(bytes);
        return bytes.length;
      case "idle":
        throw new MalformedResponse("bytes that nobody asked for");
    }
  }

  #head(bytes: Buffer): number {
    const end = bytes.indexOf(HEAD_END);
    if (end > this.#maxHeadBytes || (end < 0 && bytes.length > this.#maxHeadBytes))
      throw new MalformedResponse("the headers are too long");
    if (end < 0) return 0;
    const text = bytes.toString("latin1", 0, end + 2);
    const status = statusOf(text);
    const headers = headersOf(text);
    if (status === 101) throw new MalformedResponse("it switches protocols");
    if (status < 200) return end + 4;
    this.#reusable = isReusable(text, headers);
    this.#state = this.#bodyState(status, headers);
    this.#listener.head(status, headers);
    if (this.#state === "length" && this.#left === 0) this.#finish();
    return end + 4;
  }

  #bodyState(status: number, headers: IncomingHttpHeaders): State {
    const encoding = headers["transfer-encoding"];
    const length = headers["content-length"];
    this.#left = 0;
    if (this.#method === "HEAD" || status === 204 || status === 304) return "length";
    if (encoding !== undefined) {
      if (length !== undefined || encoding.trim().toLowerCase() !== "chunked")
        throw new MalformedResponse("its length is ambiguous");
      return "chunk-size";
    }
    if (length === undefined) return "until-close";
    if (!/^\d{1,15}$/.test(length)) throw new MalformedResponse("its length is no number");
    this.#left = Number(length);
    return "length";
  }

  #body(bytes: Buffer): number {
    const used = Math.min(this.#left, bytes.length);
    this.#left -= used;
    this.#listener.data(used === bytes.length ? bytes : bytes.subarray(0, used));
    if (this.#left > 0) return used;
    if (this.#state === "chunk") this.#state = "chunk-end";
    else if (this.#state === "length") this.#finish();
    return used;
  }

  #chunkSize(bytes: Buffer): number {
    const end = lineEnd(bytes);
    if (end < 0) return 0;
    const digits = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(bytes.toString("latin1", 0, end))?.[1];
    if (digits === undefined) throw new MalformedResponse("a chunk has no length");
    this.#left = Number.parseInt(digits, 16);
    this.#trailerBytes = 0;
    this.#state = this.#left === 0 ? "trailer" : "chunk";
    return end + 2;
  }

  #chunkEnd(bytes: Buffer): number {
    if (bytes.length < 2) return 0;
    if (bytes[0] !== 13 || bytes[1] !== 10) throw new MalformedResponse("a chunk is longer than it said");
    this.#state = "chunk-size";
    return 2;
  }

  #trailer(bytes: Buffer): number {
    const end = lineEnd(bytes);
    if (end < 0) return 0;
    this.#trailerBytes += end + 2;
    if (this.#trailerBytes > this.#maxHeadBytes) throw new MalformedResponse("the trailers are too long");
    if (end === 0) this.#finish();
    return end + 2;
  }

  #finish(): void {
    this.#state = "idle";
    this.#ended = true;
  }

  #tellEnd(reusable: boolean): void {
    this.#ended = false;
    this.#listener.end(reusable);
  }
}

function lineEnd(bytes: Buffer): number {
  const end = bytes.indexOf(CRLF);
  if (end < 0 && bytes.length > LONGEST_CHUNK_LINE) throw new MalformedResponse("a line is too long");
  return end;
}

function statusOf(text: string): number {
  const status = Number(text.slice(9, 12));
  if (!/^HTTP\/1\.[01] [1-5]\d\d[ \r]/.test(text))
    throw new MalformedResponse("it does not begin as HTTP/1.1");
  return status;
}

/** Of repeated headers the values are joined, as everywhere; a repeated length must be the same. */
function headersOf(text: string): IncomingHttpHeaders {
  const headers: Record<string, string> = {};
  for (let at = text.indexOf("\r\n") + 2; at < text.length;) {
    const end = text.indexOf("\r\n", at);
    const colon = text.indexOf(":", at);
    if (colon <= at || colon > end) throw new MalformedResponse("a header has no name");
    const name = text.slice(at, colon).toLowerCase();
    const value = text.slice(colon + 1, end).trim();
    const before = headers[name];
    if (before === undefined) {
      if (!TOKEN.test(name)) throw new MalformedResponse("a header has a name that is none");
      headers[name] = value;
    } else if (name !== "content-length") headers[name] = `${before}, ${value}`;
    else if (before !== value) throw new MalformedResponse("it has two lengths");
    at = end + 2;
  }
  return headers;
}

function isReusable(text: string, headers: IncomingHttpHeaders): boolean {
  const connection = headers.connection?.toLowerCase();
  if (text.startsWith("HTTP/1.0")) return connection === "keep-alive";
  return connection === undefined || !connection.includes("close");
}
