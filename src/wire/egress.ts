import type { Limits } from "../domain/limits.ts";
import { AddressGuard, denied } from "./address-guard.ts";
import { connectFailure } from "./connect-failure.ts";
import { type ExchangeOptions, type HttpAnswer, HttpExchange } from "./http-exchange.ts";
import { Http1Pool } from "./http1/http1-pool.ts";
import { httpsPool } from "./https-pool.ts";
import type { OriginPool } from "./origin-pool.ts";

/** Where requests may go. Cloud metadata services are refused to everybody, unless their very address is in `allow`. */
export interface EgressPolicy {
  /** Loopback, private and link-local addresses: for URLs that the operator wrote. */
  readonly allowPrivate: boolean;
  /** `host` or `host:port` that may be private nevertheless. */
  readonly allow: readonly string[];
}

/** The only way out for HTTP. The check sits in the connector, so it holds for what is connected to, not for what a name said before. */
export interface Egress {
  /** Keep-alive connections to one origin; whoever asks for it closes it. No redirect is ever followed. */
  pool(origin: string, options?: { readonly connections?: number }): OriginPool;
  /** One request to anywhere. Its whole body is read, at most `maxBytes`; see HttpExchange for the errors. */
  request(request: OutgoingRequest): Promise<HttpAnswer>;
  /** Closes what `request` has opened. */
  close(): Promise<void>;
}

export interface OutgoingRequest extends Omit<ExchangeOptions, "sink"> {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | undefined;
}

const MAX_ORIGINS = 64;

export function createEgress(
  policy: EgressPolicy,
  limits: Pick<Limits, "connectMs" | "headerBytes">,
): Egress {
  const allow = new Set(policy.allow.map((host) => host.toLowerCase()));
  const open = (origin: string, connections = 64): OriginPool => {
    const { protocol, hostname, port, origin: exact } = parseOrigin(origin);
    if (protocol !== "http:" && protocol !== "https:")
      throw denied(hostname, "only http and https are allowed");
    const named = allow.has(hostname) || allow.has(`${hostname}:${port}`);
    const guard = new AddressGuard({ host: hostname, allow, privateToo: policy.allowPrivate || named });
    const options = { connections, connectMs: limits.connectMs, maxHeadBytes: limits.headerBytes };
    if (protocol === "https:") return httpsPool(exact, guard, options);
    const { lookup, refusalOfHost: refusal } = guard;
    const hostHeader = new URL(exact).host;
    return new Http1Pool({ host: hostname, port: Number(port), hostHeader, lookup, refusal, ...options });
  };
  const shared = new OriginPools(open);
  return {
    pool: (origin, options = {}) => open(origin, options.connections),
    request: (request) => shared.request(request),
    close: () => shared.close(),
  };
}

/** The origins that were used last keep their connections. */
class OriginPools {
  readonly #open: (origin: string) => OriginPool;
  readonly #pools = new Map<string, OriginPool>();

  constructor(open: (origin: string) => OriginPool) {
    this.#open = open;
  }

  async request(request: OutgoingRequest): Promise<HttpAnswer> {
    const { origin, pathname, search } = URL.canParse(request.url)
      ? new URL(request.url)
      : { origin: request.url, pathname: "", search: "" };
    return new HttpExchange(request).send(this.#poolOf(origin, request.server), {
      path: pathname + search,
      method: request.method,
      headers: request.headers,
      body: request.body ?? null,
    });
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #poolOf(origin: string, server: string): OriginPool {
    const pool = this.#pools.get(origin) ?? this.#openFor(origin, server);
    this.#pools.delete(origin);
    this.#pools.set(origin, pool);
    const [oldest] = this.#pools;
    if (this.#pools.size > MAX_ORIGINS && oldest !== undefined) {
      this.#pools.delete(oldest[0]);
      oldest[1].close().catch(() => undefined);
    }
    return pool;
  }

  #openFor(origin: string, server: string): OriginPool {
    try {
      return this.#open(origin);
    } catch (error) {
      throw connectFailure(server, error as Error);
    }
  }
}

function parseOrigin(origin: string): { protocol: string; hostname: string; port: string; origin: string } {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url === undefined) throw denied(origin, "it is not a URL");
  const hostname = url.hostname.replaceAll(/^\[|\]$/g, "");
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return { protocol: url.protocol, hostname, port, origin: url.origin };
}
