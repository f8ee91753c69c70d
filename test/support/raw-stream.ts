import { request } from "undici";

import { SseReader } from "../../src/wire/sse.ts";
import { until } from "./child-processes.ts";
import type { Json } from "./mcp-clients.ts";

const EVENT_BYTES = 1024 * 1024;

/** What one HTTP request brings, message by message, to a client that may drop the connection at any moment. */
export class RawStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly messages: Json[] = [];
  /** Of every event so far, the priming one included. */
  readonly eventIds: string[] = [];
  readonly #body: Awaited<ReturnType<typeof request>>["body"];
  #ended = false;

  constructor(answer: Awaited<ReturnType<typeof request>>) {
    this.status = answer.statusCode;
    this.headers = answer.headers;
    this.#body = answer.body;
    // A dropped connection is what these tests are about.
    this.#read().catch(() => {});
  }

  get lastEventId(): string | undefined {
    return this.eventIds.at(-1);
  }

  /** The first message that is wanted; it may have come already. */
  async message(what: string, isWanted: (message: Json) => boolean, timeoutMs = 10_000): Promise<Json> {
    return await until(what, () => this.messages.find(isWanted), timeoutMs);
  }

  async answer(id: number | string): Promise<Json> {
    return await this.message(
      `the answer to ${id}`,
      (message) => message["id"] === id && !("method" in message),
    );
  }

  async question(method: string): Promise<Json> {
    return await this.message(`a request for ${method}`, (message) => message["method"] === method);
  }

  async end(): Promise<void> {
    await until("the end of the answer", () => this.#ended);
  }

  /** As when a laptop is closed: the connection is gone, and nobody said goodbye. */
  async drop(): Promise<void> {
    if (this.#body.destroyed) return;
    await new Promise((closed) => {
      this.#body
        .on("error", () => {})
        .once("close", closed)
        .destroy();
    });
  }

  async #read(): Promise<void> {
    const isStream = String(this.headers["content-type"] ?? "").startsWith("text/event-stream");
    const reader = new SseReader(EVENT_BYTES);
    const chunks: Buffer[] = [];
    for await (const chunk of this.#body as AsyncIterable<Buffer>) {
      if (!isStream) chunks.push(chunk);
      else {
        for (const { id, data } of reader.push(chunk)) {
          if (id !== undefined) this.eventIds.push(id);
          if (data.length > 0) this.messages.push(JSON.parse(data.toString("utf8")) as Json);
        }
        // An event without data is none for the reader; its id counts all the same.
        const { lastEventId } = reader;
        if (lastEventId !== undefined && !this.eventIds.includes(lastEventId))
          this.eventIds.push(lastEventId);
      }
    }
    if (chunks.length > 0) this.messages.push(JSON.parse(Buffer.concat(chunks).toString("utf8")) as Json);
    this.#ended = true;
  }
}

export async function openStream(
  url: string,
  sent: { readonly method: "GET" | "POST"; readonly body?: Json; readonly headers: Record<string, string> },
): Promise<RawStream> {
  const body = sent.body === undefined ? null : JSON.stringify(sent.body);
  return new RawStream(
    await request(url, {
      method: sent.method,
      headers: sent.headers,
      body,
      headersTimeout: 30_000,
      bodyTimeout: 0,
    }),
  );
}
