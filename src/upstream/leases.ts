import { UpstreamError } from "../domain/upstream-errors.ts";
import type { Slot } from "./slot.ts";

const IDLE_MS = 5 * 60_000;
const SWEEP_MS = 30_000;
const MAX_LEASES = 256;

/** Connections that belong to one scope each: a client session, or a caller. Closed when idle; capped. */
export class Leases {
  readonly #server: string;
  readonly #create: () => Slot;
  readonly #max: number;
  readonly #slots = new Map<string, Slot>();
  #sweeper: NodeJS.Timeout | undefined;

  constructor(server: string, create: () => Slot, max = MAX_LEASES) {
    this.#server = server;
    this.#create = create;
    this.#max = max;
  }

  get all(): readonly Slot[] {
    return [...this.#slots.values()];
  }

  find(key: string): Slot | undefined {
    return this.#slots.get(key);
  }

  /** Throws UpstreamError `upstream_busy` when all are in use. */
  take(key: string): Slot {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    if (this.#slots.size >= this.#max) this.#evict();
    const slot = this.#create();
    this.#slots.set(key, slot);
    this.#sweeper ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    return slot;
  }

  /** The scope has ended: nobody will use its connection again. */
  release(key: string): void {
    const slot = this.#slots.get(key);
    if (slot !== undefined) this.#drop(key, slot);
  }

  sweep(): void {
    for (const [key, slot] of this.#slots) if (slot.idleMs >= IDLE_MS) this.#drop(key, slot);
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    const slots = this.all;
    this.#slots.clear();
    await Promise.all(slots.map((slot) => slot.close()));
  }

  #evict(): void {
    const [key, slot] = [...this.#slots].reduce((a, b) => (b[1].idleMs > a[1].idleMs ? b : a));
    if (slot.idleMs > 0) return this.#drop(key, slot);
    const message = `Upstream "${this.#server}" has ${this.#max} sessions of callers, and all are in use.`;
    throw new UpstreamError("upstream_busy", this.#server, "not_sent", message);
  }

  #drop(key: string, slot: Slot): void {
    this.#slots.delete(key);
    slot.close().catch(() => undefined);
  }
}
