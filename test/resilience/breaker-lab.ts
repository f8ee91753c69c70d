import { Breaker, type BreakerDeps } from "../../src/resilience/breaker.ts";
import { SERVER, refused, reset } from "./attempts.ts";
import { FakeClock } from "./fake-clock.ts";

const alive = async (): Promise<void> => {};
export const dead = (): Promise<void> => Promise.reject(refused());

/** Breakers of one test, on a clock of its own; all are closed at its end. */
export class BreakerLab {
  readonly clock = new FakeClock();
  readonly states: string[] = [];
  readonly #breakers: Breaker[] = [];

  breaker(deps: Partial<BreakerDeps> = {}): Breaker {
    const { now } = this.clock;
    const onState = (state: string): void => void this.states.push(state);
    const breaker = new Breaker({ server: SERVER, now, random: () => 0, probe: alive, onState, ...deps });
    this.#breakers.push(breaker);
    return breaker;
  }

  /** Ten failures: enough. */
  async openBreaker(deps: Partial<BreakerDeps> = {}): Promise<Breaker> {
    const breaker = this.breaker(deps);
    await fail(breaker, 10);
    return breaker;
  }

  close(): void {
    for (const breaker of this.#breakers) breaker.close();
    this.clock.restore();
  }
}

export async function fail(breaker: Breaker, times: number, error: () => unknown = reset): Promise<void> {
  for (let n = 0; n < times; n++) await breaker.failed(error());
}

export function succeed(breaker: Breaker, times: number): void {
  for (let n = 0; n < times; n++) breaker.succeeded();
}
