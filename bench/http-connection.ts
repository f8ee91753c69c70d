import { type Socket, connect } from "node:net";

export interface HttpReply {
  readonly status: number;
  /** Status line and headers, as they came. */
  readonly head: string;
  readonly body: Buffer;
}

/**
 * One keep-alive connection, one request at a time. Handwritten, because the load generator must cost less than what it
 * measures.
 */
export class HttpConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #onReply: ((reply: HttpReply) => void) | undefined;
  #onError: ((error: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#onError?.(error));
    socket.on("close", () => this.#onError?.(new Error("The connection was closed.")));
  }

  static open(url: URL): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(url.port), url.hostname, () => {
        socket.off("error", reject);
        resolve(new HttpConnection(socket));
      });
      socket.once("error", reject);
    });
  }

  send(request: Buffer, onReply: (reply: HttpReply) => void, onError: (error: Error) => void): void {
    this.#onReply = onReply;
    this.#onError = onError;
    this.#socket.write(request);
  }

  exchange(request: Buffer): Promise<HttpReply> {
    return new Promise((resolve, reject) => this.send(request, resolve, reject));
  }

  close(): void {
    this.#onError = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const reply = readReply(this.#received);
    if (reply === undefined) return;
    this.#received = Buffer.alloc(0);
    const onReply = this.#onReply;
    this.#onReply = undefined;
    this.#onError = undefined;
    onReply?.(reply);
  }
}

/** Nothing until the whole reply is there. */
function readReply(bytes: Buffer): HttpReply | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const head = bytes.toString("latin1", 0, headEnd);
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  const rest = bytes.subarray(headEnd + 4);
  if (length !== undefined) return rest.length < Number(length) ? undefined : { status, head, body: rest };
  if (!/\r\ntransfer-encoding: chunked/i.test(head)) return { status, head, body: rest };
  return rest.subarray(-5).toString() === "0\r\n\r\n" ? { status, head, body: rest } : undefined;
}

/** The value of a header of a reply. */
export function headerOf({ head }: HttpReply, name: string): string | undefined {
  const at = head.toLowerCase().indexOf(`\r\n${name}: `);
  if (at < 0) return undefined;
  const from = at + name.length + 4;
  const to = head.indexOf("\r\n", from);
  return head.slice(from, to < 0 ? undefined : to);
}
