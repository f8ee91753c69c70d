/** When a call must be over. It waits while somebody else, not the upstream, is the one who takes time. */
export class Deadline {
  readonly #startedAt: number;
  readonly #timeoutMs: number;
  readonly #maxMs: number;
  #at: number;
  #pausedAt: number | undefined;
  #pausedMs = 0;

  /** `now` and all times are milliseconds of one clock. */
  constructor(now: number, timeoutMs: number, maxMs: number) {
    this.#startedAt = now;
    this.#timeoutMs = timeoutMs;
    this.#maxMs = maxMs;
    this.#at = now + Math.min(timeoutMs, maxMs);
  }

  get paused(): boolean {
    return this.#pausedAt !== undefined;
  }

  /** How much time the call had in all, without the pauses. */
  get allowedMs(): number {
    return Math.round(this.#at - this.#startedAt - this.#pausedMs);
  }

  leftMs(now: number): number {
    return this.#at - (this.#pausedAt ?? now);
  }

  /** The upstream is at work: `timeoutMs` from now, at most `maxMs` from the start. */
  extend(now: number): void {
    if (this.paused) return;
    const latest = this.#startedAt + this.#pausedMs + this.#maxMs;
    this.#at = Math.max(this.#at, Math.min(now + this.#timeoutMs, latest));
  }

  pause(now: number): void {
    this.#pausedAt ??= now;
  }

  resume(now: number): void {
    if (this.#pausedAt === undefined) return;
    const waited = now - this.#pausedAt;
    this.#pausedAt = undefined;
    this.#pausedMs += waited;
    this.#at += waited;
  }
}
