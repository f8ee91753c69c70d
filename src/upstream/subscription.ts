import { type Json, type JsonObject, isJsonObject } from "../domain/json.ts";
import { META } from "../domain/protocol.ts";
import type { UpstreamError } from "../domain/upstream-errors.ts";
import type { Reply } from "../wire/reply.ts";
import type { ListName } from "./list-changes.ts";

export const LISTEN = "subscriptions/listen";
export const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";

/** What carries a subscription: an HTTP stream, or a request on stdio. */
export interface SubscriptionStream {
  close(): void;
}

export interface SubscriptionEnd {
  readonly failure: Reply | UpstreamError;
  /** There will be no other attempt. */
  readonly final: boolean;
}

interface SubscriptionDeps {
  readonly lists: readonly ListName[];
  /** The resources to ask for, now. */
  readonly wanted: () => Iterable<string>;
  /** `again`: after an interruption. */
  readonly onAcknowledged: (again: boolean) => void;
  /** An attempt has ended before it was acknowledged. */
  readonly onFailed: (end: SubscriptionEnd) => void;
}

/** One `subscriptions/listen`, in one attempt after the other. */
export class Subscription {
  readonly #deps: SubscriptionDeps;
  #asked: ReadonlySet<string> = new Set();
  #honoured: ReadonlySet<string> = new Set();
  #attempts = 0;
  #acknowledged = 0;
  #failed = false;

  constructor(deps: SubscriptionDeps) {
    this.#deps = deps;
  }

  /** The last attempt came to nothing, and no other one has begun. */
  get failed(): boolean {
    return this.#failed;
  }

  asks(uri: string): boolean {
    return this.#asked.has(uri);
  }

  honours(uri: string): boolean {
    return this.#honoured.has(uri);
  }

  /** Whether it listens to what is wanted, and to nothing else. */
  suits(wanted: ReadonlySet<string>): boolean {
    for (const uri of wanted) if (!this.#asked.has(uri)) return false;
    for (const uri of this.#honoured) if (!wanted.has(uri)) return false;
    return true;
  }

  /** An attempt begins; gives the params of its request, without the envelope. */
  begin(): JsonObject {
    this.#attempts += 1;
    this.#failed = false;
    this.#asked = new Set(this.#deps.wanted());
    const flags = this.#deps.lists.map((list): [string, Json] => [`${list}ListChanged`, true]);
    const notifications: JsonObject = {
      ...Object.fromEntries(flags),
      ...(this.#asked.size === 0 ? {} : { resourceSubscriptions: [...this.#asked] }),
    };
    return { notifications };
  }

  /** The first message of a stream; any later one of its kind says nothing new. */
  acknowledged({ notifications }: JsonObject): void {
    if (this.#acknowledged === this.#attempts) return;
    const again = this.#acknowledged > 0;
    this.#acknowledged = this.#attempts;
    this.#honoured = new Set(urisIn(notifications).filter((uri) => this.#asked.has(uri)));
    this.#deps.onAcknowledged(again);
  }

  ended(end: SubscriptionEnd): void {
    this.#honoured = new Set();
    if (this.#acknowledged === this.#attempts) return;
    this.#failed = true;
    this.#deps.onFailed(end);
  }
}

/** Params as whoever follows may see them: the id of the gateway's own subscription is none of theirs. */
export function withoutSubscription(params: JsonObject): JsonObject {
  const { _meta: meta } = params;
  if (!isJsonObject(meta) || meta[META.subscriptionId] === undefined) return params;
  const { [META.subscriptionId]: _own, ...rest } = meta;
  const { _meta: _all, ...others } = params;
  return Object.keys(rest).length === 0 ? others : { ...others, _meta: rest };
}

function urisIn(notifications: Json | undefined): readonly string[] {
  const uris = isJsonObject(notifications) ? notifications["resourceSubscriptions"] : undefined;
  return Array.isArray(uris) ? uris.filter((uri) => typeof uri === "string") : [];
}
