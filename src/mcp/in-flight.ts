import type { RequestId } from "../domain/protocol.ts";

interface Entry {
  readonly id: RequestId;
  readonly call: AbortController;
}

/**
 * The calls of one session that are under way: a handful at most, so an array. (A Map with an insert and a delete for
 * every call leaves a chain of old tables to the full garbage collection.)
 */
export class InFlight {
  readonly #entries: Entry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  add(id: RequestId, call: AbortController): void {
    this.#entries.push({ id, call });
  }

  /** By the call itself: a client that uses an id twice must not end the wrong one's bookkeeping. */
  remove(call: AbortController): void {
    const at = this.#entries.findIndex((entry) => entry.call === call);
    const last = at < 0 ? undefined : this.#entries.pop();
    if (last !== undefined && at < this.#entries.length) this.#entries[at] = last;
  }

  cancel(id: RequestId): void {
    for (const entry of this.#entries) if (entry.id === id) entry.call.abort();
  }

  cancelAll(): void {
    for (const { call } of this.#entries) call.abort();
  }
}
