import type { Pool } from "undici";

import type { GatewayError } from "../domain/errors.ts";
import type { Era } from "../domain/protocol.ts";
import type { Server } from "../domain/server.ts";
import { type UpstreamError, UpstreamUnavailable } from "../domain/upstream-errors.ts";
import type { Reply } from "../wire/reply.ts";
import { Backoff } from "./backoff.ts";
import type { ConnectionEvents, UpstreamCall } from "./connection.ts";
import type { EraMemory } from "./http/era-memory.ts";
import { type KindDeps, kindOf } from "./kinds.ts";
import { Leases } from "./leases.ts";
import { type ListName, changedList } from "./list-changes.ts";
import { type AnyConnection, Slot } from "./slot.ts";

/** How the connections to one upstream are. */
export interface UpstreamStatus {
  readonly state: "idle" | "connecting" | "ready" | "failed" | "disabled";
  /** Why the last attempt failed, or how the last connection ended; nothing while one is open. */
  readonly error?: GatewayError;
  /** When this state began. */
  readonly since: string;
  /** How many are open. */
  readonly connections: number;
  readonly era?: Era;
  /** All that were found so far. */
  readonly eras: readonly Era[];
  readonly stderrTail?: string;
  readonly pid?: number;
}

export interface ServerConnectionsDeps {
  readonly definition: Server;
  readonly kindDeps: KindDeps;
  readonly eras: EraMemory;
  readonly onListChanged: (list: ListName) => void;
  readonly onStatus: (status: UpstreamStatus) => void;
  readonly now: () => number;
}

type State = UpstreamStatus["state"];

/**
 * All connections to one upstream, as its definition says. One that keeps no session is shared by all callers; where
 * the upstream keeps a session, each scope has a connection of its own, besides the shared one that explores and listens.
 */
export class ServerConnections {
  readonly #deps: ServerConnectionsDeps;
  readonly #name: string;
  readonly #backoff: Backoff;
  /** By the era that was wanted, which need not be the one that was found. */
  readonly #shared = new Map<Era, Slot>();
  readonly #leases: Leases;
  readonly #sockets = new Map<string, Pool>();
  readonly #found = new Set<Era>();
  readonly #several: boolean;
  #state: State = "idle";
  #since: number;
  #error: UpstreamError | undefined;
  #closed = false;
  #lastStderr: string | undefined;

  constructor(deps: ServerConnectionsDeps) {
    this.#deps = deps;
    this.#name = deps.definition.name;
    this.#several = kindOf(deps.definition.entry).several;
    this.#backoff = new Backoff(deps.now);
    this.#since = deps.now();
    this.#leases = new Leases(this.#name, () => this.#createSlot("2025", false));
  }

  call(call: UpstreamCall): Promise<Reply> {
    const shared = this.#slotOf(call.era);
    const connection = shared.connection;
    if (connection === undefined) return this.#connectAndCall(shared, call);
    return this.#isOwn(connection, call.scope) ? this.#callLeased(call) : connection.call(call);
  }

  /** The connection that explores and listens. Rejects as `Slot.open` does. */
  async open(era: Era, signal: AbortSignal): Promise<AnyConnection> {
    const slot = this.#slotOf(era);
    if (slot.connection === undefined) this.#refuseTooSoon(slot);
    return slot.open(signal);
  }

  release(scope: string): void {
    this.#leases.release(scope);
  }

