import type { JsonObject } from "../domain/json.ts";
import { type UpstreamError, UpstreamUnavailable } from "../domain/upstream-errors.ts";
import type { Reply } from "../wire/reply.ts";
import type { Connection, ConnectionEvents, UpstreamCall } from "./connection.ts";
import { notConnected } from "./not-connected.ts";
import { waitFor } from "./wait.ts";

/** What some kinds of connections can tell besides. */
export interface AnyConnection extends Connection {
  readonly sessionful?: boolean;
  readonly stderrTail?: string;
  readonly pid?: number;
}

interface SlotDeps {
  readonly server: string;
  readonly connectMs: number;
  readonly connect: (events: ConnectionEvents, signal: AbortSignal) => Promise<AnyConnection>;
  readonly onNotification: (method: string, params: JsonObject) => void;
  /** An attempt begins. */
  readonly onConnecting: () => void;
  readonly onConnected: (connection: AnyConnection) => void;
  readonly onFailed: (error: UpstreamError) => void;
  /** The connection ended by itself. */
  readonly onEnded: (error: UpstreamError, connection: AnyConnection, livedMs: number) => void;
  readonly now: () => number;
}

/** A place for one connection, which is made when it is first needed and made anew after its end. */
export class Slot {
  readonly #deps: SlotDeps;
  #connection: AnyConnection | undefined;
  #connecting: Promise<AnyConnection> | undefined;
  #giveUp: AbortController | undefined;
  #active = 0;
  #lastUsedAt: number;
  #closed = false;

  constructor(deps: SlotDeps) {
    this.#deps = deps;
    this.#lastUsedAt = deps.now();
  }

  get connection(): AnyConnection | undefined {
    return this.#connection;
  }

  get connecting(): boolean {
    return this.#connecting !== undefined;
  }

  /** How long nobody has used it; 0 while somebody does. */
  get idleMs(): number {
    return this.#active > 0 || this.connecting ? 0 : this.#deps.now() - this.#lastUsedAt;
  }

  /** One attempt for all that want the connection. Rejects with UpstreamError (`not_sent`) or GatewayError("cancelled"). */
  async open(signal: AbortSignal): Promise<AnyConnection> {
    if (this.#connection !== undefined) return this.#connection;
    if (this.#connecting === undefined) {
      this.#connecting = this.#connect();
      this.#deps.onConnecting();
    }
    return waitFor(this.#connecting, signal);
  }

  /** Makes the connection look used while the call lasts. */
  async use(call: UpstreamCall): Promise<Reply> {
    this.#active += 1;
    try {
      const connection = this.#connection ?? (await this.open(call.signal));
      return await connection.call(call);
    } finally {
      this.#active -= 1;
      this.#lastUsedAt = this.#deps.now();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#giveUp?.abort();
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  async #connect(): Promise<AnyConnection> {
    const { server, connectMs, connect, now } = this.#deps;
    const giveUp = new AbortController();
    this.#giveUp = giveUp;
    const timer = setTimeout(() => giveUp.abort(), connectMs);
    const watch = new EndWatch(this.#deps.onNotification);
    try {
      const connection = await connect(watch, giveUp.signal);
      if (this.#closed) return await this.#tooLate(connection);
      if (watch.reason !== undefined) throw new UpstreamUnavailable(server, watch.reason);
      const openedAt = now();
      watch.onEnd = (reason) => this.#ended(connection, reason, now() - openedAt);
      this.#connection = connection;
      this.#connecting = undefined;
      this.#deps.onConnected(connection);
      return connection;
    } catch (error) {
      this.#connecting = undefined;
      const failure = notConnected(server, error, connectMs);
      if (!this.#closed) this.#deps.onFailed(failure);
      throw this.#closed ? new UpstreamUnavailable(server, "its definition was changed or removed") : failure;
    } finally {
      clearTimeout(timer);
    }
  }

  async #tooLate(connection: AnyConnection): Promise<never> {
    await connection.close();
    throw new UpstreamUnavailable(this.#deps.server, "the connection is no longer wanted");
  }

  #ended(connection: AnyConnection, reason: string, livedMs: number): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    // Whatever is left of it; it is of no more use.
    connection.close().catch(() => undefined);
    this.#deps.onEnded(new UpstreamUnavailable(this.#deps.server, reason), connection, livedMs);
  }
}

/** Hears of the end of a connection, even before it counts as made. */
class EndWatch implements ConnectionEvents {
  readonly onNotification: (method: string, params: JsonObject) => void;
  reason: string | undefined;
  onEnd: ((reason: string) => void) | undefined;

  constructor(onNotification: (method: string, params: JsonObject) => void) {
    this.onNotification = onNotification;
  }

  onClosed = (reason: string): void => {
    this.reason = reason;
    this.onEnd?.(reason);
  };
}
