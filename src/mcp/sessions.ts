import { randomUUID } from "node:crypto";

import { GatewayError, InvalidRequest } from "../domain/errors.ts";
import type { Identity } from "../domain/identity.ts";
import type { SessionRow, SessionStore } from "../storage/storage.ts";
import { type Endpoint, type Endpoints, keyOf } from "./endpoint.ts";
import type { StreamLimits } from "./session-streams.ts";
import { Session, type SessionFacts, type SessionState, principalOf } from "./session.ts";
import { StoredSessions } from "./stored-sessions.ts";

export interface SessionLimits extends StreamLimits {
  readonly sessions: number;
  readonly sessionIdleMs: number;
}

export interface SessionTableDeps {
  readonly store: SessionStore;
  readonly limits: SessionLimits;
  readonly endpoints: Endpoints;
  /** It left the memory, for good or for now: upstream sessions of its own can go. */
  readonly onEnd: (session: Session) => void;
  /** It is back from storage, before its first request is answered. */
  readonly onRestored?: ((session: Session) => void) | undefined;
  /** Storage did not take what was to be noted; it is tried again. */
  readonly onError?: ((error: unknown) => void) | undefined;
  readonly now?: () => number;
}

export type SessionStart = Pick<
  SessionFacts,
  "endpoint" | "protocolVersion" | "capabilities" | "clientInfo"
> & {
  readonly identity: Identity;
};

const SWEEP_MS = 30_000;
/** Memory holds those in use; storage so many times more for clients that may come back. */
const STORED_SHARE = 10;
/** How many leave the memory at once when it is full: finding the longest idle looks at all. */
const LEAVE_SHARE = 0.05;
const MAX_SELF_LENGTH = 64 * 1024;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** The sessions of 2025 clients: those in use in memory, all of them in storage, from where they come back. */
export class SessionTable {
  readonly #sessions = new Map<string, Session>();
  readonly #deps: SessionTableDeps;
  readonly #stored: StoredSessions;
  readonly #now: () => number;
  readonly #sweep: NodeJS.Timeout;
  /** Ids of sessions that left the memory before storage heard of their last use. */
  #left: string[] = [];
  #opening = 0;

  constructor(deps: SessionTableDeps) {
    this.#deps = deps;
    this.#stored = new StoredSessions({ store: deps.store, maxRows: STORED_SHARE * deps.limits.sessions });
    this.#now = deps.now ?? Date.now;
    // What a crash may lose of the time of last use is to be little against the time that a session may be idle.
    const sweepMs = Math.max(1_000, Math.min(SWEEP_MS, deps.limits.sessionIdleMs / 4));
    this.#sweep = setInterval(() => void this.sweep(), sweepMs).unref();
  }

  /** Those in memory. */
  get size(): number {
    return this.#sessions.size;
  }

  all(): Iterable<Session> {
    return this.#sessions.values();
  }

