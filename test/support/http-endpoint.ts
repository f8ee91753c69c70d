import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import { type HttpTool, NewHttpTool } from "../../src/domain/http-tool.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { DEFAULT_LIMITS } from "../../src/domain/limits.ts";
import type { Connection, UpstreamCall } from "../../src/upstream/connection.ts";
import { connectHttpTools } from "../../src/upstream/http-tools/http-tools.ts";
import { refuseQuestion } from "../../src/upstream/refuse-question.ts";
import { type Egress, createEgress } from "../../src/wire/egress.ts";
import type { Reply } from "../../src/wire/reply.ts";

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A real endpoint that remembers what it got. */
export class Endpoint {
  readonly received: Received[] = [];
  reply: (response: ServerResponse, request: Received) => void = (response) =>
    response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true}');
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { method = "", url = "", headers } = request;
        const received = { method, url, headers, body: Buffer.concat(chunks).toString("utf8") };
        this.received.push(received);
        this.reply(response, received);
      });
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((ready) => this.#server.listen(0, "127.0.0.1", ready));
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  answer(
    status: number,
    type: string | undefined,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): void {
    const named = type === undefined ? {} : { "content-type": type };
    this.reply = (response) => response.writeHead(status, { ...named, ...headers }).end(body);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** One HTTP tool called "tool" over the real connection and the real egress, in front of a real endpoint. */
export class HttpToolBench {
  readonly endpoint = new Endpoint();
  /** The endpoint's own address is allowed; no other that is private. */
  readonly egress: Egress = createEgress({ allowPrivate: false, allow: ["127.0.0.1"] }, DEFAULT_LIMITS);
  tools: readonly HttpTool[] = [];
  connection!: Connection;

  static async start(): Promise<HttpToolBench> {
    const bench = new HttpToolBench();
    await bench.endpoint.open();
    bench.connection = await connectHttpTools(
      {
        server: "custom",
        tools: () => bench.tools,
        egress: bench.egress,
        limits: { replyBytes: 64 * 1024, jsonDepth: 16 },
      },
      { onNotification: () => {}, onRequest: refuseQuestion, onClosed: () => {} },
      new AbortController().signal,
    );
    return bench;
  }

  async close(): Promise<void> {
    await this.connection.close();
    await this.egress.close();
    this.endpoint.close();
  }

  register(definition: Partial<NewHttpTool> & { path?: string } = {}, revision = 1): void {
    const { path = "/", ...rest } = definition;
    const endpoint = this.endpoint.origin + path;
    const tool = NewHttpTool.parse({ name: "tool", description: "A tool", endpoint, ...rest });
    this.tools = [{ ...tool, id: "tool_1", revision, created_at: "", updated_at: "" }];
  }

  call(args: JsonObject = {}, options: Partial<UpstreamCall> = {}): Promise<Reply> {
    return this.ask("tools/call", { params: { name: "tool", arguments: args }, ...options });
  }

  ask(method: string, options: Partial<UpstreamCall> = {}): Promise<Reply> {
    const { signal } = new AbortController();
    return this.connection.call({ method, params: {}, era: "2025", scope: "", signal, ...options });
  }
}

export async function failureOf(work: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await work.then(
    () => expect.fail("did not fail"),
    (failure: unknown) => failure,
  );
  if (!(error instanceof GatewayError)) throw error;
  return error;
}
