import { join } from "node:path";

import type { Identity } from "../../src/domain/identity.ts";
import { Endpoints } from "../../src/mcp/endpoint.ts";
import type { Session } from "../../src/mcp/session.ts";
import { SessionTable, type SessionTableDeps } from "../../src/mcp/sessions.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { type SessionStore, type Storage, openStorage } from "../../src/storage/storage.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const anna: Identity = { subject: "anna", tenant: "one", role: "user" };
export const ALL = { kind: "all" } as const;
export const STREAM_LIMITS = { sessionEvents: 8, sessionEventBytes: 10_000, resumeMs: 1_000 };

/** Tables of sessions over one real store, as of gateways that are started one after the other. */
export class SessionTables {
  now = Date.parse("2026-03-01T10:00:00.000Z");
  readonly ended: Session[] = [];
  readonly restored: Session[] = [];
  readonly errors: unknown[] = [];
  /** How often each method of the store was called. */
  readonly calls = { insert: 0, find: 0, change: 0, touch: 0, remove: 0, removeIdle: 0, trim: 0 };
  /** Rejects instead of the store when set. */
  failure: Error | undefined;
  readonly storage: Storage;
  readonly #open: SessionTable[] = [];

  private constructor(storage: Storage) {
    this.storage = storage;
  }

  static async create(): Promise<SessionTables> {
    const logger = createLogger({ level: "silent", write: () => {} });
    const url = `file:${join(temporaryFolder(), "sessions.db")}`;
    return new SessionTables(await openStorage({ url, logger }));
  }

  /** The real store, counted, and broken while `failure` is set. */
  get store(): SessionStore {
    const real = this.storage.sessions;
    const via =
      <Args extends unknown[], Out>(name: keyof SessionStore, work: (...args: Args) => Promise<Out>) =>
      async (...args: Args): Promise<Out> => {
        this.calls[name]++;
        if (this.failure !== undefined) throw this.failure;
        return work(...args);
      };
    return {
      insert: via("insert", real.insert.bind(real)),
      find: via("find", real.find.bind(real)),
      change: via("change", real.change.bind(real)),
      touch: via("touch", real.touch.bind(real)),
      remove: via("remove", real.remove.bind(real)),
      removeIdle: via("removeIdle", real.removeIdle.bind(real)),
      trim: via("trim", real.trim.bind(real)),
    };
  }

  table(limits: Partial<SessionTableDeps["limits"]> = {}): SessionTable {
    const table = new SessionTable({
      store: this.store,
      endpoints: new Endpoints(),
      limits: { sessions: 100, sessionIdleMs: 60_000, ...STREAM_LIMITS, ...limits },
      onEnd: (session) => this.ended.push(session),
      onRestored: (session) => this.restored.push(session),
      onError: (error) => this.errors.push(error),
      now: () => this.now,
    });
    this.#open.push(table);
    return table;
  }

  async close(): Promise<void> {
    this.failure = undefined;
    for (const table of this.#open) await table.close();
    await this.storage.close();
  }
}

export function openOne(table: SessionTable, identity = anna): Promise<Session> {
  const self = { capabilities: { roots: {} }, clientInfo: { name: "test", version: "1" } };
  return table.open({ endpoint: ALL, identity, protocolVersion: "2025-11-25", ...self });
}
