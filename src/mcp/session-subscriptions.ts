import { InvalidRequest } from "../domain/errors.ts";
import { encodeNotification } from "../wire/message.ts";
import { type ResourceDeps, resourceAt, resourceNotFound } from "./resource-at.ts";
import type { Session } from "./session.ts";
import { Subscriber, type Subscriptions } from "./subscriptions.ts";

export const MAX_SUBSCRIPTIONS = 256;
/** An upstream that is down when its followers come back is asked again after these pauses. */
const RETRY_MS = [1_000, 5_000, 30_000, 120_000];

export interface SessionSubscriptionDeps extends ResourceDeps {
  readonly subscriptions: Subscriptions;
  /** Durable when it resolves. */
  readonly change: (session: Session, change: { subscriptions: ReadonlySet<string> }) => Promise<void>;
  readonly retryMs?: readonly number[];
}

interface Entry {
  readonly subscriber: Subscriber;
  /** What the client wants, whether or not the upstream has agreed again since a restart. */
  readonly uris: Set<string>;
  ended: boolean;
}

/** The resources that 2025 sessions have subscribed to: kept with the session, and followed again after a restart. */
export class SessionSubscriptions {
  readonly #deps: SessionSubscriptionDeps;
  readonly #entries = new Map<string, Entry>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(deps: SessionSubscriptionDeps) {
    this.#deps = deps;
  }

  /** Throws InvalidRequest past the limit, `resource_not_found`, or what the upstream has against it. */
  async subscribe(session: Session, uri: string): Promise<void> {
    const entry = this.#entryOf(session);
    if (entry.uris.size >= MAX_SUBSCRIPTIONS && !entry.uris.has(uri))
      throw new InvalidRequest(`A session may subscribe to ${MAX_SUBSCRIPTIONS} resources at most.`);
    await this.#follow(session, entry, uri);
    if (entry.uris.has(uri)) return;
    entry.uris.add(uri);
    try {
      await this.#deps.change(session, { subscriptions: new Set(entry.uris) });
    } catch (error) {
      entry.uris.delete(uri);
      this.#deps.subscriptions.remove(entry.subscriber, uri);
      throw error;
    }
  }

  /** To unsubscribe from what was never subscribed to is no mistake. */
  async unsubscribe(session: Session, uri: string): Promise<void> {
    const entry = this.#entryOf(session);
    this.#deps.subscriptions.remove(entry.subscriber, uri);
    if (entry.uris.delete(uri)) await this.#deps.change(session, { subscriptions: new Set(entry.uris) });
  }

  /** A session came back from storage: the upstreams know nothing of what it follows. */
  restore(session: Session): void {
    if (session.subscriptions.size === 0) return;
    const entry = this.#entryOf(session);
    for (const uri of entry.uris) this.#followAgain(session, entry, uri, 0);
  }

  /** What it follows upstream ends with its connections there. */
  end(session: Session): void {
    const entry = this.#entries.get(session.id);
    if (entry === undefined) return;
    entry.ended = true;
    this.#entries.delete(session.id);
    this.#deps.subscriptions.drop(entry.subscriber);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #entryOf(session: Session): Entry {
    const known = this.#entries.get(session.id);
    if (known !== undefined) return known;
    const { id: scope, envelope } = session;
    const who = { scope, era: "2025", ...(envelope === undefined ? {} : { envelope }) } as const;
    const subscriber = new Subscriber(who, (params) =>
      session.send(encodeNotification("notifications/resources/updated", params)),
    );
    const entry = { subscriber, uris: new Set(session.subscriptions), ended: false };
    this.#entries.set(session.id, entry);
    return entry;
  }

  async #follow(session: Session, entry: Entry, uri: string): Promise<void> {
    const target = await resourceAt(session.endpoint, uri, this.#deps);
    if (target === undefined) throw resourceNotFound(uri);
    if (!entry.ended) await this.#deps.subscriptions.add(entry.subscriber, uri, target);
  }

  #followAgain(session: Session, entry: Entry, uri: string, attempt: number): void {
    this.#follow(session, entry, uri).catch(() => {
      const pause = (this.#deps.retryMs ?? RETRY_MS)[attempt];
      if (pause === undefined || entry.ended) return;
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        if (!entry.ended && entry.uris.has(uri)) this.#followAgain(session, entry, uri, attempt + 1);
      }, pause).unref();
      this.#timers.add(timer);
    });
  }
}
