import { lookup } from "node:dns";
import { type LookupFunction, isIP } from "node:net";

import { Pool, buildConnector } from "undici";

import { GatewayError } from "../domain/errors.ts";
import type { Limits } from "../domain/limits.ts";
import { type AddressKind, addressKind } from "./addresses.ts";
import { connectFailure } from "./connect-failure.ts";
import { type ExchangeOptions, type HttpAnswer, HttpExchange } from "./http-exchange.ts";

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
  pool(origin: string, options?: { readonly connections?: number }): Pool;
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
const ALWAYS_DENIED: ReadonlySet<AddressKind> = new Set(["metadata", "multicast", "reserved"]);

export function createEgress(
  policy: EgressPolicy,
  limits: Pick<Limits, "connectMs" | "headerBytes">,
): Egress {
  const allow = new Set(policy.allow.map((host) => host.toLowerCase()));
  const open = (origin: string, connections = 64): Pool => {
    const { protocol, hostname, port, origin: exact } = parseOrigin(origin);
    if (protocol !== "http:" && protocol !== "https:")
      throw denied(hostname, "only http and https are allowed");
    const named = allow.has(hostname) || allow.has(`${hostname}:${port}`);
    const guard = new AddressGuard({ host: hostname, allow, privateToo: policy.allowPrivate || named });
    return new Pool(exact, {
      connections,
      connect: guardedConnector(guard, limits.connectMs),
      maxHeaderSize: limits.headerBytes,
      // Every request has a deadline of its own, through its signal.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
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
  readonly #open: (origin: string) => Pool;
  readonly #pools = new Map<string, Pool>();

  constructor(open: (origin: string) => Pool) {
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

  #poolOf(origin: string, server: string): Pool {
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

  #openFor(origin: string, server: string): Pool {
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

class AddressGuard {
  readonly #host: string;
  readonly #allow: ReadonlySet<string>;
  readonly #privateToo: boolean;

  constructor(options: { host: string; allow: ReadonlySet<string>; privateToo: boolean }) {
    this.#host = options.host;
    this.#allow = options.allow;
    this.#privateToo = options.privateToo;
  }

  /** What is wrong with this address; nothing when it may be connected to. */
  refusal(address: string): GatewayError | undefined {
    const kind = addressKind(address);
    if (kind === "public" || this.#allow.has(address)) return undefined;
    if (this.#privateToo && !ALWAYS_DENIED.has(kind)) return undefined;
    return denied(this.#host, `it leads to a ${kind} address`);
  }

  /** Resolves for `net.connect`, which connects to one of exactly these addresses. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const allowed = addresses.filter(({ address }) => this.refusal(address) === undefined);
      const first = allowed[0];
      if (first === undefined)
        return callback(
          this.refusal(addresses[0]?.address ?? "") ?? denied(hostname, "it has no address"),
          [],
        );
      return options.all === true ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}

/** `lookup` is not asked for a host that is an address already. */
function guardedConnector(guard: AddressGuard, timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs, lookup: guard.lookup });
  return (options, callback) => {
    const host = options.hostname.replaceAll(/^\[|\]$/g, "");
    const refusal = isIP(host) === 0 ? undefined : guard.refusal(host);
    if (refusal === undefined) connect(options, callback);
    else callback(refusal, null);
  };
}

function denied(host: string, reason: string): GatewayError {
  return new GatewayError("egress_denied", `Requests to "${host}" are not allowed: ${reason}.`, {
    details: { host },
    fix: [{ label: "If this host is meant, add it to gateway.egress.allow in the config file" }],
    executed: "not_executed",
  });
}
