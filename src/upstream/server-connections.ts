import { toMs } from "../domain/duration.ts";
import { GatewayError } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Offering } from "../domain/offering.ts";
import type { Era } from "../domain/protocol.ts";
import type { Server } from "../domain/server.ts";
import { UpstreamError, UpstreamUnavailable } from "../domain/upstream-errors.ts";
import type { Reply } from "../wire/reply.ts";
import { Backoff } from "./backoff.ts";
import type { UpstreamCall } from "./connection.ts";
import { CrashLoop } from "./crash-loop.ts";
import type { EraMemory } from "./http/era-memory.ts";
import { IdleReaper } from "./idle-reaper.ts";
import { type KindDeps, kindOf } from "./kinds.ts";
import { type Lease, Leases } from "./leases.ts";
import { OwnLists } from "./own-lists.ts";
import { ServerState, type UpstreamStatus } from "./server-state.ts";
import { SharedSlots } from "./shared-slots.ts";
import { type Caller, type Sharing, sharingOf } from "./sharing.ts";
import { SlotMaker, type UpstreamListeners } from "./slot-maker.ts";
import type { AnyConnection, Slot } from "./slot.ts";
import { Sockets } from "./sockets.ts";
import { pause } from "./wait.ts";

/** Between attempts to follow what was followed before. */
const RESUME_PAUSE_MS = 1_000;

export interface ServerConnectionsDeps {
  readonly definition: Server;
  /** The `idle` of the present definition: it may change without new connections. */
  readonly idle: () => number | string | undefined;
  readonly kindDeps: KindDeps;
  readonly eras: EraMemory;
  readonly listeners: UpstreamListeners;
  readonly onStatus: (status: UpstreamStatus) => void;
  readonly now: () => number;
}

/**
 * All connections to one upstream, as its definition says: the shared ones, and those that belong to one scope each. See
 * `sharingOf` for who gets which.
 */
export class ServerConnections {
  readonly #deps: ServerConnectionsDeps;
  readonly #name: string;
  readonly #kind: ReturnType<typeof kindOf>;
  readonly #backoff: Backoff;
  readonly #crashes: CrashLoop;
  readonly #reaper: IdleReaper;
  readonly #shared: SharedSlots;
  readonly #leases: Leases;
  readonly #sockets: Sockets;
  readonly #state: ServerState;
  readonly #lists: OwnLists;
  readonly #closing = new AbortController();
  #warned = false;

