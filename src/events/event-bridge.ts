import { randomUUID } from "node:crypto";

import type { EventBus, GatewayEvent, Unsubscribe } from "./event-bus.ts";

/** One channel to all replicas, which may lose messages but knows when it may have. */
export interface Channel {
  /** Whether it was sent. */
  publish(text: string): Promise<boolean>;
  listen(listener: { onMessage(text: string): void; onGap(): void; onOpen(): void }): Promise<void>;
}

interface Message {
  readonly origin: string;
  /** Counts the messages of one origin, also those that could not be sent. */
  readonly seq: number;
  readonly event: GatewayEvent;
}

/** What is the same for all replicas. Health, breakers and load are each replica's own. */
const CARRIED: ReadonlySet<GatewayEvent["kind"]> = new Set([
  "server-added",
  "server-changed",
  "server-removed",
  "offering-changed",
  "cache-purged",
  "events-lost",
]);
const MOST_ORIGINS = 1_000;

/**
 * Carries events between the buses of replicas. Messages can be lost: a number that is skipped, a broken connection
 * or a message that could not be sent becomes the event `events-lost`, at which listeners look anew.
 */
export class EventBridge {
  readonly #bus: EventBus;
  readonly #channel: Channel;
  readonly #origin = randomUUID();
  readonly #lastSeq = new Map<string, number>();
  #unsubscribe: Unsubscribe | undefined;
  #seq = 0;
  #owesNews = false;

  constructor(deps: { bus: EventBus; channel: Channel }) {
    this.#bus = deps.bus;
    this.#channel = deps.channel;
  }

  /** Resolves when events of others are heard, or at once if that must wait. */
  async open(): Promise<void> {
    this.#unsubscribe = this.#bus.subscribe((event, origin) => {
      if (origin === "here" && CARRIED.has(event.kind)) void this.#send(event);
    });
    await this.#channel.listen({
      onMessage: (text) => this.#receive(text),
      onGap: () => this.#lost(),
      onOpen: () => this.#reopened(),
    });
  }

  close(): void {
    this.#unsubscribe?.();
  }

  /** The others hear of it if they have missed something. */
  #reopened(): void {
    if (this.#owesNews) void this.#send({ kind: "events-lost" });
  }

  async #send(event: GatewayEvent): Promise<void> {
    const message: Message = { origin: this.#origin, seq: ++this.#seq, event };
    this.#owesNews = !(await this.#channel.publish(JSON.stringify(message)));
  }

  #receive(text: string): void {
    const message = parse(text);
    if (message === undefined || message.origin === this.#origin) return;
    const { origin, seq, event } = message;
    const last = this.#lastSeq.get(origin);
    if (this.#lastSeq.size >= MOST_ORIGINS) this.#lastSeq.clear();
    this.#lastSeq.set(origin, seq);
    if (last !== undefined && seq !== last + 1 && event.kind !== "events-lost") this.#lost();
    this.#bus.publish(event, "replica");
  }

  #lost(): void {
    this.#bus.publish({ kind: "events-lost" }, "replica");
  }
}

/** Nothing for what no gateway of this version says: a newer one may know more kinds. */
function parse(text: string): Message | undefined {
  try {
    const { origin, seq, event } = JSON.parse(text) as Partial<Message>;
    const isOurs = typeof origin === "string" && typeof seq === "number" && event !== undefined;
    return isOurs && CARRIED.has(event.kind) ? { origin, seq, event } : undefined;
  } catch {
    return undefined; // not from a gateway
  }
}
