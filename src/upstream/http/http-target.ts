import type { Pool } from "undici";

import type { Limits } from "../../domain/limits.ts";
import type { Era } from "../../domain/protocol.ts";
import { type ExchangeOptions, type HttpAnswer, HttpExchange } from "../../wire/http-exchange.ts";
import type { EraMemory } from "./era-memory.ts";

export interface ClientInfo {
  readonly name: string;
  readonly version: string;
}

/** How to reach one upstream over HTTP. Values are expanded already. */
export interface RemotePlan {
  readonly server: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Connections to the origin of `url`; whoever made the plan closes them, after the connection. */
  readonly pool: Pool;
  readonly limits: Limits;
  readonly clientInfo: ClientInfo;
}

/** For Streamable HTTP. */
export interface HttpPlan extends RemotePlan {
  /** What the operator says of the upstream. */
  readonly era: "auto" | Era;
  /** The era that is asked for; used if the upstream speaks it. */
  readonly wanted: Era;
  readonly eras: EraMemory;
  /** Whether to listen for `list_changed`: one connection to an upstream is enough for that. */
  readonly listen: boolean;
}

/** Headers that are the connection's own; an operator's are used for everything else. */
const OWN_HEADERS =
  /^(?:accept|accept-encoding|connection|content-length|content-type|host|keep-alive|te|transfer-encoding|upgrade|mcp-.*|last-event-id)$/i;

/** Where requests to one upstream go, and with what. */
export class HttpTarget {
  readonly server: string;
  readonly limits: Limits;
  readonly clientInfo: ClientInfo;
  /** Of the operator: credentials and the like, flat as undici takes them. */
  readonly #headers: readonly string[];
  readonly #pool: Pool;
  readonly #path: string;

  constructor(plan: RemotePlan) {
    const url = new URL(plan.url);
    this.server = plan.server;
    this.limits = plan.limits;
    this.clientInfo = plan.clientInfo;
    this.#pool = plan.pool;
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

  post(options: ExchangeOptions, headers: string[], body: string, path = this.#path): Promise<HttpAnswer> {
    return new HttpExchange(options).send(this.#pool, { path, method: "POST", headers, body });
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
