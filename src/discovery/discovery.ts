import { Conflict } from "../domain/errors.ts";
import type { Health } from "../domain/health.ts";
import { canonicalJson } from "../domain/json.ts";
import type { Offering } from "../domain/offering.ts";
import { isEnabled, type Server } from "../domain/server.ts";
import type { EventBus, GatewayEvent, Unsubscribe } from "../events/events.ts";
import type { Logger } from "../observability/logger.ts";
import type { Registry } from "../registry/registry.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type Finding, HealthMonitor } from "./health-monitor.ts";
import { Slots } from "./slots.ts";
import { type Upstreams, failureOf, processOf } from "./upstreams.ts";
import { Watch } from "./watch.ts";

export type { Clock } from "./clock.ts";
export type { Upstreams } from "./upstreams.ts";

export interface DiscoveryDeps {
  readonly registry: Pick<Registry, "servers" | "findServer" | "getServer" | "offering" | "replaceOffering">;
  readonly upstreams: Upstreams;
  readonly events: EventBus;
  readonly logger: Logger;
  readonly connectMs: number;
  /** Explorations that are started at the same time. */
  readonly concurrency?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
}

interface Watched {
  readonly watch: Watch;
  /** Changes whenever the connections of the definition must be made anew. */
  readonly key: string;
  lastState: string;
  /** Its process was ended because nobody used it: what it offers may be another thing when it is back. */
  asleep: boolean;
  /** The failure that was logged last: each kind is logged once, not once per attempt. */
  loggedCode: string | undefined;
}

/** Keeps the registry's picture of the upstreams true, and says how each of them does. */
export class Discovery {
  readonly #deps: DiscoveryDeps;
  readonly #clock: Clock;
  readonly #slots: Slots;
  readonly #monitor: HealthMonitor;
  readonly #watched = new Map<string, Watched>();
  readonly #waiters = new Set<() => void>();
  #unsubscribe: Unsubscribe | undefined;
  #startedAt = 0;
  #settled = false;

  constructor(deps: DiscoveryDeps) {
    this.#deps = deps;
    this.#clock = deps.clock ?? systemClock;
    this.#slots = new Slots(deps.concurrency ?? 8, this.#clock);
    this.#monitor = new HealthMonitor({ events: deps.events, now: () => this.#clock.now() });
  }

  /** Explores every enabled server in the background, and from now on each that is added or changed. */
  start(): void {
    this.#startedAt = this.#clock.now();
    this.#unsubscribe = this.#deps.events.subscribe((event) => this.#onEvent(event));
    for (const server of this.#deps.registry.servers()) {
      if (isExplorable(server)) this.#watch(server).watch.soon();
      this.#judge(server);
    }
    this.#checkSettled();
  }

  /** An upstream announced that a list of it changed. */
  listChanged(server: string): void {
    this.#watched.get(server)?.watch.listChanged();
  }

  /** The state of an upstream's connections changed. */
  statusChanged(server: string): void {
    const watched = this.#watched.get(server);
    const definition = this.#deps.registry.findServer(server);
    if (watched === undefined || definition === undefined) return;
    const { state, error } = this.#deps.upstreams.status(server);
    const before = watched.lastState;
    watched.lastState = state;
    if (state === "failed" && error !== undefined) watched.watch.lost(error);
    if (state === "idle" && before === "ready") watched.asleep = true;
    if (state === "ready" && before !== "ready" && (watched.asleep || watched.watch.error !== undefined)) {
      watched.asleep = false;
      watched.watch.soon();
    }
    this.#judge(definition);
  }

  /** Asks an upstream now, also one that was given up. Throws ServerNotFound, Conflict if it is disabled, its failure else. */
  async refresh(nameOrId: string, signal?: AbortSignal): Promise<Offering> {
    const { registry } = this.#deps;
    const server = this.#enabled(nameOrId);
    const known = registry.offering(server.name);
    if (!isExplorable(server) && known !== undefined) return known;
    const { watch } = this.#watch(server);
    // The upstreams' own backoff would answer with the old failure.
    const after = watch.error === undefined || watch.busy ? undefined : this.#drop(server.name);
    return abortable(watch.explore(after), signal);
  }

