import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";

import type { Json } from "./mcp-clients.ts";

export interface StreamEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/** One HTTP exchange that may answer with an event stream, read as it comes; it can be cut at any time. */
export class OpenStream {
  readonly response: IncomingMessage;
  readonly #request: ClientRequest;
  readonly #events: StreamEvent[] = [];
  #rest = "";
  #text = "";
  #isEnded = false;

  private constructor(sent: ClientRequest, response: IncomingMessage) {
    this.#request = sent;
    this.response = response;
    response.setEncoding("utf8");
    response.on("data", (text: string) => this.#read(text));
    response.on("close", () => (this.#isEnded = true));
    response.on("error", () => {});
  }

  static async open(
    url: string,
    sent: { method: "GET" | "POST"; headers: Record<string, string>; body?: unknown },
  ): Promise<OpenStream> {
    const outgoing = request(url, { method: sent.method, headers: sent.headers, agent: false });
    outgoing.end(sent.body === undefined ? undefined : JSON.stringify(sent.body));
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    outgoing.on("error", () => {});
    return new OpenStream(outgoing, response);
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  get text(): string {
    return this.#text;
  }

  get events(): readonly StreamEvent[] {
    return this.#events;
  }

  get messages(): readonly Json[] {
    return this.#events.filter(({ data }) => data !== "").map(({ data }) => JSON.parse(data) as Json);
  }

  get lastId(): string {
    return this.#events.findLast(({ id }) => id !== undefined)?.id ?? "";
  }

  /** Waits for so many events, those without data included. */
  async first(count: number): Promise<readonly StreamEvent[]> {
    while (this.#events.length < count && !this.#isEnded) await once(this.response, "data");
    return this.#events;
  }

  async ended(): Promise<void> {
    if (!this.#isEnded) await once(this.response, "close");
  }

  cut(): void {
    this.#request.destroy();
  }

  #read(text: string): void {
    this.#text += text;
    const blocks = (this.#rest + text).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = /^data: ?(.*)$/m.exec(block)?.[1];
      if (data !== undefined) this.#events.push({ id: /^id: ?(.*)$/m.exec(block)?.[1], data });
    }
  }
}
