import { Counter, type Registry } from "prom-client";

import { LabelCap, OVERFLOW } from "./label-cap.ts";
import { Timing, registerTimings } from "./timings.ts";

export const CALL_OUTCOMES = [
  "ok",
  "tool_error",
  "rpc_error",
  "not_sent",
  "rejected",
  "unknown",
  "cancelled",
  "denied",
] as const;
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

/** Counts the calls of one tool. Made once per tool and kept by the caller: `observe` costs less than 0.1 µs. */
export class CallMeter {
  readonly counts: Record<CallOutcome, number> = {
    ok: 0,
    tool_error: 0,
    rpc_error: 0,
    not_sent: 0,
    rejected: 0,
    unknown: 0,
    cancelled: 0,
    denied: 0,
  };
  readonly #timing: Timing;

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  observe(outcome: CallOutcome, seconds: number): void {
    this.counts[outcome] += 1;
    this.#timing.observe(seconds);
  }
}

interface ServerMeters {
  readonly timing: Timing;
  readonly tools: Map<string, CallMeter>;
}

/** Tools of all servers together may make this many times `maxLabelValues` series. */
const PAIRS_PER_VALUE = 5;

/** All call meters, bounded: what is over the cap is counted under `other`. */
export class CallMeters {
  readonly #servers = new Map<string, ServerMeters>();
  readonly #serverCap: LabelCap;
  readonly #maxTools: number;
  readonly #maxPairs: number;
  #pairs = 0;

  constructor(registry: Registry, maxLabelValues: number) {
    this.#serverCap = new LabelCap(maxLabelValues);
    this.#maxTools = maxLabelValues;
    this.#maxPairs = maxLabelValues * PAIRS_PER_VALUE;
    this.#register(registry);
  }

  meter(server: string, tool: string): CallMeter {
    const meters = this.#serverMeters(this.#serverCap.admit(server));
    const known = meters.tools.get(tool);
    if (known !== undefined) return known;
    const full = meters.tools.size >= this.#maxTools || this.#pairs >= this.#maxPairs;
    if (full && tool !== OVERFLOW) return this.meter(server, OVERFLOW);
    const made = new CallMeter(meters.timing);
    meters.tools.set(tool, made);
    this.#pairs += 1;
    return made;
  }

  /** The server is gone: its series end, and their places under the cap are free. Meters still held count nowhere. */
  forget(server: string): void {
    if (server === OVERFLOW) return;
    this.#pairs -= this.#servers.get(server)?.tools.size ?? 0;
    this.#servers.delete(server);
    this.#serverCap.release(server);
  }

  #serverMeters(server: string): ServerMeters {
    const known = this.#servers.get(server);
    if (known !== undefined) return known;
    const made: ServerMeters = { timing: new Timing(), tools: new Map() };
    this.#servers.set(server, made);
    return made;
  }

  #register(registry: Registry): void {
    const servers = this.#servers;
    const calls = new Counter({
      name: "switchgear_calls_total",
      help: "Calls of tools, by the upstream that owns the tool and by how they ended.",
      labelNames: ["server", "tool", "outcome"],
      registers: [registry],
      collect() {
        calls.reset();
        for (const [server, { tools }] of servers) {
          for (const [tool, { counts }] of tools) {
            for (const outcome of CALL_OUTCOMES) {
              if (counts[outcome] > 0) calls.inc({ server, tool, outcome }, counts[outcome]);
            }
          }
        }
      },
    });
    registerTimings(registry, {
      name: "switchgear_call_duration_seconds",
      help: "Time of a tool call inside the gateway, upstream included.",
      labelNames: ["server"],
      *series() {
        for (const [server, { timing }] of servers) yield [{ server }, timing] as const;
      },
    });
  }
}
