import { GatewayError } from "../domain/errors.ts";
import { type Load, watchLoad } from "./load-probe.ts";

export interface OverloadSettings {
  readonly isOn: boolean;
  readonly lagMs: number;
  /** Of the heap that the process may have, 0 … 1. */
  readonly heapShare: number;
  readonly retryAfterMs: number;
}

export interface LoadState extends Load {
  readonly isOverloaded: boolean;
  /** `lag`, `heap`, or nothing. */
  readonly reason: "lag" | "heap" | undefined;
}

/** One late moment is no overload: so many measures over the bound in a row are, or more with a few good ones between. */
const BEGINS_AT = 3;
const MOST = 4;
/** What a good measure takes off; so it ends after some 16 of them (0.4 s). */
const RELIEF = 0.25;
/** Good is what is well below the bound, so that the state does not swing. */
const GOOD_LAG = 0.5;
const GOOD_HEAP = 0.95;

/** Refuses new work while the process cannot keep up with what it has. */
export class OverloadGuard {
  readonly #settings: OverloadSettings;
  readonly #watch: (onLoad: (load: Load) => void) => () => void;
  readonly #onChange: (state: LoadState) => void;
  readonly #onRefused: () => void;
  #load: Load = { lagMs: 0, heapShare: 0 };
  #score = 0;
  #reason: LoadState["reason"];
  #stop: () => void = () => {};

  constructor(deps: {
    readonly settings: OverloadSettings;
    readonly onChange?: (state: LoadState) => void;
    readonly onRefused?: () => void;
    readonly watch?: (onLoad: (load: Load) => void) => () => void;
  }) {
    this.#settings = deps.settings;
    this.#watch = deps.watch ?? watchLoad;
    this.#onChange = deps.onChange ?? (() => {});
    this.#onRefused = deps.onRefused ?? (() => {});
  }

  /** To be called when the start, which blocks the loop, is over. */
  start(): void {
    if (this.#settings.isOn) this.#stop = this.#watch((load) => this.#note(load));
  }

  close(): void {
    this.#stop();
  }

  get state(): LoadState {
    return { ...this.#load, isOverloaded: this.isOverloaded, reason: this.#reason };
  }

  get isOverloaded(): boolean {
    return this.#reason !== undefined;
  }

  /** For new work. Throws GatewayError("overloaded"). */
  check(): void {
    if (this.#reason === undefined) return;
    this.#onRefused();
    throw this.#refusal();
  }

  #refusal(): GatewayError {
    const { retryAfterMs } = this.#settings;
    const cause =
      this.#reason === "heap" ? "its memory is nearly used up" : "it has more work than it can do";
    return new GatewayError("overloaded", `The gateway takes no new work for a moment: ${cause}.`, {
      retryable: true,
      retryAfterMs,
    });
  }

  #note(load: Load): void {
    this.#load = load;
    const over = this.#overBy(load);
    if (over !== undefined) this.#score = Math.min(MOST, this.#score + 1);
    else if (this.#isGood(load)) this.#score = Math.max(0, this.#score - RELIEF);
    if (this.#reason === undefined && over !== undefined && this.#score >= BEGINS_AT) this.#change(over);
    else if (this.#reason !== undefined && this.#score === 0) this.#change(undefined);
  }

  #overBy({ lagMs, heapShare }: Load): LoadState["reason"] {
    if (heapShare > this.#settings.heapShare) return "heap";
    return lagMs > this.#settings.lagMs ? "lag" : undefined;
  }

  #isGood({ lagMs, heapShare }: Load): boolean {
    const settings = this.#settings;
    return lagMs <= settings.lagMs * GOOD_LAG && heapShare <= settings.heapShare * GOOD_HEAP;
  }

  #change(reason: LoadState["reason"]): void {
    this.#reason = reason;
    this.#onChange(this.state);
  }
}
