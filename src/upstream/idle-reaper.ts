import type { AnyConnection, Slot } from "./slot.ts";

const MIN_PERIOD_MS = 50;
const MAX_PERIOD_MS = 30_000;

interface IdleReaperDeps {
  readonly slots: () => readonly Slot[];
  /** How long a connection may be of no use; 0: for ever. */
  readonly idleMs: () => number;
  /** Connections were closed. */
  readonly onReaped: () => void;
  readonly now: () => number;
}

/**
 * Closes shared connections that nobody uses. It looks now and then how many requests they have seen: so a call need not
 * say that it uses one.
 */
export class IdleReaper {
  readonly #deps: IdleReaperDeps;
  readonly #seen = new WeakMap<AnyConnection, { readonly requests: number; readonly at: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: IdleReaperDeps) {
    this.#deps = deps;
  }

  /** There is a connection. */
  begin(): void {
    if (this.#timer !== undefined) return;
    // Its time begins now, and not when it is first looked at.
    for (const slot of this.#deps.slots()) this.#isIdle(slot, Number.POSITIVE_INFINITY);
    this.#arm();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    const idleMs = this.#deps.idleMs() || MAX_PERIOD_MS;
    const periodMs = Math.max(MIN_PERIOD_MS, Math.min(MAX_PERIOD_MS, idleMs / 4));
    this.#timer = setTimeout(() => this.#look(), periodMs).unref();
  }

  #look(): void {
    this.#timer = undefined;
    const idleMs = this.#deps.idleMs() || Number.POSITIVE_INFINITY;
    const idle = this.#deps.slots().filter((slot) => this.#isIdle(slot, idleMs));
    for (const slot of idle) slot.rest();
    if (idle.length > 0) this.#deps.onReaped();
    if (this.#deps.slots().some(({ connection }) => connection !== undefined)) this.#arm();
  }

  #isIdle(slot: Slot, idleMs: number): boolean {
    const { connection } = slot;
    if (connection === undefined) return false;
    const now = this.#deps.now();
    const { requests = 0 } = connection;
    const before = this.#seen.get(connection);
    if (before?.requests === requests && !slot.inUse) return now - before.at >= idleMs;
    this.#seen.set(connection, { requests, at: now });
    return false;
  }
}
