import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

import type { WireMessage } from "./bridge-bench.ts";

export interface Seen {
  readonly verb: string;
  readonly headers: IncomingMessage["headers"];
  readonly message: WireMessage;
  closed: boolean;
}
type Answering = (seen: Seen, response: ServerResponse) => void;

/** A gateway that answers as the test wants it to. */
export class ScriptedGateway {
  readonly seen: Seen[] = [];
  url = "";
  answering: Answering = (seen, response) => answerWith(response, seen, { ok: true });
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  async open(port = 0): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  methods(): string[] {
    return this.seen.map(({ verb, message }) => message.method ?? verb);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk as string;
    const message = (body === "" ? {} : JSON.parse(body)) as WireMessage;
    const seen = { verb: request.method ?? "", headers: request.headers, message, closed: false };
    this.seen.push(seen);
    response.on("close", () => (seen.closed = true));
    this.answering(seen, response);
  }
}

export function json(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}

export function answerWith(
  response: ServerResponse,
  { message }: Seen,
  result: object,
  headers: Record<string, string> = {},
): void {
  if (message.id === undefined) response.writeHead(202).end();
  else json(response, 200, { jsonrpc: "2.0", id: message.id, result }, headers);
}
