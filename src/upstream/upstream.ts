import { ServerNotFound } from "../domain/errors.ts";
import type { Offering } from "../domain/offering.ts";
import { type Server, isEnabled } from "../domain/server.ts";
import { UpstreamUnavailable } from "../domain/upstream-errors.ts";
import type { Reply } from "../wire/reply.ts";
import type { UpstreamCall } from "./connection.ts";
import { exploreConnection } from "./explore.ts";
import { EraMemory } from "./http/era-memory.ts";
import type { KindDeps } from "./kinds.ts";
import type { ListName } from "./list-changes.ts";
import { ServerConnections, type UpstreamStatus } from "./server-connections.ts";

export type { UpstreamCall } from "./connection.ts";
export { checkHttpTool } from "./http-tools/http-tools.ts";
export type { ListName } from "./list-changes.ts";
export type { UpstreamStatus } from "./server-connections.ts";

export interface UpstreamPoolDeps extends KindDeps {
  definition(server: string): Server | undefined;
  onListChanged(server: string, list: ListName): void;
  onStatus(server: string, status: UpstreamStatus): void;
  now?(): number;
}

/** The connections to all upstreams, made when they are first needed. The trouble of one is nobody else's. */
export class UpstreamPool {
  readonly #deps: UpstreamPoolDeps;
  readonly #servers = new Map<string, ServerConnections>();
  readonly #eras: EraMemory;
  readonly #now: () => number;
  #closed = false;

  constructor(deps: UpstreamPoolDeps) {
    this.#deps = deps;
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
    const connections = this.#connectionsOf(server);
    const connection = await connections.open("2026", signal);
    const { limits } = this.#deps;
    return exploreConnection(connection, { server, limits, eras: connections.eras, signal });
  }

  status(server: string): UpstreamStatus {
    const connections = this.#servers.get(server);
    if (connections !== undefined) return connections.status;
    const definition = this.#deps.definition(server);
    const state = definition !== undefined && isEnabled(definition) ? "idle" : "disabled";
    return { state, since: new Date(this.#now()).toISOString(), connections: 0, eras: [] };
  }

  /** Closes the server's connections: its definition was changed, disabled or removed. Calls in flight fail. */
  async drop(server: string): Promise<void> {
    const connections = this.#servers.get(server);
    this.#servers.delete(server);
    await connections?.close();
  }

  /** A client session has ended: connections that were its own can go. */
  release(scope: string): void {
    for (const connections of this.#servers.values()) connections.release(scope);
  }

  /** How many are open, to all upstreams. */
  get connections(): number {
    return [...this.#servers.values()].reduce((sum, { status }) => sum + status.connections, 0);
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
      kindDeps: this.#deps,
      eras: this.#eras,
      onListChanged: (list) => this.#deps.onListChanged(server, list),
      onStatus: (status) => this.#deps.onStatus(server, status),
      now: this.#now,
    });
    this.#servers.set(server, connections);
    return connections;
  }
}