  byId(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /** Stored before it resolves. Throws a retryable GatewayError (503) when all sessions in memory are in use. */
  async open(start: SessionStart): Promise<Session> {
    const self = JSON.stringify([start.capabilities, start.clientInfo]);
    if (self.length > MAX_SELF_LENGTH) {
      throw new InvalidRequest("params.capabilities and params.clientInfo may take at most 64 KiB.");
    }
    this.#makeRoom();
    const at = this.#now();
    const row = rowOf(start, new Date(at).toISOString());
    this.#opening++;
    try {
      await this.#stored.add(row);
      return this.#hold(row, at);
    } finally {
      this.#opening--;
    }
  }

  /** The session if it exists, belongs to this caller and was opened on this endpoint; all else looks the same. */
  find(
    id: string,
    identity: Identity,
    endpoint: Endpoint,
  ): Session | undefined | Promise<Session | undefined> {
    const session = this.#sessions.get(id);
    if (session !== undefined) return this.#admit(session, identity, endpoint);
    // Whoever makes ids up is to cost no read.
    return UUID.test(id) ? this.#restore(id, identity, endpoint) : undefined;
  }

  /** Stored before it resolves. Throws `session_not_found` when the session has ended elsewhere. */
  async change(session: Session, change: Partial<SessionState>): Promise<void> {
    const before = session.state;
    const after = { ...before, ...change };
    // At once, so that a change that comes meanwhile begins with this one.
    session.become(after);
    try {
      if (await session.inTurn(() => this.#stored.change(session.id, session.state))) return;
    } catch (error) {
      if (session.state === after) session.become(before);
      throw error;
    }
    this.#drop(session);
    throw new GatewayError("session_not_found", "The session has ended; send initialize again.");
  }

  /** Ended in storage before it resolves. When storage does not answer, the session is there as before. */
  async end(session: Session): Promise<void> {
    this.#drop(session);
    await this.#stored.remove(session.id, this.#now());
  }

  /** Notes in storage which sessions were used, and ends those that nobody used for `sessionIdleMs`. */
  async sweep(): Promise<void> {
    const now = this.#now();
    const oldest = now - this.#deps.limits.sessionIdleMs;
    for (const session of this.#sessions.values()) {
      if (session.isInUse) session.lastSeen = now;
      if (session.lastSeen < oldest) this.#drop(session);
      else session.purge(now);
    }
    await this.#note(now, (used) => this.#stored.sweep(used, now, this.#deps.limits.sessionIdleMs));
  }

  /** Nothing ends in storage: clients go on with their sessions after the next start. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    const now = this.#now();
    for (const session of this.#sessions.values()) this.#leave(session);
    await this.#note(now, (used) => this.#stored.touch(used, now));
  }

  async #restore(id: string, identity: Identity, endpoint: Endpoint): Promise<Session | undefined> {
    const now = this.#now();
    const row = await this.#stored.find(id, now);
    const session = this.#sessions.get(id);
    // Somebody else who asked for it was first.
    if (session !== undefined) return this.#admit(session, identity, endpoint);
    if (row === undefined || Date.parse(row.lastSeenAt) < now - this.#deps.limits.sessionIdleMs)
      return undefined;
    if (principalOf(row) !== principalOf(identity) || row.endpoint !== keyOf(endpoint)) return undefined;
    this.#makeRoom();
    const restored = this.#hold(row, now);
    this.#deps.onRestored?.(restored);
    return restored;
  }

  #admit(session: Session, identity: Identity, endpoint: Endpoint): Session | undefined {
    if (session.principal !== principalOf(identity)) return undefined;
    if (keyOf(session.endpoint) !== keyOf(endpoint)) return undefined;
    session.lastSeen = this.#now();
    return session;
  }

  #hold(row: SessionRow, now: number): Session {
    const { endpoints } = this.#deps;
    const endpoint = endpoints.choose(endpoints.ofKey(row.endpoint), row.clientInfo);
    const session = new Session(
      { ...row, endpoint, principal: principalOf(row) },
      { logLevel: row.logLevel, subscriptions: new Set(row.subscriptions) },
      { limits: this.#deps.limits, now },
    );
    session.lastNoted = Date.parse(row.lastSeenAt);
    this.#sessions.set(session.id, session);
    return session;
  }

  /** The longest idle leave the memory when it is full; they come back when they are asked for. */
  #makeRoom(): void {
    const { sessions } = this.#deps.limits;
    if (this.#sessions.size + this.#opening < sessions) return;
    const idle = [...this.#sessions.values()].filter((session) => !session.isInUse);
    idle.sort((a, b) => a.lastSeen - b.lastSeen);
    const surplus = this.#sessions.size + this.#opening + 1 - sessions;
    for (const session of idle.slice(0, Math.max(surplus, sessions * LEAVE_SHARE))) this.#leave(session);
    if (this.#sessions.size + this.#opening < sessions) return;
    throw new GatewayError("overloaded", "The gateway has no room for another session.", {
      retryable: true,
      retryAfterMs: 10_000,
      fix: [{ label: "Raise gateway.limits.sessions in the config file" }],
    });
  }

  #leave(session: Session): void {
    if (!this.#sessions.delete(session.id)) return;
    if (session.lastSeen > session.lastNoted) this.#left.push(session.id);
    session.leave();
    this.#deps.onEnd(session);
  }

  #drop(session: Session): void {
    if (!this.#sessions.delete(session.id)) return;
    session.end();
    this.#deps.onEnd(session);
  }

  /** One time for all that were used since the last note: it is late by no more than the time between two notes. */
  async #note(now: number, write: (used: readonly string[]) => Promise<void>): Promise<void> {
    const left = this.#left;
    this.#left = [];
    const used = [...this.#sessions.values()].filter(({ lastSeen, lastNoted }) => lastSeen > lastNoted);
    try {
      await write([...left, ...used.map(({ id }) => id)]);
      for (const session of used) session.lastNoted = now;
    } catch (error) {
      this.#left.push(...left);
      this.#deps.onError?.(error);
    }
  }
}

function rowOf({ identity, endpoint, ...facts }: SessionStart, at: string): SessionRow {
  const { tenant, subject } = identity;
  const own = { id: randomUUID(), endpoint: keyOf(endpoint), tenant, subject };
  return { ...own, ...facts, subscriptions: [], createdAt: at, lastSeenAt: at };
}
