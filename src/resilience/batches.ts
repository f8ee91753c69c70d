interface Asked<In, Out> {
  readonly item: In;
  readonly resolve: (out: Out) => void;
  readonly reject: (error: unknown) => void;
}

/** Collects what is asked for at one moment, or while a run is under way, and does it in one run. */
export class Batches<In, Out> {
  readonly #run: (items: readonly In[]) => Promise<readonly Out[]>;
  readonly #max: number;
  #waiting: Asked<In, Out>[] = [];
  #isRunning = false;

  /** `run` answers in the order of its items. When it fails, all who asked hear it. */
  constructor(run: (items: readonly In[]) => Promise<readonly Out[]>, max = 500) {
    this.#run = run;
    this.#max = max;
  }

  add(item: In): Promise<Out> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#isRunning) return;
      this.#isRunning = true;
      void this.#work();
    });
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      // One turn of the event loop, so that all requests that have come in are in the batch.
      await new Promise((next) => setImmediate(next));
      await this.#next(this.#waiting.splice(0, this.#max));
    }
    this.#isRunning = false;
  }

  async #next(batch: readonly Asked<In, Out>[]): Promise<void> {
    try {
      const outs = await this.#run(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(outs[index] as Out);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
