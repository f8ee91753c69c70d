import { toMs } from "../domain/duration.ts";
import type { ErrorCode } from "../domain/errors.ts";
import { matchesAny } from "../domain/glob.ts";
import type { Limits } from "../domain/limits.ts";
import type { Tool } from "../domain/offering.ts";
import type { Server, ServerSettings } from "../domain/server.ts";
import { UpstreamGuard } from "../resilience/resilience.ts";
import type { CallOutcome } from "./call-outcome.ts";
import { type ToolLaw, lawOf } from "./tool-law.ts";

export interface CallMeter {
  observe(outcome: CallOutcome, seconds: number): void;
}

/** What is the same for all calls to one server. */
export interface ServerRoute {
  readonly server: string;
  readonly version: number;
  readonly guard: UpstreamGuard;
  readonly timeoutMs: number;
  readonly maxMs: number;
  readonly attempts: number;
  /** Of a tool that may be repeated where its server's others are not. */
  readonly mostAttempts: number;
  readonly trusted: boolean;
}

/** Everything about a tool that a call needs, worked out once per definition. */
export interface ToolRoute extends ServerRoute, ToolLaw {
  readonly meter: CallMeter;
  readonly cache:
    | {
        readonly ttlMs: number;
        /** How long after that an answer may stand in for one that cannot be had. */
        readonly staleMs: number;
        readonly scope: "caller" | "shared";
      }
    | undefined;
}

export interface RouteDeps {
  readonly serverOf: (name: string) => Server | undefined;
  readonly ping: (server: string, signal: AbortSignal) => Promise<void>;
  readonly meterOf: (server: string, tool: string) => CallMeter;
  readonly onBreaker: (server: string, state: "closed" | "open" | "half_open") => void;
  readonly onRetry: (server: string, reason: ErrorCode) => void;
  readonly limits: Pick<Limits, "callMs" | "callMaxMs">;
  /** Calls in flight per upstream when its entry does not say: a child shares one pipe, an HTTP server does not. */
  readonly concurrency: { readonly http: number; readonly stdio: number };
  /** Attempts of a call that may be repeated, when the entry does not say. */
  readonly attempts: number;
  /** For tests: where in its range a pause between two attempts lies, 0 … 1. */
  readonly random?: () => number;
}

/** Routes live as long as the definition that they were made from. One breaker and one bulkhead per server. */
export class CallRoutes {
  readonly #deps: RouteDeps;
  readonly #servers = new Map<string, ServerRoute>();
  #tools = new WeakMap<Tool, ToolRoute>();

  constructor(deps: RouteDeps) {
    this.#deps = deps;
  }

  ofTool(tool: Tool): ToolRoute {
    const known = this.#tools.get(tool);
    if (known !== undefined) return known;
    const server = this.ofServer(tool.server);
    const settings = this.#deps.serverOf(tool.server)?.entry.gateway;
    const { cache } = settings ?? {};
    const route: ToolRoute = {
      ...server,
      ...lawOf(tool, settings, server),
      meter: this.#deps.meterOf(tool.server, tool.name),
      cache:
        cache !== undefined && tool.readOnly && matchesAny(cache.tools, tool.name)
          ? { ttlMs: toMs(cache.ttl), staleMs: toMs(cache.staleIfError), scope: cache.scope }
          : undefined,
    };
    this.#tools.set(tool, route);
    return route;
  }

  ofServer(name: string): ServerRoute {
    const known = this.#servers.get(name);
    if (known !== undefined) return known;
    const route = this.#make(name);
    this.#servers.set(name, route);
    return route;
  }

  /** The guard of a server that was called before. */
  knownGuard(server: string): UpstreamGuard | undefined {
    return this.#servers.get(server)?.guard;
  }

  /** The server was changed or removed: its breaker starts afresh with the new definition, also one that was forced open. */
  forget(server: string): void {
    this.#servers.get(server)?.guard.close();
    this.#servers.delete(server);
    this.#tools = new WeakMap();
  }

  close(): void {
    for (const route of this.#servers.values()) route.guard.close();
    this.#servers.clear();
  }

  #make(name: string): ServerRoute {
    const server = this.#deps.serverOf(name);
    const { limits, attempts } = this.#deps;
    const settings = server?.entry.gateway;
    const { timeout = limits.callMs, maxTimeout = limits.callMaxMs } = settings ?? {};
    return {
      server: name,
      version: server?.version ?? 0,
      guard: this.#guard(name, server),
      timeoutMs: toMs(timeout),
      maxMs: toMs(maxTimeout),
      ...attemptsOf(settings, attempts),
      trusted: settings?.trusted ?? false,
    };
  }

  #guard(name: string, server: Server | undefined): UpstreamGuard {
    const { concurrency, ping, onBreaker, onRetry, random = Math.random } = this.#deps;
    const usual = server?.entry.type === "stdio" ? concurrency.stdio : concurrency.http;
    return new UpstreamGuard({
      server: name,
      concurrency: server?.entry.gateway.concurrency ?? usual,
      probe: (signal) => ping(name, signal),
      onState: (state) => onBreaker(name, state),
      onRetry: (reason) => onRetry(name, reason),
      random,
    });
  }
}

function attemptsOf(
  settings: ServerSettings | undefined,
  usual: number,
): Pick<ServerRoute, "attempts" | "mostAttempts"> {
  const mostAttempts = settings?.attempts ?? usual;
  return { attempts: settings?.retry === "never" ? 1 : mostAttempts, mostAttempts };
}
