import { ServerNotFound } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Offering } from "../domain/offering.ts";
import { type Server, isEnabled } from "../domain/server.ts";
import { UpstreamUnavailable } from "../domain/upstream-errors.ts";
import type { Reply } from "../wire/reply.ts";
import type { Question, UpstreamCall } from "./connection.ts";
import { FollowBook } from "./follow-book.ts";
import { EraMemory } from "./http/era-memory.ts";
import type { KindDeps } from "./kinds.ts";
import type { ListName } from "./list-changes.ts";
import { ServerConnections } from "./server-connections.ts";
import type { UpstreamStatus } from "./server-state.ts";
import type { Caller } from "./sharing.ts";
import { Children } from "./stdio/children.ts";

export type { Answerer, ClientSelf, Question, UpstreamCall } from "./connection.ts";
export { checkHttpTool } from "./http-tools/http-tools.ts";
export type { ListName } from "./list-changes.ts";
export { refuseQuestion } from "./refuse-question.ts";
export type { UpstreamStatus } from "./server-state.ts";

export interface UpstreamPoolDeps extends Omit<KindDeps, "children"> {
  /** Where child processes are noted. Absent: nobody looks after those that outlive this process. */
  readonly childrenFolder?: string;
  definition(server: string): Server | undefined;
  onListChanged(server: string, list: ListName): void;
  onStatus(server: string, status: UpstreamStatus): void;
  /** A child process was started anew because the one before had ended by itself. */
  onRestart?(server: string): void;
  /** Children of an earlier gateway were found and killed. */
  onOrphans?(count: number): void;
  /** What an upstream asks the client of a session outside of any call. */
  onScopeRequest(server: string, scope: string, question: Question): Promise<Reply>;
  /** What an upstream tells one scope outside of any call: log messages, tasks, `elicitation/complete`. */
  onScopeNotification(server: string, scope: string, method: string, params: JsonObject): void;
  /**
   * A resource has changed that these scopes follow on one connection. `uri` is the one that they follow; the params are the
   * upstream's, and may name a part of it.
   */
  onResourceUpdated(server: string, uri: string, params: JsonObject, scopes: readonly string[]): void;
  now?(): number;
}

/** The connections to all upstreams, made when they are first needed. The trouble of one is nobody else's. */
export class UpstreamPool {
  readonly #deps: UpstreamPoolDeps;
  readonly #kindDeps: KindDeps;
  readonly #children: Children;
  readonly #servers = new Map<string, ServerConnections>();
  readonly #eras: EraMemory;
  readonly #follows = new FollowBook();
  readonly #now: () => number;
  #closed = false;

