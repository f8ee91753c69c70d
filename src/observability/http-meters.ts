import { Counter, type Registry } from "prom-client";

import { Timing, registerTimings } from "./timings.ts";

/** Counts the requests of one route and method. `route` is a path of the route table, never one that a client made up. */
export class HttpMeter {
  readonly timing = new Timing();
  readonly statuses = new Map<number, number>();

  observe(status: number, seconds: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    this.timing.observe(seconds);
  }
}

export class HttpMeters {
  readonly #meters = new Map<string, { route: string; method: string; meter: HttpMeter }>();

  constructor(registry: Registry) {
    const all = this.#meters;
    const requests = new Counter({
      name: "switchgear_http_requests_total",
      help: "HTTP requests answered, by route of the route table, method and status.",
      labelNames: ["route", "method", "status"],
      registers: [registry],
      collect() {
        requests.reset();
        for (const { route, method, meter } of all.values()) {
          for (const [status, count] of meter.statuses)
            requests.inc({ route, method, status: String(status) }, count);
        }
      },
    });
    registerTimings(registry, {
      name: "switchgear_http_request_duration_seconds",
      help: "Time from the head of a request to the end of its answer.",
      labelNames: ["route", "method"],
      *series() {
        for (const { route, method, meter } of all.values()) yield [{ route, method }, meter.timing] as const;
      },
    });
  }

  meter(route: string, method: string): HttpMeter {
    const key = `${method} ${route}`;
    const known = this.#meters.get(key);
    if (known !== undefined) return known.meter;
    const meter = new HttpMeter();
    this.#meters.set(key, { route, method, meter });
    return meter;
  }
}
