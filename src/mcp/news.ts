import type { EventBus, GatewayEvent, Unsubscribe } from "../events/events.ts";
import type { Listing, Reader } from "../listing/listing.ts";
import type { Profiles } from "../registry/registry.ts";
import { type Endpoint, covers } from "./endpoint.ts";
import { LIST_KINDS, type ListKind, ProfileLists } from "./profile-lists.ts";

export type { ListKind } from "./profile-lists.ts";

const DEBOUNCE_MS = 50;

interface Listener {
  readonly endpoint: Endpoint;
  readonly reader: Reader;
  readonly onChanged: (list: ListKind) => void;
  readonly onClosed: () => void;
}

interface Heard {
  /** The number of the last change before it began to listen. */
  readonly since: number;
  /** The list of tools, where it is not everything. */
  shortList: string | undefined;
}

interface Change {
  readonly change: number;
  readonly server: string;
  readonly lists: readonly ListKind[];
}

/** Tells open streams of both eras which lists changed: only real changes, and a burst of them once. */
export class News {
  readonly #unsubscribe: Unsubscribe;
  readonly #profileLists: ProfileLists;
  readonly #shortLists: Pick<Listing, "fingerprint"> | undefined;
  /** What each has heard of: what it lists first has that already. */
  readonly #listeners = new Map<Listener, Heard>();
  #lastChange = 0;
  #pending: Change[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: { events: EventBus; profiles?: Profiles; listing?: Pick<Listing, "fingerprint"> }) {
    this.#profileLists = new ProfileLists(deps.profiles);
    this.#shortLists = deps.listing;
    this.#unsubscribe = deps.events.subscribe((event) => this.#note(event));
  }

  /** `onClosed` is called when the gateway stops. */
  listen(listener: Listener): Unsubscribe {
    this.#listeners.set(listener, { since: this.#lastChange, shortList: this.#shortListOf(listener) });
    if (listener.endpoint.kind === "profile") this.#profileLists.watch(listener.endpoint.profile);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#unsubscribe();
    clearTimeout(this.#timer);
    for (const listener of this.#listeners.keys()) listener.onClosed();
    this.#listeners.clear();
  }

  #note(event: GatewayEvent): void {
    // What a server is called or trusted with is part of the short lists.
    if (event.kind !== "offering-changed" && event.kind !== "server-changed") return;
    const lists = event.kind === "offering-changed" ? LIST_KINDS.filter((list) => event[list]) : [];
    this.#pending.push({ change: ++this.#lastChange, server: event.server, lists });
    this.#timer ??= setTimeout(() => this.#tell(), DEBOUNCE_MS).unref();
  }

  #tell(): void {
    const news = this.#pending;
    this.#pending = [];
    this.#timer = undefined;
    const inProfiles = this.#profileLists.takeChanges();
    for (const [listener, heard] of this.#listeners) {
      const recent = news.filter(({ change }) => change > heard.since);
      const inProfile =
        listener.endpoint.kind === "profile" ? inProfiles.get(listener.endpoint.profile) : undefined;
      const lists =
        listener.endpoint.kind === "profile"
          ? recent.length > 0 && inProfile
          : listsOf(recent.filter(({ server }) => covers(listener.endpoint, server)));
      const hasTools = this.#toolsChanged(listener, heard) ?? (lists && lists.has("tools"));
      for (const list of LIST_KINDS)
        if (list === "tools" ? hasTools : lists && lists.has(list)) listener.onChanged(list);
    }
  }

  /** Nothing where the list shows all tools, as before. */
  #toolsChanged(listener: Listener, heard: Heard): boolean | undefined {
    const before = heard.shortList;
    heard.shortList = this.#shortListOf(listener);
    return before === undefined && heard.shortList === undefined ? undefined : before !== heard.shortList;
  }

  #shortListOf({ endpoint, reader }: Listener): string | undefined {
    return this.#shortLists?.fingerprint(endpoint, reader);
  }
}

function listsOf(changes: readonly Change[]): ReadonlySet<ListKind> {
  return new Set(changes.flatMap(({ lists }) => lists));
}
