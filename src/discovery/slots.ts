import type { Clock } from "./clock.ts";

/** A slot is given up after this time even if its work goes on: an upstream that hangs must not delay the others. */
const HOLD_MS = 2_000;

/** Starts work in order, a few at a time: a thousand upstreams must not all be started in one moment. */
export class Slots {
  #free: number;
  readonly #clock: Clock;
  readonly #waiting: (() => Promise<unknown>)[] = [];

  constructor(count: number, clock: Clock) {
    this.#free = count;
    this.#clock = clock;
  }

  /** `work` must not throw. */
  run(work: () => Promise<unknown>): void {
    this.#waiting.push(work);
    this.#next();
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  #next(): void {
    if (this.#free === 0) return;
    const work = this.#waiting.shift();
    if (work === undefined) return;
    this.#free--;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      callOff();
      this.#free++;
      this.#next();
    };
    const callOff = this.#clock.after(HOLD_MS, release);
    void work().then(release, release);
    this.#next();
  }
}
