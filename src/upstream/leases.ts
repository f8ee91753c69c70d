import type { Caller } from "./sharing.ts";
import { clientKey } from "./sharing.ts";
import type { Slot } from "./slot.ts";

const IDLE_MS = 5 * 60_000;
const SWEEP_MS = 30_000;

/** How many connections of callers one upstream may have. */
export interface LeaseLaw {
  readonly max: number;
  /** Whether one that is only idle may be ended to make room. A session is begun again; the state of a process is lost. */
  readonly evictIdle: boolean;
}

/** A connection that belongs to one scope. */
export interface Lease {
  readonly scope: string;
  /** See `clientKey`. */
  readonly client: string;
  /** For one call at a time. */
  readonly exclusive: boolean;
  readonly slot: Slot;
  /** Counts up with every call of the server: the highest was used last. */
  turn: number;
}

interface LeasesDeps extends LeaseLaw {
  readonly create: (caller: Caller) => Slot;
  /** Its connection is closed, and the place is never used again. */
  readonly onDropped?: (slot: Slot) => void;
}

/** Connections that belong to one scope each: a client session, or a caller. Closed when idle; capped. */
export class Leases {
  readonly #deps: LeasesDeps;
  readonly #scopes = new Map<string, Lease[]>();
  #count = 0;
  #turns = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(deps: LeasesDeps) {
    this.#deps = deps;
  }

  get count(): number {
    return this.#count;
  }

  get slots(): readonly Slot[] {
    return [...this.#scopes.values()].flatMap((leases) => leases.map(({ slot }) => slot));
  }

  slotsOf(scope: string): readonly Slot[] {
    return this.#scopes.get(scope)?.map(({ slot }) => slot) ?? [];
  }

  /** The one that a call of this caller can use now, if there is one. Of several free ones that which was used last. */
  find(caller: Caller, exclusive: boolean): Lease | undefined {
    const leases = this.#scopes.get(caller.scope);
    if (leases === undefined) return undefined;
    const client = clientKey(caller);
    let best: Lease | undefined;
    for (const lease of leases) {
      if (lease.client !== client || lease.exclusive !== exclusive) continue;
      if (!exclusive) return lease;
      if (!lease.slot.busy && (best === undefined || isBetter(lease, best))) best = lease;
    }
    return best;
  }

  /** Of the exclusive ones that which this caller follows resources on, or else that which was used last; busy or not. */
  home(caller: Caller): Lease | undefined {
    const own = this.#ofClient(caller).filter(({ exclusive }) => exclusive);
    return own.sort((a, b) => (isBetter(a, b) ? -1 : 1))[0];
  }

  /** All places where this caller may follow something. */
  slotsFor(caller: Caller): readonly Slot[] {
    return this.#ofClient(caller).map(({ slot }) => slot);
  }

  /** Nothing when there is no room. Whoever takes an exclusive one uses it at once: then it is busy. */
  take(caller: Caller, exclusive: boolean): Lease | undefined {
    return this.#used(this.find(caller, exclusive) ?? this.#open(caller, exclusive));
  }

  /** An exclusive one to follow resources on, which its caller's later calls then prefer. Nothing when there is no room. */
  settle(caller: Caller): Lease | undefined {
    return this.#used(this.home(caller) ?? this.#open(caller, true));
  }

  /** The scope has ended: nobody will use its connections again. */
  release(scope: string): void {
    for (const lease of this.#scopes.get(scope) ?? []) this.#close(lease);
    this.#scopes.delete(scope);
  }

  sweep(): void {
    for (const lease of this.#all()) if (lease.slot.idleMs >= IDLE_MS) this.#drop(lease);
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    const { slots } = this;
    this.#scopes.clear();
    this.#count = 0;
    await Promise.all(slots.map((slot) => slot.close()));
  }

  #used(lease: Lease | undefined): Lease | undefined {
    if (lease !== undefined) lease.turn = ++this.#turns;
    return lease;
  }

  #ofClient(caller: Caller): readonly Lease[] {
    const client = clientKey(caller);
    return this.#scopes.get(caller.scope)?.filter((lease) => lease.client === client) ?? [];
  }

  #open(caller: Caller, exclusive: boolean): Lease | undefined {
    if (this.#count >= this.#deps.max && !this.#makeRoom()) return undefined;
    const { scope } = caller;
    const lease = { scope, client: clientKey(caller), exclusive, slot: this.#deps.create(caller), turn: 0 };
    const leases = this.#scopes.get(scope);
    if (leases === undefined) this.#scopes.set(scope, [lease]);
    else leases.push(lease);
    this.#count += 1;
    this.#sweeper ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    return lease;
  }

  /** Drops the one that was idle longest. */
  #makeRoom(): boolean {
    const idle = this.#all().filter((lease) => lease.slot.idleMs > 0 && this.#isExpendable(lease));
    const [first] = idle.sort((a, b) => b.slot.idleMs - a.slot.idleMs);
    if (first !== undefined) this.#drop(first);
    return first !== undefined;
  }

  /** Callers without a session expect nothing to be kept, and what has ended keeps nothing. */
  #isExpendable({ exclusive, slot }: Lease): boolean {
    return this.#deps.evictIdle || exclusive || slot.connection === undefined;
  }

  #drop(lease: Lease): void {
    const left = this.#scopes.get(lease.scope)?.filter((other) => other !== lease) ?? [];
    if (left.length === 0) this.#scopes.delete(lease.scope);
    else this.#scopes.set(lease.scope, left);
    this.#close(lease);
  }

  #close({ slot }: Lease): void {
    this.#count -= 1;
    this.#deps.onDropped?.(slot);
    slot.close().catch(() => undefined);
  }

  #all(): readonly Lease[] {
    return [...this.#scopes.values()].flat();
  }
}

function isBetter(a: Lease, b: Lease): boolean {
  const difference = rankOf(a) - rankOf(b);
  return difference === 0 ? a.turn > b.turn : difference > 0;
}

/**
 * An open connection costs nothing any more. Where resources are followed, calls belong, too: on stdio it is the process
 * that changes them.
 */
function rankOf({ slot }: Lease): number {
  return (slot.connection === undefined ? 0 : 2) + (slot.followed ? 1 : 0);
}
