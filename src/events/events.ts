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
    };

export type Unsubscribe = () => void;

/** News inside the process. A listener that throws never stops the others; the error goes to `onError`. */
export class EventBus {
  readonly #listeners = new Set<(event: GatewayEvent) => void>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void = () => {}) {
    this.#onError = onError;
  }

  publish(event: GatewayEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  subscribe(listener: (event: GatewayEvent) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
