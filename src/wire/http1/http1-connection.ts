import type { IncomingHttpHeaders } from "node:http";
import { type LookupFunction, type Socket, connect } from "node:net";

import type { ExchangeHandler, OutgoingHttp } from "../origin-pool.ts";
import { ConnectionError } from "./connection-error.ts";
import type { RequestHeads } from "./request-head.ts";
import { MalformedResponse, ResponseParser } from "./response-parser.ts";

/** All sockets read into this one: what is kept of it is copied before the next read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);
/** Node's own servers close a connection after 5 s, and it must not be used while they do. */
const IDLE_MS = 4_000;
const LONGEST_IDLE_MS = 600_000;
const IDLE_MARGIN_MS = 1_000;

export interface ConnectionPlan {
  readonly host: string;
  readonly port: number;
  readonly lookup: LookupFunction;
  readonly connectMs: number;
  readonly maxHeadBytes: number;
  readonly heads: RequestHeads;
}

export interface ConnectionOwner {
  /** The first event, unless it never gets that far. */
  onOpen(connection: Http1Connection): void;
  /** It can carry a request. */
  onFree(connection: Http1Connection): void;
  /** Once. `error`: why it never was open. */
  onGone(connection: Http1Connection, error: Error | undefined): void;
}

/** One keep-alive connection of HTTP/1.1: one request at a time, without pipelining. */
export class Http1Connection {
  readonly #plan: ConnectionPlan;
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #parser: ResponseParser;
  #timer: NodeJS.Timeout | undefined;
  #handler: ExchangeHandler | undefined;
  #error: Error | undefined;
  #idleMs = IDLE_MS;
  #open = false;
  /** Milliseconds of `performance.now()` after which the peer may close it. */
  #idleUntil = 0;

  constructor(plan: ConnectionPlan, owner: ConnectionOwner) {
    this.#plan = plan;
    this.#owner = owner;
    this.#parser = new ResponseParser(this, plan.maxHeadBytes);
    const { host, port, lookup } = plan;
    const onread = { buffer: READ_BUFFER, callback: (length: number) => this.#read(length) };
    this.#socket = connect({ host, port, lookup, noDelay: true, keepAlive: true, onread });
    this.#socket.on("connect", () => this.#opened());
    this.#socket.on("error", (error) => (this.#error ??= error));
    this.#socket.on("end", () => this.#ended());
    this.#socket.on("close", () => this.#closed());
    this.#timer = setTimeout(
      () => this.#socket.destroy(new ConnectionError("ETIMEDOUT", `no connection to ${host} in time`)),
      plan.connectMs,
    );
  }

  /** Whether another request may be sent: it is open, and the peer will not close it just now. */
  get usable(): boolean {
    return !this.#socket.destroyed && this.#idleUntil > performance.now();
  }

  send(request: OutgoingHttp, handler: ExchangeHandler): void {
    let head: string;
    try {
      head = this.#plan.heads.of(request);
    } catch (error) {
      handler.onResponseError(undefined, error as Error);
      return this.#owner.onFree(this);
    }
    this.#handler = handler;
    handler.onRequestStart(this);
    // The handler may have given up at once.
    if (this.#handler !== handler) return;
    this.#parser.expect(request.method);
    this.#write(head, request.body ?? "");
  }

  /** The answer is no longer wanted: only the end of the connection stops it. */
  abort(reason: Error): void {
    this.#fail(reason);
    this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  head(status: number, headers: IncomingHttpHeaders): void {
    const hint = headers["keep-alive"];
    if (hint !== undefined) this.#idleMs = idleMsOf(String(hint));
    this.#handler?.onResponseStart(this, status, headers);
  }

  data(bytes: Buffer): void {
    this.#handler?.onResponseData(this, Buffer.from(bytes));
  }

  end(reusable: boolean): void {
    const handler = this.#handler;
    this.#handler = undefined;
    // A response that came before the request was written leaves bytes that would be taken for the next request.
    const free = reusable && this.#socket.writableLength === 0 && !this.#socket.destroyed;
    if (!free) this.#socket.destroy();
    handler?.onResponseEnd(this);
    if (!free) return;
    this.#idleUntil = performance.now() + this.#idleMs;
    this.#owner.onFree(this);
  }

  #opened(): void {
    clearTimeout(this.#timer);
    this.#open = true;
    this.#idleUntil = performance.now() + this.#idleMs;
    this.#owner.onOpen(this);
  }

  /** One write if it can be: each is a system call. */
  #write(head: string, body: string | Buffer): void {
    const socket = this.#socket;
    if (typeof body === "string" && Buffer.byteLength(body) === body.length) {
      socket.write(head + body, "latin1");
      return;
    }
    socket.cork();
    socket.write(head, "latin1");
    socket.write(body);
    socket.uncork();
  }

  #read(length: number): boolean {
    try {
      this.#parser.push(READ_BUFFER.subarray(0, length));
    } catch (error) {
      if (!(error instanceof MalformedResponse)) throw error;
      this.#fail(error);
      this.#socket.destroy();
    }
    return true;
  }

  #ended(): void {
    if (!this.#parser.close()) this.#socket.destroy();
  }

  #closed(): void {
    clearTimeout(this.#timer);
    const error = this.#error ?? new ConnectionError("ECONNRESET", "the connection was closed");
    this.#owner.onGone(this, this.#open ? undefined : error);
    this.#fail(error);
  }

  #fail(error: Error): void {
    const handler = this.#handler;
    this.#handler = undefined;
    handler?.onResponseError(this, error);
  }
}

function idleMsOf(hint: string): number {
  const seconds = /timeout=(\d{1,6})/.exec(hint)?.[1];
  if (seconds === undefined) return IDLE_MS;
  return Math.min(Math.max(Number(seconds) * 1_000 - IDLE_MARGIN_MS, 0), LONGEST_IDLE_MS);
}