  /**
   * Ends the connections and processes of a server, with all that is held against it, and explores it anew. Calls in flight
   * fail. Throws as `refresh` does.
   */
  async restart(nameOrId: string, signal?: AbortSignal): Promise<Offering> {
    const server = this.#enabled(nameOrId);
    const dropped = this.#forget(server.name);
    return abortable(this.#watch(server).watch.explore(dropped), signal);
  }

  /**
   * Resolves when every enabled server was explored or failed once, at the latest `graceMs` after the start. What a
   * server offered before the gateway was restarted counts: nobody waits for news of a known one.
   */
  async settled(graceMs: number): Promise<void> {
    const rest = this.#startedAt + graceMs - this.#clock.now();
    if (this.#settled || rest <= 0) return;
    await new Promise<void>((resolve) => {
      const callOff = this.#clock.after(rest, () => done());
      const done = (): void => {
        callOff();
        this.#waiters.delete(done);
        resolve();
      };
      this.#waiters.add(done);
    });
  }

  /** Throws ServerNotFound. */
  health(nameOrId: string): Health {
    return this.#judge(this.#deps.registry.getServer(nameOrId));
  }

  healthAll(): readonly { readonly server: string; readonly health: Health }[] {
    return this.#deps.registry
      .servers()
      .map((server) => ({ server: server.name, health: this.#judge(server) }));
  }

  async close(): Promise<void> {
    this.#unsubscribe?.();
    this.#slots.clear();
    const closing = [...this.#watched.values()].map(({ watch }) => watch.close());
    this.#watched.clear();
    this.#settle();
    await Promise.all(closing);
  }

  #enabled(nameOrId: string): Server {
    const server = this.#deps.registry.getServer(nameOrId);
    if (isEnabled(server)) return server;
    throw new Conflict(`The server "${server.name}" is disabled.`, { fix: [{ label: "Enable it first" }] });
  }

  #onEvent(event: GatewayEvent): void {
    switch (event.kind) {
      case "server-removed":
        this.#forget(event.server).catch(() => {}); // logged where it fails
        this.#monitor.forget(event.server);
        return;
      case "server-added":
      case "server-changed":
      case "offering-changed": {
        const server = this.#deps.registry.findServer(event.server);
        if (server === undefined) return;
        if (event.kind !== "offering-changed") this.#follow(server);
        this.#judge(server);
        return;
      }
      default:
    }
  }

  /** A definition is new or differs: somebody waits for it, so it is asked at once and not in turn. */
  #follow(server: Server): void {
    const watched = this.#watched.get(server.name);
    if (watched?.key === keyOf(server) && isExplorable(server)) return;
    const dropped = watched === undefined ? undefined : this.#forget(server.name);
    if (isExplorable(server))
      this.#watch(server)
        .watch.explore(dropped)
        .catch(() => {}); // shown by health
  }

  #watch(server: Server): Watched {
    const { name } = server;
    const known = this.#watched.get(name);
    if (known !== undefined) return known;
    const { registry, upstreams, connectMs, random = Math.random } = this.#deps;
    let asked = server;
    const watch = new Watch({
      server: name,
      explore: (signal) => {
        asked = registry.findServer(name) ?? server;
        return upstreams.explore(name, signal);
      },
      accept: (offering) => registry.replaceOffering(name, offering, asked),
      enqueue: (work) => this.#slots.run(work),
      onChange: () => this.#onExplored(name, watch),
      deadlineMs: 2 * connectMs,
      clock: this.#clock,
      random,
    });
    const watched = { watch, key: keyOf(server), lastState: "idle", asleep: false, loggedCode: undefined };
    this.#watched.set(name, watched);
    return watched;
  }

  #onExplored(name: string, watch: Watch): void {
    const server = this.#deps.registry.findServer(name);
    const watched = this.#watched.get(name);
    if (server === undefined || watched?.watch !== watch) return;
    const { error } = watch;
    if (error !== undefined && error.code !== watched.loggedCode) {
      this.#deps.logger.warn("discovery failed", { server: name, error });
    }
    watched.loggedCode = error?.code;
    this.#judge(server);
    this.#checkSettled();
  }

  /** Answers when the connections are gone. */
  #forget(name: string): Promise<void> {
    const watched = this.#watched.get(name);
    this.#watched.delete(name);
    watched?.watch.close().catch(() => {}); // nothing of it is wanted any more
    this.#checkSettled();
    return this.#drop(name);
  }

  async #drop(name: string): Promise<void> {
    try {
      await this.#deps.upstreams.drop(name);
    } catch (error) {
      this.#deps.logger.warn("connections not closed", { server: name, error });
    }
  }

  #judge(server: Server): Health {
    return this.#monitor.update(this.#findingOf(server));
  }

  #findingOf(server: Server): Finding {
    const { registry, upstreams } = this.#deps;
    const offering = registry.offering(server.name);
    const watch = this.#watched.get(server.name)?.watch;
    if (!isExplorable(server)) {
      return { server, offering, progress: "explored", error: undefined, stderrTail: undefined };
    }
    const status = upstreams.status(server.name);
    const progress = watch === undefined ? "idle" : watch.explored ? "explored" : "connecting";
    const { stderrTail, eras } = status;
    const error = failureOf(status, watch?.error);
    return { server, offering, progress, error, stderrTail, eras, process: processOf(server, status) };
  }

  #checkSettled(): void {
    const { registry } = this.#deps;
    const isKnown = (name: string): boolean => registry.offering(name) !== undefined;
    if ([...this.#watched].every(([name, { watch }]) => watch.explored || isKnown(name))) this.#settle();
  }

  #settle(): void {
    this.#settled = true;
    for (const done of this.#waiters) done();
  }
}

function isExplorable(server: Server): boolean {
  return isEnabled(server) && server.entry.type !== "http-tools";
}

/** Tags, filters, limits and caches can change without a new connection. */
function keyOf({ id, entry, egress }: Server): string {
  const { description: _, gateway, ...connection } = entry;
  return canonicalJson({ id, egress, ...connection, era: gateway.era, sessions: gateway.sessions });
}

/** One who stops waiting does not stop the exploration: others may share it. */
function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
