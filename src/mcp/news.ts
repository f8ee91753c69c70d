import type { EventBus, GatewayEvent, Unsubscribe } from "../events/events.ts";
import { type Endpoint, covers } from "./endpoint.ts";

const DEBOUNCE_MS = 50;

export type ListKind = "tools" | "resources" | "prompts";
const KINDS: readonly ListKind[] = ["tools", "resources", "prompts"];

interface Listener {
  readonly endpoint: Endpoint;
  readonly onChanged: (list: ListKind) => void;
  readonly onClosed: () => void;
}

/** Tells open streams of both eras which lists changed: only real changes, and a burst of them once. */
export class News {
  readonly #unsubscribe: Unsubscribe;
  readonly #listeners = new Set<Listener>();
  #pending = new Map<string, Set<ListKind>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: { events: EventBus }) {
    this.#unsubscribe = deps.events.subscribe((event) => this.#note(event));
  }

  /** `onClosed` is called when the gateway stops. */
  listen(listener: Listener): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  close(): void {
    this.#unsubscribe();
    clearTimeout(this.#timer);
    for (const listener of this.#listeners) listener.onClosed();
    this.#listeners.clear();
  }

  #note(event: GatewayEvent): void {
    if (event.kind !== "offering-changed") return;
    const changed = this.#pending.get(event.server) ?? new Set<ListKind>();
    for (const list of KINDS) if (event[list]) changed.add(list);
    if (changed.size === 0) return;
    this.#pending.set(event.server, changed);
    this.#timer ??= setTimeout(() => this.#tell(), DEBOUNCE_MS).unref();
  }

  #tell(): void {
    const news = this.#pending;
    this.#pending = new Map();
    this.#timer = undefined;
    for (const listener of this.#listeners) {
      const here = [...news].filter(([server]) => covers(listener.endpoint, server));
      const lists = new Set(here.flatMap(([, changed]) => [...changed]));
      for (const list of KINDS) if (lists.has(list)) listener.onChanged(list);
    }
  }
}
