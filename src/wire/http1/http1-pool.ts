import type { ExchangeHandler, OriginPool, OutgoingHttp } from "../origin-pool.ts";
import { ConnectionError } from "./connection-error.ts";
import { type ConnectionOwner, type ConnectionPlan, Http1Connection } from "./http1-connection.ts";
import { RequestHeads } from "./request-head.ts";

const SWEEP_MS = 1_000;

interface Waiting {
  readonly request: OutgoingHttp;
  readonly handler: ExchangeHandler;
}

export interface Http1PoolOptions extends Omit<ConnectionPlan, "heads"> {
  /** Value of the `Host` header. */
  readonly hostHeader: string;
  /** How many may be open at once; further requests wait. */
  readonly connections: number;
  /** Why nothing may be connected to, if that is known without asking for an address. */
  readonly refusal?: Error | undefined;
}

/** Connections to one origin over plain HTTP/1.1. The one that was used last is used next, so that the others may go. */
export class Http1Pool implements OriginPool, ConnectionOwner {
  readonly #plan: ConnectionPlan;
  readonly #max: number;
  readonly #refusal: Error | undefined;
  readonly #all = new Set<Http1Connection>();
  readonly #free: Http1Connection[] = [];
  readonly #waiting: Waiting[] = [];
  #opening = 0;
  #sweeper: NodeJS.Timeout | undefined;
  #closed = false;
  #onEmpty: (() => void) | undefined;

  constructor({ hostHeader, connections, refusal, ...plan }: Http1PoolOptions) {
    this.#plan = { ...plan, heads: new RequestHeads(hostHeader) };
    this.#max = connections;
    this.#refusal = refusal;
  }

  dispatch(request: OutgoingHttp, handler: ExchangeHandler): void {
    const refusal = this.#closed ? poolClosed() : this.#refusal;
    if (refusal !== undefined) return handler.onResponseError(undefined, refusal);
    const connection = this.#takeFree();
    if (connection !== undefined) return connection.send(request, handler);
    this.#waiting.push({ request, handler });
    this.#openMore();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#refuseWaiting();
    for (const connection of this.#free.splice(0)) connection.destroy();
    await this.#empty();
  }

  async destroy(): Promise<void> {
    this.#closed = true;
    this.#refuseWaiting();
    for (const connection of this.#all) connection.destroy();
    await this.#empty();
  }

  onOpen(connection: Http1Connection): void {
    this.#opening--;
    this.onFree(connection);
  }

  onFree(connection: Http1Connection): void {
    if (this.#closed) return connection.destroy();
    const next = this.#waiting.shift();
    if (next !== undefined) return connection.send(next.request, next.handler);
    this.#free.push(connection);
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  onGone(connection: Http1Connection, error: Error | undefined): void {
    this.#all.delete(connection);
    const place = this.#free.indexOf(connection);
    if (place >= 0) this.#free.splice(place, 1);
    if (error !== undefined) {
      this.#opening--;
      // It was opened for the one that waits longest.
      this.#waiting.shift()?.handler.onResponseError(undefined, error);
    }
    if (!this.#closed) this.#openMore();
    if (this.#all.size === 0) this.#onEmpty?.();
  }

  #openMore(): void {
    while (this.#opening < this.#waiting.length && this.#all.size < this.#max) {
      this.#opening++;
      this.#all.add(new Http1Connection(this.#plan, this));
    }
  }

  /** The peer may be about to close one that was idle for long: such a one is not used any more. */
  #takeFree(): Http1Connection | undefined {
    const connection = this.#free.pop();
    if (connection === undefined || connection.usable) return connection;
    connection.destroy();
    return this.#takeFree();
  }

  #sweep(): void {
    for (const connection of this.#free) if (!connection.usable) connection.destroy();
    if (this.#all.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #refuseWaiting(): void {
    for (const { handler } of this.#waiting.splice(0)) handler.onResponseError(undefined, poolClosed());
  }

  async #empty(): Promise<void> {
    clearInterval(this.#sweeper);
    if (this.#all.size === 0) return;
    await new Promise<void>((resolve) => (this.#onEmpty = resolve));
  }
}

function poolClosed(): ConnectionError {
  return new ConnectionError("UND_ERR_CLOSED", "the connections are closed");
}
