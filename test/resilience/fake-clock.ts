import { mock } from "node:test";

/** Time that passes only when a test says so: `setTimeout` and `Date` are replaced until `restore()`. */
export class FakeClock {
  readonly now = (): number => Date.now();

  constructor() {
    mock.timers.enable({ apis: ["setTimeout", "Date"] });
  }

  /** In steps, so that what a timer sets off can set the next timer in time. */
  async advance(ms: number, stepMs = 20): Promise<void> {
    await settled();
    for (let left = ms; left > 0; left -= stepMs) {
      mock.timers.tick(Math.min(left, stepMs));
      await settled();
    }
  }

  restore(): void {
    mock.timers.reset();
  }
}

/** Lets everything run that waits for no timer. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
