import type { JsonObject } from "../domain/json.ts";
import type { Era } from "../domain/protocol.ts";
import type { Server } from "../domain/server.ts";
import type { Reply } from "../wire/reply.ts";
import type { Backoff } from "./backoff.ts";
import type { ClientSelf, Question } from "./connection.ts";
import { type CrashLoop, isDeath } from "./crash-loop.ts";
import type { EraMemory } from "./http/era-memory.ts";
import { type KindDeps, kindOf } from "./kinds.ts";
import { type ListName, changedList } from "./list-changes.ts";
import type { OwnLists } from "./own-lists.ts";
import { refuseQuestion } from "./refuse-question.ts";
import type { ServerState } from "./server-state.ts";
import { type Caller, EVERYTHING, NOBODY, isInteractive } from "./sharing.ts";
import { Slot, type SlotDeps } from "./slot.ts";
import type { Sockets } from "./sockets.ts";

/** Whom the connections to one upstream tell what it says unasked. */
export interface UpstreamListeners {
  readonly onListChanged: (list: ListName) => void;
  /** A process was started anew because the one before had ended by itself. */
  readonly onRestart: () => void;
  readonly onScopeRequest: (scope: string, question: Question) => Promise<Reply>;
  readonly onScopeNotification: (scope: string, method: string, params: JsonObject) => void;
  readonly onResourceUpdated: (uri: string, params: JsonObject, scopes: readonly string[]) => void;
}

interface SlotMakerDeps {
  readonly definition: Server;
  readonly kindDeps: KindDeps;
  readonly eras: EraMemory;
  readonly listeners: UpstreamListeners;
  readonly sockets: Sockets;
  readonly backoff: Backoff;
  readonly crashes: CrashLoop;
  readonly state: ServerState;
  readonly lists: OwnLists;
  readonly now: () => number;
}

/** What becomes of the attempts at a shared connection. */
interface SharedWatch {
  readonly connected: (wanted: Era, found: Era) => void;
  /** True if the failure is no trouble. */
  readonly failed: (wanted: Era) => boolean;
}

/** Makes the places for connections to one upstream, each with what its connection is to declare and whom it tells. */
export class SlotMaker {
  readonly #deps: SlotMakerDeps;

  constructor(deps: SlotMakerDeps) {
    this.#deps = deps;
  }

  shared(wanted: Era, watch: SharedWatch): Slot {
    const deps = this.#slotDeps(wanted, EVERYTHING, true);
    const { crashes, state, listeners, lists } = this.#deps;
    return new Slot({
      ...deps,
      onNotification: (method) => {
        const list = changedList(method);
        if (list !== undefined) lists.changed(list);
      },
      onRequest: refuseQuestion,
      onConnected: (connection) => {
        watch.connected(wanted, connection.era);
        if (state.restarted() && connection.pid !== undefined) listeners.onRestart();
        deps.onConnected(connection);
      },
      onFailed: (error) => {
        if (watch.failed(wanted)) return state.changed();
        const verdict = isDeath(error) ? crashes.died(error, 0) : undefined;
        deps.onFailed(verdict ?? error);
      },
      verdict: () => crashes.refusal,
      onEnded: (error, connection, livedMs) => {
        state.lost();
        const verdict = connection.exited === true ? crashes.died(error, livedMs) : undefined;
        deps.onEnded(verdict ?? error, connection, livedMs);
      },
    });
  }

  leased({ scope, era, envelope = NOBODY }: Caller): Slot {
    const { lists, listeners } = this.#deps;
    const { onScopeNotification, onScopeRequest } = listeners;
    const deps = this.#slotDeps("2025", envelope, false);
    // A client without a session cannot be reached but in the answer to a call.
    const isReachable = era === "2025" && isInteractive(envelope);
    const slot: Slot = new Slot({
      ...deps,
      onNotification: (method, params) => {
        const list = changedList(method);
        if (list === undefined) onScopeNotification(scope, method, params);
        else lists.changed(list, slot);
      },
      onEnded: (...end) => {
        lists.ended(slot);
        deps.onEnded(...end);
      },
      onRequest: isReachable ? (question) => onScopeRequest(scope, question) : refuseQuestion,
    });
    return slot;
  }

  #slotDeps(
    wanted: Era,
    client: ClientSelf,
    shared: boolean,
  ): Omit<SlotDeps, "onNotification" | "onRequest"> {
    const { definition, kindDeps, eras, sockets, backoff, crashes, state, listeners, now } = this.#deps;
    const { name: server, entry } = definition;
    const request = { server, wanted, client, shared, deps: kindDeps, eras, sockets };
    return {
      server,
      logger: kindDeps.logger,
      connectMs: kindDeps.limits.connectMs,
      followMs: kindDeps.limits.callMs,
      retryInMs: () => Math.max(backoff.retryInMs, crashes.waitMs),
      connect: (events, signal) => kindOf(entry).connect(entry, { ...request, events, signal }),
      onUpdated: listeners.onResourceUpdated,
      onConnecting: () => state.changed(),
      onConnected: (connection) => {
        backoff.connected();
        state.connected(connection);
      },
      onFailed: (error) => {
        backoff.failed(error);
        state.changed(error);
      },
      onEnded: (error, connection, livedMs) => {
        backoff.ended(error, livedMs);
        state.ended(error, connection);
      },
      now,
    };
  }
}
