import { HttpConnection, type HttpReply, headerOf } from "./http-connection.ts";

export interface Target {
  readonly url: string;
  readonly era: "2025" | "2026";
  readonly authorization?: string;
}

/** Ids have a fixed width, so that a prepared request is changed in place. */
const FIRST_ID = 10_000_000;
const ID_DIGITS = 8;

const CLIENT_INFO = { name: "bench", version: "1.0.0" };
const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": CLIENT_INFO,
};

type Params = Readonly<Record<string, unknown>>;

/** One MCP client on one connection: in the 2025 era with a session of its own, if the server keeps sessions. */
export class McpCaller {
  readonly #target: Target;
  readonly #url: URL;
  readonly #connection: HttpConnection;
  #session: string | undefined;
  #nextId = FIRST_ID;

  private constructor(target: Target, url: URL, connection: HttpConnection) {
    this.#target = target;
    this.#url = url;
    this.#connection = connection;
  }

  static async connect(target: Target): Promise<McpCaller> {
    const url = new URL(target.url);
    const caller = new McpCaller(target, url, await HttpConnection.open(url));
    if (target.era === "2025") await caller.initialize();
    return caller;
  }

  async initialize(): Promise<void> {
    this.#session = undefined;
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: CLIENT_INFO };
    const reply = await this.ask("initialize", params);
    this.#session = headerOf(reply, "mcp-session-id");
    await this.#connection.exchange(this.#bytes("POST", { method: "notifications/initialized" }));
  }

  /** Throws when the answer is not a result. */
  async ask(method: string, params: Params = {}): Promise<HttpReply> {
    const reply = await this.#connection.exchange(this.prepare(method, params).next());
    if (!isResult(reply))
      throw new Error(`${method} at ${this.#target.url} gave ${reply.status}: ${excerpt(reply)}`);
    return reply;
  }

  /** Reads every page of the tool list. */
  async countTools(): Promise<number> {
    let count = 0;
    let cursor: string | undefined;
    do {
      const { body } = await this.ask("tools/list", cursor === undefined ? {} : { cursor });
      count += occurrences(body, '"inputSchema"');
      cursor = cursorOf(body);
    } while (cursor !== undefined);
    return count;
  }

  /** A request that can be sent many times, each time with an id of its own. */
  prepare(method: string, params: Params): { next: () => Buffer } {
    const all = this.#target.era === "2026" ? { ...params, _meta: ENVELOPE } : params;
    const name = typeof params["name"] === "string" ? params["name"] : undefined;
    const bytes = this.#bytes("POST", { id: FIRST_ID, method, params: all }, name);
    const at = bytes.indexOf(`"id":${FIRST_ID}`) + 5;
    return {
      next: () => {
        bytes.write(String(this.#nextId++), at, ID_DIGITS, "latin1");
        return bytes;
      },
    };
  }

  send(request: Buffer, onReply: (reply: HttpReply) => void, onError: (error: Error) => void): void {
    this.#connection.send(request, onReply, onError);
  }

  async close(): Promise<void> {
    if (this.#session !== undefined) await this.#connection.exchange(this.#bytes("DELETE")).catch(() => {});
    this.#connection.close();
  }

  /** Leaves its session behind. */
  abandon(): void {
    this.#connection.close();
  }

  #bytes(verb: "POST" | "DELETE", message?: Params, name?: string): Buffer {
    const body = message === undefined ? "" : JSON.stringify({ jsonrpc: "2.0", ...message });
    const { authorization, era } = this.#target;
    const headers = [
      `${verb} ${this.#url.pathname} HTTP/1.1`,
      `host: ${this.#url.host}`,
      "content-type: application/json",
      "accept: application/json, text/event-stream",
      ...(authorization === undefined ? [] : [`authorization: ${authorization}`]),
      ...(era === "2026"
        ? ["mcp-protocol-version: 2026-07-28", `mcp-method: ${String(message?.["method"])}`]
        : []),
      ...(era === "2026" && name !== undefined ? [`mcp-name: ${name}`] : []),
      ...(this.#session === undefined
        ? []
        : [`mcp-session-id: ${this.#session}`, "mcp-protocol-version: 2025-11-25"]),
      `content-length: ${Buffer.byteLength(body)}`,
    ];
    return Buffer.from(`${headers.join("\r\n")}\r\n\r\n${body}`);
  }
}

export function isResult({ status, body }: HttpReply): boolean {
  return status === 200 && body.includes('"result"') && !body.includes('"isError":true');
}

function occurrences(body: Buffer, text: string): number {
  let count = 0;
  for (let at = body.indexOf(text); at >= 0; at = body.indexOf(text, at + text.length)) count++;
  return count;
}

function cursorOf(body: Buffer): string | undefined {
  const at = body.lastIndexOf('"nextCursor":"');
  return at < 0 ? undefined : /"nextCursor":"([^"]*)"/.exec(body.toString("utf8", at))?.[1];
}

export function excerpt({ body }: HttpReply): string {
  return body.subarray(0, 300).toString();
}
