import type { JsonObject } from "../../src/domain/json.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/domain/limits.ts";
import { type Server, ServerEntry } from "../../src/domain/server.ts";
import {
  type Question,
  UpstreamPool,
  type UpstreamPoolDeps,
  type UpstreamStatus,
  refuseQuestion,
} from "../../src/upstream/upstream.ts";
import { createEgress } from "../../src/wire/egress.ts";
import type { Reply } from "../../src/wire/reply.ts";
import { SILENT } from "./mcp-upstream.ts";

/** A real pool over definitions that a test changes, which keeps what the pool tells. */
export class PoolBench {
  readonly statuses: (readonly [string, UpstreamStatus])[] = [];
  readonly listChanges: (readonly [string, string])[] = [];
  /** Server, followed URI, the URI that the upstream named, and who follows. */
  readonly updates: (readonly [string, string, unknown, readonly string[]])[] = [];
  /** Server, scope and method of what an upstream asked outside of any call. */
  readonly questions: (readonly [string, string, string])[] = [];
  /** Server, scope, method and params of what an upstream told one scope. */
  readonly told: (readonly [string, string, string, JsonObject])[] = [];
  /** What the warnings of the pool say. */
  readonly warnings: string[] = [];
  /** How the client of a scope answers what an upstream asks outside of any call. */
  answer: (question: Question) => Promise<Reply> = refuseQuestion;
  readonly #definitions = new Map<string, Server>();
  readonly #egress = createEgress({ allowPrivate: true, allow: [] }, DEFAULT_LIMITS);
  readonly #publicOnly = createEgress({ allowPrivate: false, allow: [] }, DEFAULT_LIMITS);
  readonly pool: UpstreamPool;
  /** Moves the pool's clock; connections themselves live in real time. */
  laterMs = 0;

  constructor(options: Partial<Omit<UpstreamPoolDeps, "limits">> & { limits?: Partial<Limits> } = {}) {
    this.pool = new UpstreamPool({
      definition: (name) => this.#definitions.get(name),
      expand: (text) => text,
      httpTools: () => [],
      egress: { operator: this.#egress, rest: this.#publicOnly },
      clientInfo: { name: "switchgear", version: "0.0.1" },
      logger: { ...SILENT, warn: (message) => this.warnings.push(message) },
      environment: { PATH: process.env["PATH"] },
      onListChanged: (server, list) => this.listChanges.push([server, list]),
      onStatus: (server, status) => this.statuses.push([server, status]),
      onScopeRequest: (server, scope, question) => {
        this.questions.push([server, scope, question.method]);
        return this.answer(question);
      },
      onScopeNotification: (...what) => this.told.push(what),
      onResourceUpdated: (server, uri, params, scopes) =>
        this.updates.push([server, uri, params["uri"], scopes]),
      now: () => Date.now() + this.laterMs,
      ...options,
      limits: { ...DEFAULT_LIMITS, connectMs: 2_000, ...options.limits },
    });
  }

  define(name: string, entry: object, overrides: Partial<Server> = {}): this {
    const isBuiltin = "type" in entry && entry.type === "http-tools";
    this.#definitions.set(name, {
      id: `srv_${name}`,
      name,
      version: 1,
      source: "config",
      egress: "any",
      entry: isBuiltin ? (entry as Server["entry"]) : ServerEntry.parse(entry),
      createdAt: "2026-01-01T00:00:00Z",
      updatedAt: "2026-01-01T00:00:00Z",
      ...overrides,
    });
    return this;
  }

  undefine(name: string): void {
    this.#definitions.delete(name);
  }

  /** The states in the order in which they were told. */
  states(name: string): readonly string[] {
    return this.statuses.filter(([server]) => server === name).map(([, { state }]) => state);
  }

  async close(): Promise<void> {
    await this.pool.close();
    await Promise.all([this.#egress.close(), this.#publicOnly.close()]);
  }
}
