import type { JsonObject } from "../domain/json.ts";
import { type UpstreamError, UpstreamUnavailable } from "../domain/upstream-errors.ts";
import type { Reply } from "../wire/reply.ts";
import type { Answerer, Connection, ConnectionEvents, Question, UpstreamCall } from "./connection.ts";
import { Following, type FollowingDeps } from "./following.ts";
import { notConnected } from "./not-connected.ts";
import { waitFor } from "./wait.ts";

const UPDATED = "notifications/resources/updated";

/** What some kinds of connections can tell besides. */
export interface AnyConnection extends Connection {
  readonly sessionful?: boolean;
  readonly stderrTail?: string;
  readonly pid?: number;
  readonly startedAt?: Date;
  /** Its process has ended by itself. */
  readonly exited?: boolean;
  /** A request waits for its answer. */
  readonly busy?: boolean;
  /** How many were ever sent. */
  readonly requests?: number;
}

export interface SlotDeps extends Omit<FollowingDeps, "open"> {
  readonly connectMs: number;
  readonly connect: (events: ConnectionEvents, signal: AbortSignal) => Promise<AnyConnection>;
  readonly onNotification: (method: string, params: JsonObject) => void;
  /** What the upstream asks outside of any call. */
  readonly onRequest: Answerer;
  /** An attempt begins. */
  readonly onConnecting: () => void;
  readonly onConnected: (connection: AnyConnection) => void;
  readonly onFailed: (error: UpstreamError) => void;
  /** What those who waited for the connection hear instead of its failure. */
  readonly verdict?: () => UpstreamError | undefined;
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
  #following: Following | undefined;
  /** Calls and open questions. */
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

  get busy(): boolean {
    return this.#active > 0;
  }

  /** Somebody waits for news of resources. */
  get followed(): boolean {
    return this.#following?.isEmpty === false;
  }

  /** Somebody uses it, or waits for news. */
  get inUse(): boolean {
    return this.busy || this.connecting || this.followed || this.#connection?.busy === true;
  }

  /** How long nobody has used it; 0 while somebody does. */
  get idleMs(): number {
    return this.inUse ? 0 : this.#deps.now() - this.#lastUsedAt;
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
      this.#done();
    }
  }

  /** Connects if need be. Rejects with UpstreamError, also when the upstream refuses, or with GatewayError("cancelled"). */
  async follow(uri: string, scope: string, signal: AbortSignal): Promise<void> {
    if (this.#closed) throw this.#unwanted();
    this.#following ??= new Following({ ...this.#deps, open: (until) => this.open(until) });
    await this.#following.follow(uri, scope, signal);
  }

  /** False if the scope does not follow the resource here. */
  unfollow(uri: string, scope: string): boolean {
    if (this.#following?.has(uri, scope) !== true) return false;
    this.#following.unfollow(uri, scope);
    return true;
  }

  /** The scope has ended; the connection goes on for others. */
  unfollowAll(scope: string): void {
    this.#following?.release(scope);
  }

  /** Nobody needs the connection now; whoever does next makes it anew. */
  rest(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close().catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#following?.close();
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
    const watch = new Hearing(
      (method, params) => this.#hear(method, params),
      (question) => this.#answer(question),
    );
    try {
      const connection = await connect(watch, giveUp.signal);
      if (this.#closed) return await this.#tooLate(connection);
      if (watch.reason !== undefined) throw new UpstreamUnavailable(server, watch.reason);
      const openedAt = now();
      watch.onEnd = (reason) => this.#ended(connection, reason, now() - openedAt);
      this.#connection = connection;
      this.#connecting = undefined;
      this.#deps.onConnected(connection);
      this.#following?.connected(connection);
      return connection;
    } catch (error) {
      this.#connecting = undefined;
      const failure = notConnected(server, error, connectMs);
      if (this.#closed) throw this.#unwanted();
      this.#deps.onFailed(failure);
      this.#following?.lost();
      throw this.#deps.verdict?.() ?? failure;
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
    this.#following?.lost();
  }

  #hear(method: string, params: JsonObject): void {
    if (method === UPDATED) this.#following?.updated(params);
    else this.#deps.onNotification(method, params);
  }

  /** While somebody thinks about the answer, the connection is not idle. */
  async #answer(question: Question): Promise<Reply> {
    this.#active += 1;
    try {
      return await this.#deps.onRequest(question);
    } finally {
      this.#done();
    }
  }

  #done(): void {
    this.#active -= 1;
    this.#lastUsedAt = this.#deps.now();
  }

  #unwanted(): UpstreamUnavailable {
    return new UpstreamUnavailable(this.#deps.server, "its definition was changed or removed");
  }
}

/** Hears of the end of a connection, too, even before it counts as made. */
class Hearing implements ConnectionEvents {
  readonly onNotification: ConnectionEvents["onNotification"];
  readonly onRequest: Answerer;
  reason: string | undefined;
  onEnd: ((reason: string) => void) | undefined;

  constructor(onNotification: ConnectionEvents["onNotification"], onRequest: Answerer) {
    this.onNotification = onNotification;
    this.onRequest = onRequest;
  }

  onClosed = (reason: string): void => {
    this.reason = reason;
    this.onEnd?.(reason);
  };
}
