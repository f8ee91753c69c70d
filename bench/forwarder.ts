import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { type Dispatcher, Pool } from "undici";

/** The least that a gateway in Node can be: node:http in, undici's `dispatch` out, not a byte looked at. */
const [, , origin = ""] = process.argv;
const pool = new Pool(origin, { connections: 64, pipelining: 1 });

class Forward implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #chunks: Buffer[] = [];
  #status = 502;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  onRequestStart(): void {}

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    const headers = { "content-type": "application/json", "content-length": body.length };
    this.#response.writeHead(this.#status, headers).end(body);
  }

  onResponseError(): void {
    this.#response.writeHead(502).end();
  }
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const [first] = chunks;
    const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    pool.dispatch({ path: request.url ?? "/", method: "POST", headers, body }, new Forward(response));
  });
}

const server = createServer(forward);
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