  constructor(deps: ServerConnectionsDeps) {
    const { definition, kindDeps, onStatus, now } = deps;
    const { operator, rest } = kindDeps.egress;
    this.#deps = deps;
    this.#name = definition.name;
    this.#kind = kindOf(definition.entry);
    this.#backoff = new Backoff(now);
    this.#crashes = new CrashLoop({ server: definition.name, now });
    this.#reaper = new IdleReaper({
      slots: () => this.#shared.all,
      idleMs: () => toMs(deps.idle() ?? this.#kind.idleMs),
      onReaped: () => this.#state.changed(),
      now,
    });
    this.#sockets = new Sockets(definition.egress === "any" ? operator : rest);
    this.#state = new ServerState({
      slots: () => [...this.#shared.all, ...this.#leases.slots],
      leases: () => this.#leases.count,
      onStatus: (status) => {
        if (status.state === "ready") this.#reaper.begin();
        onStatus(status);
      },
      now,
    });
    const { onListChanged } = deps.listeners;
    this.#lists = new OwnLists({ server: definition.name, limits: kindDeps.limits, onListChanged });
    const maker = new SlotMaker({
      ...deps,
      lists: this.#lists,
      sockets: this.#sockets,
      backoff: this.#backoff,
      crashes: this.#crashes,
      state: this.#state,
    });
    this.#shared = new SharedSlots({
      modern: this.#kind.modern,
      era: definition.entry.gateway.era,
      create: (wanted) => maker.shared(wanted, this.#shared),
      now,
    });
    this.#leases = new Leases({
      ...this.#kind.leaseLaw,
      create: (caller) => maker.leased(caller),
      onDropped: (slot) => this.#lists.ended(slot),
    });
  }

  call(call: UpstreamCall): Promise<Reply> {
    const shared = this.#shared.of(call);
    const { connection } = shared;
    return connection === undefined ? this.#connectAndCall(shared, call) : this.#callOver(connection, call);
  }

  /** All that the upstream offers. Rejects as `Slot.open` and `exploreConnection` do. */
  async explore(signal: AbortSignal): Promise<Offering> {
    const connection = await this.open("2026", signal);
    return this.#lists.explore(connection, { eras: this.#state.eras, signal });
  }

  /** The connection that explores and listens. Rejects as `Slot.open` does. */
  async open(era: Era, signal: AbortSignal): Promise<AnyConnection> {
    return this.#open(this.#shared.of({ era }), signal);
  }

  /** Rejects with UpstreamError, also when the upstream refuses, or with GatewayError("cancelled"). */
  async follow(uri: string, caller: Caller, signal: AbortSignal): Promise<void> {
    const slot = await this.#slotFor(caller, signal);
    await slot.follow(uri, caller.scope, signal);
  }

  /** Follows what was followed on connections before these. Tries until it works, is refused, or is not wanted any more. */
  async resume(uri: string, caller: Caller, isWanted: () => boolean): Promise<void> {
    const { signal } = this.#closing;
    while (isWanted() && !signal.aborted) {
      try {
        await this.follow(uri, caller, signal);
        // It may have changed while nobody listened.
        if (isWanted()) this.#deps.listeners.onResourceUpdated(uri, { uri }, [caller.scope]);
        else this.unfollow(uri, caller);
        return;
      } catch (error) {
        if (error instanceof GatewayError && error.code === "upstream_error") return this.#notFollowed(error);
      }
      await pause(Math.max(RESUME_PAUSE_MS, this.#backoff.retryInMs, this.#crashes.waitMs), signal);
    }
  }

  unfollow(uri: string, caller: Caller): void {
    for (const slot of [...this.#leases.slotsFor(caller), ...this.#shared.all])
      if (slot.unfollow(uri, caller.scope)) return;
  }

  /** Fire and forget; nobody connects for it. */
  notify(scope: string, method: string, params: JsonObject): void {
    for (const { connection } of this.#leases.slotsOf(scope)) connection?.notify(method, params);
  }

  release(scope: string): void {
    this.#leases.release(scope);
    for (const slot of this.#shared.all) slot.unfollowAll(scope);
  }

  get status(): UpstreamStatus {
    return this.#state.status;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#reaper.close();
    await Promise.all([this.#shared.close(), this.#leases.close()]);
    await this.#sockets.close();
  }

  #callOver(connection: AnyConnection, call: UpstreamCall): Promise<Reply> {
    const sharing = this.#sharingOf(connection, call);
    return sharing === "shared"
      ? this.#callShared(connection, call)
      : this.#callLeased(connection, call, sharing);
  }

  /** Where it cannot be told which of the callers is asked, none is. */
  #callShared(connection: AnyConnection, call: UpstreamCall): Promise<Reply> {
    const isMute =
      call.onRequest !== undefined && connection.era === "2025" && !this.#kind.questionsNameCalls;
    return connection.call(isMute ? { ...call, onRequest: undefined } : call);
  }

  async #callLeased(connection: AnyConnection, call: UpstreamCall, sharing: Sharing): Promise<Reply> {
    const lease = this.#take(call, sharing === "exclusive");
    return lease === undefined ? this.#callShared(connection, call) : lease.slot.use(call);
  }

  async #connectAndCall(shared: Slot, call: UpstreamCall): Promise<Reply> {
    const own = this.#findOpen(call);
    if (own !== undefined) return own.slot.use(call);
    const connection = await this.#openShared(shared, call);
    return connection === undefined ? this.call(call) : this.#callOver(connection, call);
  }

  /** Nothing if it has turned out in the meantime that another one is for this caller. */
  async #openShared(
    slot: Slot,
    caller: Caller & { readonly signal: AbortSignal },
  ): Promise<AnyConnection | undefined> {
    try {
      await this.#open(slot, caller.signal);
    } catch (error) {
      if (this.#shared.of(caller) === slot) throw error;
    }
    return this.#shared.of(caller) === slot ? slot.connection : undefined;
  }

  /** Where a caller follows resources: where its calls go, because what they change may be known there only. */
  async #slotFor(caller: Caller, signal: AbortSignal): Promise<Slot> {
    const own = this.#leases.find(caller, false) ?? this.#leases.home(caller);
    if (own?.slot.connection !== undefined) return own.slot;
    const shared = this.#shared.of(caller);
    const connection = await this.#openShared(shared, { ...caller, signal });
    if (connection === undefined) return this.#slotFor(caller, signal);
    const sharing = this.#sharingOf(connection, caller);
    return (sharing === "shared" ? undefined : this.#takeToFollow(caller, sharing)?.slot) ?? shared;
  }

  async #open(slot: Slot, signal: AbortSignal): Promise<AnyConnection> {
    if (slot.connection === undefined) this.#refuseTooSoon(slot);
    return slot.open(signal);
  }

  #sharingOf(connection: AnyConnection, caller: Caller): Sharing {
    return sharingOf(this.#kind, this.#deps.definition.entry.gateway.sessions, connection, caller);
  }

  /** One that works whatever became of the shared one. */
  #findOpen(caller: Caller): Lease | undefined {
    const lease = this.#leases.find(caller, false) ?? this.#leases.find(caller, true);
    return lease?.slot.connection === undefined ? undefined : lease;
  }

  /** Nothing where the shared connection serves when there is no room. Throws UpstreamError (`not_sent`). */
  #take(caller: Caller, exclusive: boolean): Lease | undefined {
    this.#refuseClosed();
    return this.#usable(this.#leases.take(caller, exclusive));
  }

  #takeToFollow(caller: Caller, sharing: Sharing): Lease | undefined {
    if (sharing !== "exclusive") return this.#take(caller, false);
    this.#refuseClosed();
    return this.#usable(this.#leases.settle(caller));
  }

  #usable(lease: Lease | undefined): Lease | undefined {
    if (lease === undefined) this.#noRoom();
    else if (lease.slot.connection === undefined) this.#refuseTooSoon(lease.slot);
    return lease;
  }

  #noRoom(): void {
    const { max, evictIdle } = this.#kind.leaseLaw;
    if (evictIdle) {
      const message = `Upstream "${this.#name}" has ${max} sessions of callers, and all are in use.`;
      throw new UpstreamError("upstream_busy", this.#name, "not_sent", message);
    }
    if (this.#warned) return;
    this.#warned = true;
    const fields = { server: this.#name, max };
    this.#deps.kindDeps.logger.warn("no more processes of callers, the shared one is used", fields);
  }

  #notFollowed(error: GatewayError): void {
    this.#deps.kindDeps.logger.warn("resource not followed", { server: this.#name, error });
  }

  /** Whoever waited while the definition was dropped must not begin anything that nobody would close. */
  #refuseClosed(): void {
    if (this.#closing.signal.aborted)
      throw new UpstreamUnavailable(this.#name, "its definition was changed or removed");
  }

  #refuseTooSoon(slot: Slot): void {
    this.#refuseClosed();
    const refusal = this.#crashes.refusal ?? this.#backoff.refusal;
    if (refusal !== undefined && !slot.connecting) throw refusal;
  }
}
