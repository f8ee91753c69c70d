import { Counter, Gauge, Registry, collectDefaultMetrics } from "prom-client";

import { type CallMeter, CallMeters } from "./call-meters.ts";
import { type HttpMeter, HttpMeters } from "./http-meters.ts";
import { LabelCap, OVERFLOW } from "./label-cap.ts";
import { LawMeters } from "./law-meters.ts";
import { TrafficMeters } from "./traffic-meters.ts";

export type { CallMeter } from "./call-meters.ts";
export type { HttpMeter } from "./http-meters.ts";

const UPSTREAM_STATE = { disabled: -1, failed: 0, connecting: 1, idle: 2, ready: 3 } as const;
const BREAKER_STATE = { closed: 0, half_open: 1, open: 2 } as const;

export interface MetricsOptions {
  readonly version: string;
  /** Distinct values of a label that comes from outside; what is beyond is counted as `other`. */
  readonly maxLabelValues?: number;
  /** Memory, CPU, event loop and garbage collection of this process. On by default. */
  readonly process?: boolean;
}

/** Every metric of the gateway. `docs/metrics.md` lists them; a test compares the two. */
export class Metrics {
  readonly traffic: TrafficMeters;
  readonly law: LawMeters;
  readonly #registry = new Registry();
  readonly #calls: CallMeters;
  readonly #http: HttpMeters;
  readonly #servers: LabelCap;
  readonly #retries: Counter<"server">;
  readonly #restarts: Counter<"server">;
  readonly #orphans: Counter;
  readonly #cache: Counter<"result">;
  readonly #upstreams: Gauge<"server">;
  readonly #breakers: Gauge<"server">;
  #readConnections: () => Readonly<Record<string, number>> = () => ({});

  constructor({ version, maxLabelValues = 200, process = true }: MetricsOptions) {
    const registers = [this.#registry];
    this.#servers = new LabelCap(maxLabelValues);
    this.#http = new HttpMeters(this.#registry);
    this.#calls = new CallMeters(this.#registry, maxLabelValues);
    this.#retries = new Counter({
      name: "switchgear_retries_total",
      help: "Attempts after the first one, by upstream.",
      labelNames: ["server"],
      registers,
    });
    this.#restarts = new Counter({
      name: "switchgear_child_restarts_total",
      help: "Child processes started anew because the one before had ended by itself, by upstream.",
      labelNames: ["server"],
      registers,
    });
    this.#orphans = new Counter({
      name: "switchgear_orphans_killed_total",
      help: "Child processes of an earlier gateway that were found and killed at the start.",
      registers,
    });
    this.#cache = new Counter({
      name: "switchgear_cache_requests_total",
      help: "Look-ups in the cache of tool answers, by result (hit, miss, stale).",
      labelNames: ["result"],
      registers,
    });
    this.#upstreams = new Gauge({
      name: "switchgear_upstream_state",
      help: "-1 disabled, 0 failed, 1 connecting, 2 idle, 3 ready.",
      labelNames: ["server"],
      registers,
    });
    this.#breakers = new Gauge({
      name: "switchgear_breaker_state",
      help: "0 closed, 1 half open, 2 open.",
      labelNames: ["server"],
      registers,
    });
    this.traffic = new TrafficMeters(this.#registry);
    this.law = new LawMeters(this.#registry);
    this.#registerGauges(version);
    if (process) collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: 20 });
  }

  /** To be made once per tool, when its route is made. */
  callMeter(server: string, tool: string): CallMeter {
    return this.#calls.meter(server, tool);
  }

  /** To be made once per route of the route table. */
  httpMeter(route: string, method: string): HttpMeter {
    return this.#http.meter(route, method);
  }

  countRestart(server: string): void {
    this.#restarts.inc({ server: this.#servers.admit(server) });
  }

  countOrphans(count: number): void {
    this.#orphans.inc(count);
  }

  /** `reason`: the error code that made it necessary. */
  countRetry(server: string, reason = "other"): void {
    this.law.countRetry(reason);
    this.#retries.inc({ server: this.#servers.admit(server) });
  }

  countCache(result: "hit" | "miss" | "stale"): void {
    this.#cache.inc({ result });
  }

  setUpstreamState(server: string, state: keyof typeof UPSTREAM_STATE): void {
    this.#setState(this.#upstreams, server, UPSTREAM_STATE[state]);
  }

  setBreakerState(server: string, state: keyof typeof BREAKER_STATE): void {
    this.#setState(this.#breakers, server, BREAKER_STATE[state]);
  }

  /** `read` is asked at each scrape for what is open now, by kind: sessions, upstream connections, child processes. */
  watchConnections(read: () => Readonly<Record<string, number>>): void {
    this.#readConnections = read;
  }

  /** The server was removed: its series end. */
  forgetServer(server: string): void {
    this.#calls.forget(server);
    this.#servers.release(server);
    for (const metric of [this.#retries, this.#restarts, this.#upstreams, this.#breakers])
      metric.remove({ server });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The names of all metrics, without the suffixes of histograms. */
  get names(): readonly string[] {
    return this.#registry.getMetricsAsArray().map((metric) => metric.name);
  }

  /** Prometheus text format, version 0.0.4. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Servers over the cap have no state series: one shared by several servers would say nothing. */
  #setState(gauge: Gauge<"server">, name: string, value: number): void {
    const server = this.#servers.admit(name);
    if (server !== OVERFLOW) gauge.set({ server }, value);
  }

  #registerGauges(version: string): void {
    const connections = new Gauge({
      name: "switchgear_connections",
      help: "What is open now, by kind.",
      labelNames: ["kind"],
      registers: [this.#registry],
      collect: () => {
        connections.reset();
        for (const [kind, count] of Object.entries(this.#readConnections())) connections.set({ kind }, count);
      },
    });
    const build = new Gauge({
      name: "switchgear_build_info",
      help: "Always 1; the label says which version runs.",
      labelNames: ["version"],
      registers: [this.#registry],
    });
    build.set({ version }, 1);
  }
}
