import { type GuardOptions, UpstreamGuard } from "../../src/resilience/resilience.ts";
import { SERVER } from "./attempts.ts";
import { FakeClock } from "./fake-clock.ts";

/** Guards of one test, on a clock of its own; all are closed at its end. */
export class GuardLab {
  readonly clock = new FakeClock();
  readonly #guards: UpstreamGuard[] = [];

  guard(options: Partial<GuardOptions> = {}): UpstreamGuard {
    const { now } = this.clock;
    const guard = new UpstreamGuard({ server: SERVER, concurrency: 8, now, random: () => 0, ...options });
    this.#guards.push(guard);
    return guard;
  }

  /** Lets time pass, then waits for the outcome. */
  async after<T>(ms: number, outcome: Promise<T>): Promise<T> {
    outcome.catch(() => {});
    await this.clock.advance(ms);
    return outcome;
  }

  close(): void {
    for (const guard of this.#guards) guard.close();
    this.clock.restore();
  }
}
