import { GatewayError } from "../domain/errors.ts";

type Work<T> = (signal: AbortSignal) => Promise<T>;

/** Equal work that is asked for while it is under way is done once, and its outcome shared. */
export class SingleFlight {
  readonly #flights = new Map<string, Flight>();

  /** How many different pieces of work are under way. */
  get size(): number {
    return this.#flights.size;
  }

  /**
   * All callers of one key must ask for the same work. Whoever's signal aborts leaves with GatewayError("cancelled");
   * the work itself is aborted only when nobody is left.
   */
  run<T>(key: string, signal: AbortSignal, work: Work<T>): Promise<T> {
    if (signal.aborted) return Promise.reject(left());
    const flight = this.#flights.get(key) ?? this.#take(key, work);
    return flight.join(signal) as Promise<T>;
  }

  #take(key: string, work: Work<unknown>): Flight {
    const flight = new Flight(() => {
      // An abandoned flight may land after its key was taken by a new one.
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    this.#flights.set(key, flight);
    flight.start(work);
    return flight;
  }
}

class Flight {
  readonly #controller = new AbortController();
  readonly #onOver: () => void;
  #outcome: Promise<unknown> = Promise.resolve();
  #passengers = 0;

  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  start(work: Work<unknown>): void {
    this.#outcome = this.#fly(work);
    // Every passenger may have left before the work fails; those who stay hear of it through `join`.
    this.#outcome.catch(() => {});
  }

  join(signal: AbortSignal): Promise<unknown> {
    this.#passengers++;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(left());
        this.#passengers--;
        if (this.#passengers === 0) this.#abandon();
      };
      signal.addEventListener("abort", leave, { once: true });
      const landed = (): void => signal.removeEventListener("abort", leave);
      this.#outcome.finally(landed).then(resolve, reject);
    });
  }

  async #fly(work: Work<unknown>): Promise<unknown> {
    try {
      return await work(this.#controller.signal);
    } finally {
      this.#onOver();
    }
  }

  /** The key is free at once: a new caller must not join work that is being torn down. */
  #abandon(): void {
    this.#onOver();
    this.#controller.abort(left());
  }
}

function left(): GatewayError {
  return new GatewayError("cancelled", "The call was cancelled by its caller.", { executed: "unknown" });
}
