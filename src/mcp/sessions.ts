import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";

import { GatewayError } from "../domain/errors.ts";
import type { Identity } from "../domain/identity.ts";
import type { JsonObject } from "../domain/json.ts";
import { type Endpoint, keyOf } from "./endpoint.ts";
import { InFlight } from "./in-flight.ts";

/** One client of the 2025 era between `initialize` and its end. */
export interface Session {
  readonly id: string;
  readonly endpoint: Endpoint;
  /** Bound to who opened it: the id alone lets nobody in. */
  readonly principal: string;
  readonly protocolVersion: string;
  readonly capabilities: JsonObject;
  readonly clientInfo: JsonObject;
  /** The GET stream for news that belong to no request. */
  stream: ServerResponse | undefined;
  readonly inFlight: InFlight;
  lastSeen: number;
}

export interface SessionLimits {
  readonly sessions: number;
  readonly sessionIdleMs: number;
}

export function principalOf(identity: Identity): string {
  return `${identity.tenant}/${identity.subject}`;
}

/** Sessions live in this process; another replica or a restart does not know them yet. */
export class SessionTable {
  readonly #sessions = new Map<string, Session>();
  readonly #limits: SessionLimits;
  readonly #onEnd: (session: Session) => void;
  readonly #now: () => number;
  readonly #sweep: NodeJS.Timeout;

  constructor(deps: { limits: SessionLimits; onEnd: (session: Session) => void; now?: () => number }) {
    this.#limits = deps.limits;
    this.#onEnd = deps.onEnd;
    this.#now = deps.now ?? Date.now;
    this.#sweep = setInterval(() => this.endIdle(), 30_000).unref();
  }

  get size(): number {
    return this.#sessions.size;
  }

  all(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** Throws a retryable GatewayError (503) when the table is full of sessions that are in use. */
  open(
    start: Pick<Session, "endpoint" | "protocolVersion" | "capabilities" | "clientInfo"> & {
      identity: Identity;
    },
  ): Session {
    if (this.#sessions.size >= this.#limits.sessions) this.endIdle();
    if (this.#sessions.size >= this.#limits.sessions) {
      throw new GatewayError("overloaded", "The gateway has no room for another session.", {
        retryable: true,
        retryAfterMs: 10_000,
        fix: [{ label: "Raise gateway.limits.sessions in the config file" }],
      });
    }
    const { identity, ...rest } = start;
    const session: Session = {
      ...rest,
      id: randomUUID(),
      principal: principalOf(identity),
      stream: undefined,
      inFlight: new InFlight(),
      lastSeen: this.#now(),
    };
    this.#sessions.set(session.id, session);
    return session;
  }

  /** The session if it exists, belongs to this caller and was opened on this endpoint; all else looks the same. */
  find(id: string, identity: Identity, endpoint: Endpoint): Session | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined || session.principal !== principalOf(identity)) return undefined;
    if (keyOf(session.endpoint) !== keyOf(endpoint)) return undefined;
    session.lastSeen = this.#now();
    return session;
  }

  end(session: Session): void {
    if (!this.#sessions.delete(session.id)) return;
    session.inFlight.cancelAll();
    session.stream?.end();
    this.#onEnd(session);
  }

  /** Ends sessions that nobody used for `sessionIdleMs`; one with an open stream or a call in flight is in use. */
  endIdle(): void {
    const oldest = this.#now() - this.#limits.sessionIdleMs;
    for (const session of this.#sessions.values()) {
      const idle = session.stream === undefined && session.inFlight.size === 0;
      if (idle && session.lastSeen < oldest) this.end(session);
    }
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const session of this.#sessions.values()) this.end(session);
  }
}
