import type { IncomingHttpHeaders } from "node:http";

export interface OutgoingHttp {
  /** With the query. */
  readonly path: string;
  readonly method: string;
  /** Name and value in turn, or an object. A list is not changed after it was sent for the first time. */
  readonly headers?: string[] | Readonly<Record<string, string>>;
  readonly body?: string | Buffer | null;
}

export interface ExchangeController {
  abort(reason: Error): void;
}

/** What undici's dispatch handlers are, less what nobody needs. */
export interface ExchangeHandler {
  /** Just before the first byte is written. */
  onRequestStart(controller: ExchangeController): void;
  onResponseStart(controller: ExchangeController, status: number, headers: IncomingHttpHeaders): void;
  onResponseData(controller: ExchangeController, chunk: Buffer): void;
  onResponseEnd(controller: ExchangeController): void;
  /** Without a controller: nothing was written. */
  onResponseError(controller: ExchangeController | undefined, error: Error): void;
}

/** Keep-alive connections to one origin. */
export interface OriginPool {
  dispatch(request: OutgoingHttp, handler: ExchangeHandler): void;
  /** Lets requests under way end; takes no more. */
  close(): Promise<void>;
  destroy(): Promise<void>;
}
