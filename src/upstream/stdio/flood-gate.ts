import type { Readable } from "node:stream";

/** Pauses a stream that sends more than its share of a period, so that one flooding child cannot take the event loop. */
export class FloodGate {
  readonly #stream: Readable;
  readonly #share: number;
  readonly #periodMs: number;
  #periodStart = 0;
  #spent = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Readable, share: { readonly amount: number; readonly perMs: number }) {
    this.#stream = stream;
    this.#share = share.amount;
    this.#periodMs = share.perMs;
  }

  spend(amount: number): void {
    const now = performance.now();
    if (now - this.#periodStart >= this.#periodMs) {
      this.#periodStart = now;
      this.#spent = 0;
    }
    this.#spent += amount;
    if (this.#spent <= this.#share || this.#timer !== undefined) return;
    this.#stream.pause();
    this.#timer = setTimeout(() => this.#open(), this.#periodMs);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #open(): void {
    this.#timer = undefined;
    this.#stream.resume();
  }
}
