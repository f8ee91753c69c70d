import type { Result } from "./jobs.ts";
import { cpuMs, rssMiB } from "./process-meter.ts";

/** Latencies and failures of one measurement, and what the process under test used meanwhile. */
export class Recorder {
  readonly #pid: number;
  readonly #latencies: number[] = [];
  readonly #sampler: NodeJS.Timeout;
  #peakMiB = 0;
  #failed = 0;
  #firstFailure: string | undefined;
  #startedAt = 0;
  #cpuAtStart = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#sampler = setInterval(() => this.#sample(), 200);
    this.start();
  }

  /** Forgets the warm-up. */
  start(): void {
    this.#latencies.length = 0;
    this.#sample();
    this.#cpuAtStart = cpuMs(this.#pid);
    this.#startedAt = performance.now();
  }

  ok(latencyMs: number): void {
    this.#latencies.push(latencyMs);
  }

  failed(reason: string): void {
    this.#failed++;
    this.#firstFailure ??= reason;
  }

  stop(extra: { readonly items?: number } = {}): Result {
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    const cpu = cpuMs(this.#pid) - this.#cpuAtStart;
    this.#sample();
    clearInterval(this.#sampler);
    const sorted = Float64Array.from(this.#latencies).sort();
    const done = sorted.length;
    return {
      done,
      failed: this.#failed,
      ...(this.#firstFailure === undefined ? {} : { firstFailure: this.#firstFailure }),
      perSecond: done / seconds,
      p50Ms: sorted[Math.floor(done * 0.5)] ?? Number.NaN,
      p99Ms: sorted[Math.floor(done * 0.99)] ?? Number.NaN,
      cpuUs: (cpu * 1_000) / done,
      peakMiB: this.#peakMiB,
      ...extra,
    };
  }

  #sample(): void {
    this.#peakMiB = Math.max(this.#peakMiB, rssMiB(this.#pid));
  }
}
