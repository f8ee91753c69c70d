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
  /** With the number of the last change before each began to listen: what it lists first has that change already. */
  readonly #listeners = new Map<Listener, number>();
  #lastChange = 0;
  #pending: { readonly change: number; readonly server: string; readonly lists: readonly ListKind[] }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: { events: EventBus }) {
    this.#unsubscribe = deps.events.subscribe((event) => this.#note(event));
  }

  /** `onClosed` is called when the gateway stops. */
  listen(listener: Listener): Unsubscribe {
    this.#listeners.set(listener, this.#lastChange);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#unsubscribe();
    clearTimeout(this.#timer);
    for (const listener of this.#listeners.keys()) listener.onClosed();
    this.#listeners.clear();
  }

  #note(event: GatewayEvent): void {
    if (event.kind !== "offering-changed") return;
    const lists = KINDS.filter((list) => event[list]);
    if (lists.length === 0) return;
    this.#pending.push({ change: ++this.#lastChange, server: event.server, lists });
    this.#timer ??= setTimeout(() => this.#tell(), DEBOUNCE_MS).unref();
  }

  #tell(): void {
    const news = this.#pending;
    this.#pending = [];
    this.#timer = undefined;
    for (const [listener, since] of this.#listeners) {
      const here = news.filter(({ change, server }) => change > since && covers(listener.endpoint, server));
      const lists = new Set(here.flatMap((each) => each.lists));
      for (const list of KINDS) if (lists.has(list)) listener.onChanged(list);
    }
  }
}
