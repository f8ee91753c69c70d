import type { IncomingHttpHeaders } from "node:http";

import { GatewayError } from "../domain/errors.ts";
import { UpstreamBroken, UpstreamError } from "../domain/upstream-errors.ts";
import { ByteBuffer } from "./byte-buffer.ts";
import { connectFailure } from "./connect-failure.ts";
import type { ExchangeController, ExchangeHandler, OriginPool, OutgoingHttp } from "./origin-pool.ts";
import { EventTooLarge, type SseEvent, SseReader } from "./sse.ts";

const EMPTY = Buffer.alloc(0);
/** How long a server may take to end a stream of which nothing more is wanted, before the connection is given up. */
const LINGER_MS = 1_000;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty when the events of the body went to a sink. */
  readonly body: Buffer;
  readonly streamed: boolean;
}

/** Where a stream can be taken up again, and when. */
export interface StreamPosition {
  readonly lastEventId: string | undefined;
  readonly retryMs: number | undefined;
}

/** Takes the events of a 2xx `text/event-stream` answer while they come. */
export interface EventSink {
  /** True when no more are wanted: the exchange is then done. May throw; the exchange fails with that. */
  event(event: SseEvent): boolean;
  /** The stream is open. `position` keeps up with it. */
  opened?(position: StreamPosition): void;
}

export interface ExchangeOptions {
  /** Named in the errors. */
  readonly server: string;
  /** Gives up the exchange. */
  readonly signal?: AbortSignal | undefined;
  /** Cap for a whole body, and for one event of a stream. */
  readonly maxBytes: number;
  readonly sink?: EventSink | undefined;
  /** Called just before the first byte is written. */
  readonly onSent?: (() => void) | undefined;
}

/**
 * One HTTP request and its answer. Rejects with an UpstreamError whose outcome says whether the request was written, or
 * with GatewayError("cancelled"). On the path of every call: the handler is the only object that it makes for the pool.
 */
export class HttpExchange implements ExchangeHandler {
  readonly #options: ExchangeOptions;
  #resolve: (answer: HttpAnswer) => void = () => {};
  #reject: (error: Error) => void = () => {};
  #controller: ExchangeController | undefined;
  #settled = false;
  #sent = false;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  readonly #body = new ByteBuffer();
  #sse: SseReader | undefined;
  #linger: NodeJS.Timeout | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  send(pool: OriginPool, request: OutgoingHttp): Promise<HttpAnswer> {
    const { signal } = this.#options;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      if (signal?.aborted === true) return this.handleEvent();
      signal?.addEventListener("abort", this);
      pool.dispatch(request, this);
    });
  }

  /** The signal aborted. */
  handleEvent(): void {
    this.#fail(
      new GatewayError("cancelled", "The call was cancelled.", {
        executed: this.#sent ? "unknown" : "not_executed",
      }),
    );
  }

  onRequestStart(controller: ExchangeController): void {
    this.#controller = controller;
    if (this.#settled) return controller.abort(GIVEN_UP);
    // A pool that sends a request again which it believes to be lost: never execute twice.
    if (this.#sent) return this.#fail(new UpstreamBroken(this.#options.server, "the connection was lost"));
    this.#sent = true;
    this.#options.onSent?.();
  }

  onResponseStart(_: ExchangeController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#settled) return;
    this.#status = status;
    this.#headers = headers;
    const { sink, maxBytes } = this.#options;
    if (sink !== undefined && status < 300 && isEventStream(headers)) {
      this.#sse = new SseReader(maxBytes);
      sink.opened?.(this.#sse);
    } else if (Number(headers["content-length"] ?? 0) > maxBytes) this.#tooLarge();
  }

  onResponseData(_: ExchangeController, chunk: Buffer): void {
    if (this.#settled) return;
    if (this.#sse !== undefined) return this.#onEvents(this.#sse, chunk);
    if (this.#body.length + chunk.length > this.#options.maxBytes) return this.#tooLarge();
    this.#body.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#linger !== undefined) clearTimeout(this.#linger);
    this.#succeed(this.#body.take());
  }

  onResponseError(_: ExchangeController | undefined, error: Error): void {
    if (this.#linger !== undefined) clearTimeout(this.#linger);
    if (this.#settled) return;
    const { server } = this.#options;
    this.#fail(
      this.#sent
        ? new UpstreamBroken(server, brokenReason(error), { cause: error })
        : connectFailure(server, error),
    );
  }

  #onEvents(sse: SseReader, chunk: Buffer): void {
    try {
      for (const event of sse.push(chunk)) {
        if (this.#options.sink?.event(event) !== true) continue;
        this.#succeed(EMPTY);
        // A server that ends the stream now leaves a connection that can be used again.
        this.#linger = setTimeout(() => this.#controller?.abort(GIVEN_UP), LINGER_MS).unref();
        return;
      }
    } catch (error) {
      if (error instanceof EventTooLarge) this.#tooLarge();
      else this.#fail(error as Error);
    }
  }

  #succeed(body: Buffer): void {
    if (this.#settled) return;
    this.#settle();
    this.#resolve({ status: this.#status, headers: this.#headers, body, streamed: this.#sse !== undefined });
  }

  #tooLarge(): void {
    const { server, maxBytes } = this.#options;
    const message = `Upstream "${server}" sent more than ${maxBytes} bytes. The call may have been executed.`;
    this.#fail(
      new UpstreamError("upstream_reply_too_large", server, "unknown", message, {
        details: { max_bytes: maxBytes },
      }),
    );
  }

  #fail(error: Error): void {
    if (this.#settled) return;
    this.#settle();
    this.#reject(error);
    this.#controller?.abort(GIVEN_UP);
  }

  #settle(): void {
    this.#settled = true;
    this.#options.signal?.removeEventListener("abort", this);
  }
}

/** Only the pool sees it: the exchange has settled before. */
const GIVEN_UP = new GatewayError("cancelled", "The answer is no longer wanted.");

function isEventStream(headers: IncomingHttpHeaders): boolean {
  return mediaType(headers) === "text/event-stream";
}

/** `application/json` of `Application/JSON; charset=utf-8`. */
export function mediaType(headers: IncomingHttpHeaders): string {
  const type = headers["content-type"] ?? "";
  if (type === "application/json") return type;
  return (type.split(";", 1)[0] ?? "").trim().toLowerCase();
}

function brokenReason(error: Error): string {
  const { code } = error as { code?: unknown };
  if (code === "UND_ERR_SOCKET" || code === "ECONNRESET") return "it closed the connection";
  if (code === "UND_ERR_DESTROYED") return "the gateway closed the connection";
  return typeof code === "string" ? `${error.message} (${code})` : error.message;
}
