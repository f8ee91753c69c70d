import type { JsonObject } from "../domain/json.ts";
import { UpstreamError } from "../domain/upstream-errors.ts";
import type { Logger } from "../observability/logger.ts";
import type { Reply } from "../wire/reply.ts";
import type { Connection } from "./connection.ts";
import { Followers } from "./followers.ts";
import { waitFor } from "./wait.ts";

export interface FollowingDeps {
  readonly server: string;
  readonly logger: Logger;
  /** For one request to the upstream. */
  readonly followMs: number;
  /** How long to wait before the next attempt to connect. */
  readonly retryInMs: () => number;
  readonly open: (signal: AbortSignal) => Promise<Connection>;
  /** `uri` is the one that is followed; the params may name a part of it. */
  readonly onUpdated: (uri: string, params: JsonObject, scopes: readonly string[]) => void;
}

/** Keeps up what is followed at one place for a connection, whatever becomes of the connections there. */
export class Following {
  readonly #deps: FollowingDeps;
  readonly #followers = new Followers();
  /** What this connection was asked for. */
  #asked = new Map<string, Promise<void>>();
  /** What was followed on connections that have ended since. */
  readonly #interrupted = new Set<string>();
  #connection: Connection | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(deps: FollowingDeps) {
    this.#deps = deps;
  }

  get isEmpty(): boolean {
    return this.#followers.isEmpty;
  }

  has(uri: string, scope: string): boolean {
    return this.#followers.has(uri, scope);
  }

  /** Rejects with UpstreamError or GatewayError("cancelled"): then it is not followed. */
  async follow(uri: string, scope: string, signal: AbortSignal): Promise<void> {
    this.#followers.add(uri, scope);
    try {
      const connection = await this.#deps.open(signal);
      await waitFor(this.#ask(connection, uri), signal);
    } catch (error) {
      this.unfollow(uri, scope);
      throw error;
    }
  }

  unfollow(uri: string, scope: string): void {
    if (this.#followers.remove(uri, scope)) this.#forget(uri);
  }

  /** The scope has ended, and all that it followed. */
  release(scope: string): void {
    for (const uri of this.#followers.removeScope(scope)) this.#forget(uri);
  }

  /** There is a new connection, on which nothing is followed yet. */
  connected(connection: Connection): void {
    clearTimeout(this.#retry);
    this.#connection = connection;
    this.#asked = new Map();
    for (const uri of this.#followers.uris) this.#resume(connection, uri);
  }

  /** The connection has ended, or could not be made. Followers wait for news and never call, so nobody else would connect. */
  lost(): void {
    this.#connection = undefined;
    for (const uri of this.#asked.keys()) this.#interrupted.add(uri);
    this.#asked = new Map();
    clearTimeout(this.#retry);
    if (this.isEmpty || this.#closed) return;
    this.#retry = setTimeout(() => this.#reconnect(), this.#deps.retryInMs());
    this.#retry.unref();
  }

  updated(params: JsonObject): void {
    const { uri } = params;
    const followed = typeof uri === "string" ? this.#followers.match(uri) : undefined;
    if (followed !== undefined) this.#deps.onUpdated(followed, params, this.#followers.scopesOf(followed));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  #reconnect(): void {
    if (this.isEmpty) return;
    // Others may have failed in the meantime, and the pause has become longer.
    if (this.#deps.retryInMs() > 0) return this.lost();
    // A failure is told to whoever watches the place, and `lost` is called again.
    this.#deps.open(new AbortController().signal).catch(() => undefined);
  }

  #resume(connection: Connection, uri: string): void {
    const { server, logger } = this.#deps;
    this.#ask(connection, uri)
      // It may have changed while nobody listened.
      .then(() => this.#interrupted.delete(uri) && this.updated({ uri }))
      .catch((error: unknown) => logger.warn("resource not followed", { server, error }));
  }

  /** Once per connection, for all that follow. */
  #ask(connection: Connection, uri: string): Promise<void> {
    this.#connection = connection;
    const known = this.#asked.get(uri);
    if (known !== undefined) return known;
    const asking = this.#send(connection, uri);
    this.#asked.set(uri, asking);
    asking.catch(() => {
      if (this.#asked.get(uri) === asking) this.#asked.delete(uri);
    });
    return asking;
  }

  async #send(connection: Connection, uri: string): Promise<void> {
    const { server, followMs } = this.#deps;
    const reply = await connection.follow(uri, AbortSignal.timeout(followMs));
    if (reply.kind === "error") throw refused(server, reply);
  }

  /** What was refused need not be taken back. */
  #forget(uri: string): void {
    this.#interrupted.delete(uri);
    if (this.#asked.delete(uri)) this.#connection?.unfollow(uri);
  }
}

function refused(server: string, reply: Reply): UpstreamError {
  const { code, message, data } = reply.value;
  const text = typeof message === "string" ? message.slice(0, 200) : JSON.stringify(code);
  return new UpstreamError(
    "upstream_error",
    server,
    "rejected",
    `Upstream "${server}" does not let the resource be followed: ${text}.`,
    { details: { rpc_code: code, data }, retryable: false },
  );
}