  constructor(deps: UpstreamPoolDeps) {
    this.#deps = deps;
    this.#children = new Children({
      limit: deps.limits.children,
      folder: deps.childrenFolder,
      logger: deps.logger,
      onOrphans: (count) => deps.onOrphans?.(count),
    });
    this.#kindDeps = { ...deps, children: this.#children };
    this.#now = () => deps.now?.() ?? Date.now();
    this.#eras = new EraMemory(this.#now);
  }

  /** Rejects with UpstreamError, whose outcome says whether the call was sent, or with GatewayError("cancelled"). */
  call(server: string, call: UpstreamCall): Promise<Reply> {
    const connections = this.#servers.get(server);
    return connections === undefined ? this.#firstCall(server, call) : connections.call(call);
  }

  /** Reads all that the upstream offers. Rejects with UpstreamError, ServerNotFound or GatewayError("cancelled"). */
  async explore(server: string, signal: AbortSignal): Promise<Offering> {
    return this.#connectionsOf(server).explore(signal);
  }

  status(server: string): UpstreamStatus {
    const connections = this.#servers.get(server);
    if (connections !== undefined) return connections.status;
    const definition = this.#deps.definition(server);
    const state = definition !== undefined && isEnabled(definition) ? "idle" : "disabled";
    return {
      state,
      since: new Date(this.#now()).toISOString(),
      connections: 0,
      leases: 0,
      eras: [],
      restarts: 0,
    };
  }

  /** Closes the server's connections: its definition was changed, disabled or removed. Calls in flight fail. */
  async drop(server: string): Promise<void> {
    const connections = this.#servers.get(server);
    this.#servers.delete(server);
    await connections?.close();
  }

  /**
   * Follows a resource for a scope, on the connection that its calls use, until `unfollow` (once for every `follow`) or
   * `release`; whenever that connection is made anew, also under a new definition, it is followed again. Rejects with UpstreamError, also when the upstream
   * answers with an error (`upstream_error`), with ServerNotFound or GatewayError("cancelled").
   */
  async follow(server: string, uri: string, who: Caller, signal: AbortSignal): Promise<void> {
    const connections = this.#connectionsOf(server);
    this.#follows.add(server, uri, who);
    try {
      await connections.follow(uri, who, signal);
    } catch (error) {
      this.#follows.remove(server, uri, who);
      throw error;
    }
  }

  unfollow(server: string, uri: string, who: Caller): void {
    this.#follows.remove(server, uri, who);
    this.#servers.get(server)?.unfollow(uri, who);
  }

  /** A notification of a client, to all open connections of its scope. */
  notify(scope: string, method: string, params: JsonObject): void {
    for (const connections of this.#servers.values()) connections.notify(scope, method, params);
  }

  /** A client session has ended: connections that were its own can go, and nobody follows for it. */
  release(scope: string): void {
    this.#follows.release(scope);
    for (const connections of this.#servers.values()) connections.release(scope);
  }

  /** How many are open, to all upstreams. */
  get connections(): number {
    return [...this.#servers.values()].reduce((sum, { status }) => sum + status.connections, 0);
  }

  /** How many child processes there are. */
  get children(): number {
    return this.#children.count;
  }

  /** Ends what a gateway that was killed has left behind. Never rejects. */
  sweep(): Promise<void> {
    return this.#children.sweep();
  }

  /** Resolves when the upstream answers, whatever it says. Connects if need be. */
  async ping(server: string, signal: AbortSignal): Promise<void> {
    const connection = await this.#connectionsOf(server).open("2026", signal);
    const method = connection.era === "2026" ? "server/discover" : "ping";
    await connection.call({ method, params: {}, era: connection.era, scope: "", signal });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#servers.keys()].map((server) => this.drop(server)));
    await this.#children.close();
  }

  async #firstCall(server: string, call: UpstreamCall): Promise<Reply> {
    return this.#connectionsOf(server).call(call);
  }

  #connectionsOf(server: string): ServerConnections {
    const known = this.#servers.get(server);
    if (known !== undefined) return known;
    const definition = this.#deps.definition(server);
    if (definition === undefined) throw new ServerNotFound(server);
    if (!isEnabled(definition)) throw new UpstreamUnavailable(server, "it is disabled", { retryable: false });
    if (this.#closed)
      throw new UpstreamUnavailable(server, "the gateway is shutting down", { retryable: false });
    const connections = new ServerConnections({
      definition,
      idle: () => this.#deps.definition(server)?.entry.gateway.idle,
      kindDeps: this.#kindDeps,
      eras: this.#eras,
      listeners: {
        onListChanged: (list) => this.#deps.onListChanged(server, list),
        onRestart: () => this.#deps.onRestart?.(server),
        onScopeRequest: (scope, question) => this.#deps.onScopeRequest(server, scope, question),
        onScopeNotification: (scope, method, params) =>
          this.#deps.onScopeNotification(server, scope, method, params),
        onResourceUpdated: (uri, params, scopes) => this.#deps.onResourceUpdated(server, uri, params, scopes),
      },
      onStatus: (status) => this.#deps.onStatus(server, status),
      now: this.#now,
    });
    this.#servers.set(server, connections);
    this.#resume(server, connections);
    return connections;
  }

  /** What was followed under the definition before this one. */
  #resume(server: string, connections: ServerConnections): void {
    for (const { uri, who, count } of this.#follows.of(server)) {
      for (let i = 0; i < count; i++) {
        const isWanted = (): boolean => this.#follows.countOf(server, uri, who) > i;
        connections.resume(uri, who, isWanted).catch(() => undefined);
      }
    }
  }
}
