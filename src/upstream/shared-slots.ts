import type { Era } from "../domain/protocol.ts";
import type { ServerSettings } from "../domain/server.ts";
import type { ClientSelf } from "./connection.ts";
import { isInteractive } from "./sharing.ts";
import type { Slot } from "./slot.ts";

/** How long it counts that an upstream does not speak the 2026 era: programs are updated. */
const REMEMBER_MS = 60 * 60_000;

interface SharedSlotsDeps {
  /** For which callers there is a connection of the 2026 era besides. */
  readonly modern: "all" | "interactive" | "none";
  readonly era: ServerSettings["era"];
  readonly create: (wanted: Era) => Slot;
  readonly now: () => number;
}

type Asking = { readonly era: Era; readonly envelope?: ClientSelf | undefined };

/** The connections that callers share: one of each era in which they call, as far as the upstream speaks it. */
export class SharedSlots {
  readonly #deps: SharedSlotsDeps;
  /** By the era that was wanted, which need not be the one that was found. */
  readonly #slots = new Map<Era, Slot>();
  #speaksModern = false;
  #lacksModernUntil = 0;

  constructor(deps: SharedSlotsDeps) {
    this.#deps = deps;
  }

  get all(): readonly Slot[] {
    return [...this.#slots.values()];
  }

  /** For a caller: may be another one when it has been opened, because then more is known. */
  of({ era, envelope }: Asking): Slot {
    const { modern } = this.#deps;
    if (modern === "none" || era === "2025") return this.#ofEra("2025");
    if (modern === "all") return this.#ofEra(era);
    return isInteractive(envelope) ? this.#ofInteractive() : this.#ofEra("2025");
  }

  readonly connected = (wanted: Era, found: Era): void => {
    if (this.#deps.modern !== "interactive" || wanted !== "2026") return;
    this.#speaksModern = found === "2026";
    // One of the other era is there already.
    if (!this.#speaksModern) this.#giveUpModern();
  };

  /** True for an attempt that proves nothing but that the upstream knows one era only: some end at the first word of another. */
  readonly failed = (wanted: Era): boolean => {
    const isProbe = this.#deps.modern === "interactive" && wanted === "2026" && !this.#speaksModern;
    if (!isProbe || this.#slots.get("2025")?.connection === undefined) return false;
    this.#giveUpModern();
    return true;
  };

  async close(): Promise<void> {
    await Promise.all(this.all.map((slot) => slot.close()));
  }

  /** A place of its own, or one that was made for others and turned out to be of the era. */
  #ofEra(era: Era): Slot {
    const slot = this.#slots.get(era);
    if (slot?.connection !== undefined) return slot;
    for (const other of this.#slots.values()) if (other.connection?.era === era) return other;
    return slot ?? this.#create(era);
  }

  /** It is tried whether there is a second era when the first one is known to work. */
  #ofInteractive(): Slot {
    const modern = this.#slots.get("2026");
    if (modern?.connection !== undefined) return modern;
    const common = this.#ofEra("2025");
    const { era, now } = this.#deps;
    const isWorthIt = common.connection?.era === "2025" && era === "auto" && now() >= this.#lacksModernUntil;
    return isWorthIt ? (modern ?? this.#create("2026")) : common;
  }

  #create(era: Era): Slot {
    const slot = this.#deps.create(era);
    this.#slots.set(era, slot);
    return slot;
  }

  #giveUpModern(): void {
    this.#lacksModernUntil = this.#deps.now() + REMEMBER_MS;
    const surplus = this.#slots.get("2026");
    this.#slots.delete("2026");
    surplus?.close().catch(() => undefined);
  }
}
