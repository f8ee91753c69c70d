export type GatewayEvent =
  | { readonly kind: "server-added" | "server-changed" | "server-removed"; readonly server: string }
  | {
      readonly kind: "offering-changed";
      readonly server: string;
      /** Which lists really differ from before. */
      readonly tools: boolean;
      readonly resources: boolean;
      readonly prompts: boolean;
    }
  | {
      readonly kind: "health-changed";
      readonly server: string;
      readonly level: string;
      readonly code: string;
    }
  | {
      readonly kind: "breaker-changed";
      readonly server: string;
      readonly state: "closed" | "open" | "half_open";
    }
  | {
      readonly kind: "cache-purged";
      readonly filter: "all" | { readonly tag: string } | { readonly key: string };
    }
  | { readonly kind: "overload-changed"; readonly overloaded: boolean; readonly reason: string }
  /** Events of other replicas may be missing: whoever follows them looks anew. */
  | { readonly kind: "events-lost" };

/** Where an event comes from: this process, or another replica. */
export type EventOrigin = "here" | "replica";

export type Unsubscribe = () => void;

type Listener = (event: GatewayEvent, origin: EventOrigin) => void;

/** News inside the process; with a bridge, those of other replicas too. A listener that throws never stops the others; the error goes to `onError`. */
export class EventBus {
  readonly #listeners = new Set<Listener>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void = () => {}) {
    this.#onError = onError;
  }

  publish(event: GatewayEvent, origin: EventOrigin = "here"): void {
    for (const listener of this.#listeners) {
      try {
        listener(event, origin);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  subscribe(listener: Listener): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
