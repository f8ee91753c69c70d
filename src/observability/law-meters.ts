import { Counter, type Registry } from "prom-client";

/** The law of a call: why calls were repeated, calls with an idempotency key, and the log of calls. */
export class LawMeters {
  readonly #retries: Counter<"reason">;
  readonly #keyed: Counter<"result">;
  readonly #log: Counter<"result">;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#retries = new Counter({
      name: "switchgear_retry_reasons_total",
      help: "Attempts after the first one, by the failure that made them necessary.",
      labelNames: ["reason"],
      registers,
    });
    this.#keyed = new Counter({
      name: "switchgear_idempotent_calls_total",
      help: "Calls with an idempotency key, by how they were served.",
      labelNames: ["result"],
      registers,
    });
    this.#log = new Counter({
      name: "switchgear_call_log_rows_total",
      help: "Calls that were logged, by what became of the row (stored, sampled_out, lost).",
      labelNames: ["result"],
      registers,
    });
  }

  /** `reason`: an error code. */
  countRetry(reason: string): void {
    this.#retries.inc({ reason });
  }

  countKeyed(result: string): void {
    this.#keyed.inc({ result });
  }

  countLogged(result: "stored" | "sampled_out" | "lost", count: number): void {
    if (count > 0) this.#log.inc({ result }, count);
  }
}
