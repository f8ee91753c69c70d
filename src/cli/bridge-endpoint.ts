import { type Dispatcher, Pool } from "undici";

import { GatewayError } from "../domain/errors.ts";
import { SseReader } from "../wire/sse.ts";

export type Headers = Readonly<Record<string, string>>;
export type Answer = Dispatcher.ResponseData;

/** One message of the gateway. Its own replies are smaller; this only keeps a wrong address from filling the memory. */
const MESSAGE_BYTES = 32 * 1024 * 1024;

/** The gateway's MCP endpoint over HTTP. Answers may take as long as the gateway lets a call take. */
export class BridgeEndpoint {
  readonly url: string;
  readonly #path: string;
  readonly #headers: Headers;
  readonly #pool: Pool;

  constructor(url: string, headers: Headers) {
    const { origin, pathname, search } = new URL(url);
    this.url = url;
    this.#path = `${pathname}${search}`;
    this.#headers = headers;
    this.#pool = new Pool(origin, { headersTimeout: 0, bodyTimeout: 0 });
  }

  post(body: Buffer | string, headers: Headers, signal: AbortSignal): Promise<Answer> {
    const accept = "application/json, text/event-stream";
    return this.#send("POST", { accept, "content-type": "application/json", ...headers }, signal, body);
  }

  /** `GET` opens the stream for what belongs to no request. */
  get(headers: Headers, signal: AbortSignal): Promise<Answer> {
    return this.#send("GET", { accept: "text/event-stream", ...headers }, signal);
  }

  delete(headers: Headers, signal: AbortSignal): Promise<Answer> {
    return this.#send("DELETE", headers, signal);
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  #send(
    method: "POST" | "GET" | "DELETE",
    headers: Headers,
    signal: AbortSignal,
    body?: Buffer | string,
  ): Promise<Answer> {
    return this.#pool.request({
      method,
      path: this.#path,
      headers: { ...headers, ...this.#headers },
      body: body ?? null,
      signal,
    });
  }
}

export function isEventStream(answer: Answer): boolean {
  return String(answer.headers["content-type"] ?? "").startsWith("text/event-stream");
}

/** Where a stream was, so that it can be opened again there. */
export interface StreamPosition {
  lastEventId: string | undefined;
  retryMs: number | undefined;
}

/** The messages of an answer as they come: one of a JSON body, any number of an event stream. */
export async function* messagesOf(answer: Answer, position?: StreamPosition): AsyncGenerator<Buffer> {
  if (!isEventStream(answer)) {
    const body = await bodyOf(answer);
    if (body.length > 0) yield body;
    return;
  }
  const reader = new SseReader(MESSAGE_BYTES);
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    const events = reader.push(chunk);
    if (position !== undefined) {
      position.lastEventId = reader.lastEventId ?? position.lastEventId;
      position.retryMs = reader.retryMs ?? position.retryMs;
    }
    for (const { event = "message", data } of events) {
      if (event === "message" && data.length > 0) yield data;
    }
  }
}

async function bodyOf(answer: Answer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MESSAGE_BYTES) {
      throw new GatewayError("payload_too_large", `The answer is longer than ${MESSAGE_BYTES} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
