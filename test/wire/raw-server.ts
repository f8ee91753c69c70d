import { once } from "node:events";
import {
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  createServer,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A real HTTP server that a test scripts; it counts and keeps what comes. */
export class RawServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How many connections were opened. */
  connections = 0;
  /** How many of them are closed. */
  closedConnections = 0;
  /** How many requests came. */
  requests = 0;

  private constructor(listener: RequestListener) {
    this.#server = createServer((request, response) => {
      this.requests += 1;
      listener(request, response);
    });
    this.#server.on("connection", (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on("close", () => {
        this.closedConnections += 1;
        this.#sockets.delete(socket);
      });
      socket.on("error", () => undefined);
    });
  }

  static async start(listener: RequestListener, host = "127.0.0.1"): Promise<RawServer> {
    const raw = new RawServer(listener);
    raw.#server.listen(0, host);
    await once(raw.#server, "listening");
    return raw;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

/** Waits until something has become true; a test that waits too long fails by its own time limit. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}
