import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";

import { Pool } from "undici";

import type { JsonObject } from "../../src/domain/json.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/domain/limits.ts";
import type { Era } from "../../src/domain/protocol.ts";
import type { Logger } from "../../src/observability/logger.ts";
import type { Answerer, ConnectionEvents, Question, UpstreamCall } from "../../src/upstream/connection.ts";
import { EraMemory } from "../../src/upstream/http/era-memory.ts";
import type { HttpPlan } from "../../src/upstream/http/http-target.ts";
import { refuseQuestion } from "../../src/upstream/refuse-question.ts";
import { RawServer, bodyOf, sendJson } from "../wire/raw-server.ts";

/** One message that came, and the way to answer it. */
export interface Exchange {
  /** The JSON-RPC method, or the HTTP method of a request without a body. */
  readonly key: string;
  readonly headers: IncomingHttpHeaders;
  readonly id: number | string | undefined;
  readonly params: JsonObject;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

type Answer = (exchange: Exchange) => void;

/** An MCP server over HTTP of which every answer is scripted. Unscripted requests get `-32601`, notifications 202. */
export class McpUpstream {
  readonly seen: Exchange[] = [];
  readonly #answers = new Map<string, Answer>();
  #server: RawServer | undefined;

  static async start(): Promise<McpUpstream> {
    const upstream = new McpUpstream();
    upstream.#server = await RawServer.start((request, response) => {
      upstream.#receive(request, response).catch(() => response.destroy());
    });
    return upstream;
  }

  get raw(): RawServer {
    if (this.#server === undefined) throw new Error("not started");
    return this.#server;
  }

  get url(): string {
    return `${this.raw.origin}/mcp`;
  }

  on(key: string, answer: Answer): this {
    this.#answers.set(key, answer);
    return this;
  }

  result(key: string, value: JsonObject): this {
    return this.on(key, (exchange) => result(exchange, value));
  }

  count(key: string): number {
    return this.of(key).length;
  }

  of(key: string): readonly Exchange[] {
    return this.seen.filter((exchange) => exchange.key === key);
  }

  last(key: string): Exchange {
    const exchange = this.of(key).at(-1);
    if (exchange === undefined) throw new Error(`no ${key} came`);
    return exchange;
  }

  close(): Promise<void> {
    return this.raw.close();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(request);
    const message = (text === "" ? {} : JSON.parse(text)) as {
      id?: number | string;
      method?: string;
      params?: JsonObject;
    };
    const key = message.method ?? (text === "" ? (request.method ?? "") : "response");
    const exchange = {
      key,
      headers: request.headers,
      id: message.id,
      params: message.params ?? message,
      request,
      response,
    };
    this.seen.push(exchange);
    const answer = this.#answers.get(key);
    if (answer !== undefined) answer(exchange);
    else if (text === "") response.writeHead(405).end();
    else if (message.id === undefined || message.method === undefined) response.writeHead(202).end();
    else rpcError(exchange, -32601, "Method not found");
  }
}

export function result({ id, response }: Exchange, value: JsonObject): void {
  sendJson(response, { jsonrpc: "2.0", id, result: value });
}

export function rpcError(
  { id, response }: Exchange,
  code: number,
  message: string,
  status = 200,
  data?: JsonObject,
): void {
  sendJson(
    response,
    { jsonrpc: "2.0", id, error: { code, message, ...(data === undefined ? {} : { data }) } },
    status,
  );
}

export function openSse({ response }: Exchange): void {
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
}

export function sseMessage({ response }: Exchange, message: unknown): void {
  response.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", ...(message as object) })}\n\n`);
}

export interface Speaking {
  readonly capabilities?: JsonObject;
  readonly instructions?: string;
}

/** Answers `initialize`, with a session of this id if one is given; later requests need it. */
export function speaks2025(
  upstream: McpUpstream,
  options: Speaking & { session?: () => string; version?: string } = {},
): McpUpstream {
  const { capabilities = { tools: {} }, instructions, session, version = "2025-11-25" } = options;
  return upstream.on("initialize", (exchange) => {
    if (session !== undefined) exchange.response.setHeader("mcp-session-id", session());
    result(exchange, {
      protocolVersion: version,
      capabilities,
      serverInfo: { name: "fixture", version: "1" },
      ...(instructions === undefined ? {} : { instructions }),
    });
  });
}

export function speaks2026(
  upstream: McpUpstream,
  { capabilities = { tools: {} }, instructions }: Speaking = {},
): McpUpstream {
  return upstream.result("server/discover", {
    resultType: "complete",
    supportedVersions: ["2026-07-28"],
    capabilities,
    _meta: { "io.modelcontextprotocol/serverInfo": { name: "fixture", version: "1" } },
    ...(instructions === undefined ? {} : { instructions }),
  });
}

export const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Makes plans, and closes their sockets at the end. */
export class PlanMaker {
  readonly eras = new EraMemory();
  readonly #pools: Pool[] = [];

  plan(
    url: string,
    options: Partial<Omit<HttpPlan, "limits">> & { limits?: Partial<Limits> } = {},
  ): HttpPlan {
    const pool = new Pool(new URL(url).origin, { connections: 16, headersTimeout: 0, bodyTimeout: 0 });
    const streamPool = new Pool(new URL(url).origin, { headersTimeout: 0, bodyTimeout: 0 });
    this.#pools.push(pool, streamPool);
    return {
      server: "up",
      url,
      headers: {},
      pool,
      era: "auto",
      wanted: "2025",
      eras: this.eras,
      stream: "none",
      streamPool,
      clientInfo: { name: "switchgear", version: "0.0.1" },
      client: { capabilities: {} },
      shared: true,
      ...options,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.splice(0).map((pool) => pool.destroy()));
  }
}

export class Heard implements ConnectionEvents {
  readonly notifications: (readonly [string, JsonObject])[] = [];
  readonly closed: string[] = [];
  readonly questions: Question[] = [];
  /** What the upstream hears that asks outside of any call. */
  answer: Answerer = refuseQuestion;
  readonly onNotification = (method: string, params: JsonObject): void =>
    void this.notifications.push([method, params]);
  readonly onRequest: Answerer = (question) => {
    this.questions.push(question);
    return this.answer(question);
  };
  readonly onClosed = (reason: string): void => void this.closed.push(reason);
}

/** A caller who is asked, and has not answered yet. */
export class HeldQuestions {
  readonly questions: Question[] = [];
  readonly onRequest: Answerer = (question) => {
    this.questions.push(question);
    return new Promise(() => undefined);
  };
}

export function toolCall(name: string, options: Partial<UpstreamCall> & { era?: Era } = {}): UpstreamCall {
  return {
    method: "tools/call",
    params: { name, arguments: {} },
    era: "2025",
    scope: "caller",
    signal: new AbortController().signal,
    ...options,
  };
}

export const NEVER = (): AbortSignal => new AbortController().signal;
