import type { JsonObject } from "../../domain/json.ts";
import type { Limits } from "../../domain/limits.ts";
import type { Era } from "../../domain/protocol.ts";
import { type ExchangeOptions, type HttpAnswer, HttpExchange } from "../../wire/http-exchange.ts";
import type { OriginPool } from "../../wire/origin-pool.ts";
import type { ClientInfo } from "../client-params.ts";
import type { ClientSelf, EraSetting } from "../connection.ts";
import type { EraMemory } from "./era-memory.ts";
import { withTrace } from "./trace-headers.ts";

export type { ClientInfo } from "../client-params.ts";

/** How to reach one upstream over HTTP. Values are expanded already. */
export interface RemotePlan {
  readonly server: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Connections to the origin of `url`; whoever made the plan closes them, after the connection. */
  readonly pool: OriginPool;
  /**
   * For streams that stay open as long as their connection, which must not use up the connections for calls, and for
   * messages that nobody waits for.
   */
  readonly streamPool: OriginPool;
  readonly limits: Limits;
  /** The gateway's own; used unless `client` names another one. */
  readonly clientInfo: ClientInfo;
  /** What the upstream is told of those who will use the connection. */
  readonly client: ClientSelf;
  /** Whether callers with different log levels use it. */
  readonly shared: boolean;
}

/** For Streamable HTTP. */
export interface HttpPlan extends RemotePlan {
  /** What the operator says of the upstream. */
  readonly era: EraSetting;
  /** The era that is asked for; used if the upstream speaks it. */
  readonly wanted: Era;
  readonly eras: EraMemory;
  /**
   * Whether to listen to what the upstream says unasked. `news`: if it reports changes of its lists; one connection to an
   * upstream is enough for that. `always`: for questions and log messages, too. `none`: not before a resource is followed.
   */
  readonly stream: "none" | "news" | "always";
}

/** The answer to a message says no more than "accepted". */
const COURTESY_BYTES = 65_536;
/** Headers that are the connection's own; an operator's are used for everything else. */
const OWN_HEADERS =
  /^(?:accept|accept-encoding|connection|content-length|content-type|host|keep-alive|te|transfer-encoding|upgrade|mcp-.*|last-event-id)$/i;

/** Where requests to one upstream go, and with what. */
export class HttpTarget {
  readonly server: string;
  readonly limits: Limits;
  readonly clientInfo: ClientInfo;
  readonly client: ClientSelf;
  /** Of the operator: credentials and the like, a flat list. */
  readonly #headers: readonly string[];
  readonly #pool: OriginPool;
  readonly #streamPool: OriginPool;
  readonly #path: string;

  constructor(plan: RemotePlan) {
    const url = new URL(plan.url);
    this.server = plan.server;
    this.limits = plan.limits;
    this.clientInfo = plan.clientInfo;
    this.client = plan.client;
    this.#pool = plan.pool;
    this.#streamPool = plan.streamPool;
    this.#path = url.pathname + url.search;
    this.#headers = ownHeaders(plan, url);
  }

  /** A list that is built once and sent with many requests. */
  headers(more: readonly string[]): string[] {
    return [...this.#headers, ...more];
  }

  /** A list for requests with a JSON body. */
  postHeaders(more: readonly string[]): string[] {
    return this.headers([
      "content-type",
      "application/json",
      "accept",
      "application/json, text/event-stream",
      ...more,
    ]);
  }

  /** With the caller's trace (W3C Trace Context), unless the operator has set one. */
  traced(headers: string[], { _meta: meta }: JsonObject): string[] {
    return meta === undefined ? headers : withTrace(headers, meta, this.#headers);
  }

  post(options: ExchangeOptions, headers: string[], body: string, path = this.#path): Promise<HttpAnswer> {
    return new HttpExchange(options).send(this.#pool, { path, method: "POST", headers, body });
  }

  /** A message that nobody waits for. An answer must not wait for a socket until the calls are done that wait for it. */
  tell(headers: string[], body: string, path = this.#path): Promise<HttpAnswer> {
    const options = { server: this.server, maxBytes: COURTESY_BYTES };
    return new HttpExchange(options).send(this.#streamPool, { path, method: "POST", headers, body });
  }

  /** For a stream that stays open as long as the connection; with a body, it is asked for by a POST. */
  listen(options: ExchangeOptions, headers: string[], body?: string): Promise<HttpAnswer> {
    const method = body === undefined ? "GET" : "POST";
    return new HttpExchange(options).send(this.#streamPool, {
      path: this.#path,
      method,
      headers,
      body: body ?? null,
    });
  }

  send(options: ExchangeOptions, method: "GET" | "DELETE", headers: string[]): Promise<HttpAnswer> {
    return new HttpExchange(options).send(this.#pool, { path: this.#path, method, headers });
  }
}

function ownHeaders(
  plan: { headers: Readonly<Record<string, string>>; clientInfo: ClientInfo },
  url: URL,
): string[] {
  const given = Object.entries(plan.headers).filter(([name]) => !OWN_HEADERS.test(name));
  const has = (wanted: string): boolean => given.some(([name]) => name.toLowerCase() === wanted);
  const headers = given.flat();
  if (!has("user-agent")) headers.push("user-agent", `${plan.clientInfo.name}/${plan.clientInfo.version}`);
  if (url.username !== "" && !has("authorization")) {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.push("authorization", `Basic ${Buffer.from(credentials).toString("base64")}`);
  }
  return headers;
}