  get eras(): readonly Era[] {
    return [...this.#found];
  }

  get status(): UpstreamStatus {
    const open = this.#slots.flatMap(({ connection }) => connection ?? []);
    const [first] = open;
    const stderrTail = first?.stderrTail ?? this.#lastStderr;
    return {
      state: this.#state,
      since: new Date(this.#since).toISOString(),
      connections: open.length,
      eras: this.eras,
      ...(this.#error === undefined ? {} : { error: this.#error }),
      ...(first === undefined ? {} : { era: first.era }),
      ...(stderrTail === undefined ? {} : { stderrTail }),
      ...(first?.pid === undefined ? {} : { pid: first.pid }),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...[...this.#shared.values()].map((slot) => slot.close()), this.#leases.close()]);
    await Promise.all([...this.#sockets.values()].map((pool) => pool.destroy()));
  }

  get #slots(): readonly Slot[] {
    return [...this.#shared.values(), ...this.#leases.all];
  }

  /** The shared connection for callers of an era: theirs, or one that was made for others and turned out to be of it. */
  #slotOf(wanted: Era): Slot {
    const era = this.#several ? wanted : "2025";
    let slot = this.#shared.get(era);
    if (slot?.connection !== undefined) return slot;
    for (const other of this.#shared.values()) if (other.connection?.era === era) return other;
    if (slot === undefined) {
      slot = this.#createSlot(era, true);
      this.#shared.set(era, slot);
    }
    return slot;
  }

  /** Whether callers of this scope need a connection of their own. */
  #isOwn(shared: AnyConnection, scope: string): boolean {
    const { sessions } = this.#deps.definition.entry.gateway;
    if (scope === "" || shared.sessionful === undefined || sessions === "shared" || shared.era === "2026")
      return false;
    return sessions === "per-client" || shared.sessionful;
  }

  async #connectAndCall(shared: Slot, call: UpstreamCall): Promise<Reply> {
    // It works whatever became of the shared one.
    if (this.#leases.find(call.scope)?.connection !== undefined) return this.#callLeased(call);
    this.#refuseTooSoon(shared);
    const connection = await shared.open(call.signal);
    return this.#isOwn(connection, call.scope) ? this.#callLeased(call) : connection.call(call);
  }

  async #callLeased(call: UpstreamCall): Promise<Reply> {
    this.#refuseClosed();
    const slot = this.#leases.take(call.scope);
    if (slot.connection === undefined) this.#refuseTooSoon(slot);
    return slot.use(call);
  }

  /** Whoever waited while the definition was dropped must not begin anything that nobody would close. */
  #refuseClosed(): void {
    if (this.#closed) throw new UpstreamUnavailable(this.#name, "its definition was changed or removed");
  }

  #refuseTooSoon(slot: Slot): void {
    this.#refuseClosed();
    const { refusal } = this.#backoff;
    if (refusal !== undefined && !slot.connecting) throw refusal;
  }

  #createSlot(wanted: Era, shared: boolean): Slot {
    return new Slot({
      server: this.#name,
      connectMs: this.#deps.kindDeps.limits.connectMs,
      connect: (events, signal) => this.#connect(wanted, shared, events, signal),
      onNotification: (method) => {
        const list = shared ? changedList(method) : undefined;
        if (list !== undefined) this.#deps.onListChanged(list);
      },
      onConnecting: () => this.#changed(),
      onConnected: (connection) => {
        this.#backoff.connected();
        this.#found.add(connection.era);
        this.#changed();
      },
      onFailed: (error) => {
        this.#backoff.failed(error);
        this.#changed(error);
      },
      onEnded: (error, connection, livedMs) => {
        this.#backoff.ended(error, livedMs);
        this.#lastStderr = connection.stderrTail;
        this.#changed(error);
      },
      now: this.#deps.now,
    });
  }

  async #connect(
    wanted: Era,
    listen: boolean,
    events: ConnectionEvents,
    signal: AbortSignal,
  ): Promise<AnyConnection> {
    const { definition, kindDeps, eras } = this.#deps;
    return kindOf(definition.entry).connect(definition.entry, {
      server: this.#name,
      wanted,
      listen,
      deps: kindDeps,
      eras,
      pool: (url) => this.#poolFor(new URL(url).origin),
      events,
      signal,
    });
  }

  #poolFor(origin: string): Pool {
    let pool = this.#sockets.get(origin);
    if (pool === undefined) {
      const { operator, rest } = this.#deps.kindDeps.egress;
      pool = (this.#deps.definition.egress === "any" ? operator : rest).pool(origin);
      this.#sockets.set(origin, pool);
    }
    return pool;
  }

  #changed(error = this.#error): void {
    const state = this.#stateNow(error);
    this.#error = state === "ready" ? undefined : error;
    if (state === this.#state && state !== "failed") return;
    this.#state = state;
    this.#since = this.#deps.now();
    this.#deps.onStatus(this.status);
  }

  #stateNow(error: UpstreamError | undefined): State {
    const slots = this.#slots;
    if (slots.some(({ connection }) => connection !== undefined)) return "ready";
    if (slots.some(({ connecting }) => connecting)) return "connecting";
    return error === undefined ? "idle" : "failed";
  }
}
