interface Timer {
  readonly at: number;
  readonly work: () => void;
}

/** Time that passes only when the test says so. */
export class ManualClock {
  #now = Date.parse("2026-03-01T10:00:00.000Z");
  readonly #timers = new Set<Timer>();

  /** When the pending timers are due, from now, soonest first. */
  get pending(): readonly number[] {
    return [...this.#timers].map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.#now + ms, work };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Runs all timers that are due by then, each at its time, and lets what they started go on. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#now = next.at;
      next.work();
      await settle();
    }
    this.#now = end;
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** Lets everything run that waits for no time and no other process. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A promise that the test ends. */
export function withResolvers<T>() {
  const ends: { resolve?: (value: T) => void; reject?: (error: Error) => void } = {};
  const promise = new Promise<T>((resolve, reject) => Object.assign(ends, { resolve, reject }));
  return {
    promise,
    resolve: (value: T) => ends.resolve?.(value),
    reject: (error: Error) => ends.reject?.(error),
  };
}
