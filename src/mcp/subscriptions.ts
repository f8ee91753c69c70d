import { type JsonObject, isJsonObject, stringAt } from "../domain/json.ts";
import { type Era, META } from "../domain/protocol.ts";
import type { ClientSelf } from "../upstream/upstream.ts";

/** For how long an upstream may think about a subscription, its connection included. */
const FOLLOW_MS = 15_000;

/** A resource under its upstream's own URI. */
export interface Target {
  readonly server: string;
  readonly uri: string;
}

/** On whose upstream connection a resource is followed. */
export interface Who {
  readonly scope: string;
  readonly era: Era;
  readonly envelope?: ClientSelf;
}

/** What follows resources at the upstreams. */
export interface Following {
  follow(server: string, uri: string, who: Who, signal: AbortSignal): Promise<void>;
  unfollow(server: string, uri: string, who: Who): void;
}

/** One who hears of resources: a 2025 session, or a stream of a 2026 client. */
export class Subscriber {
  readonly who: Who;
  /** Gets the params of `notifications/resources/updated`, with the URI under which the resource was subscribed to. */
  readonly tell: (params: JsonObject) => void;
  /** By that URI. */
  readonly targets = new Map<string, Target>();

  constructor(who: Who, tell: (params: JsonObject) => void) {
    this.who = who;
    this.tell = tell;
  }
}

interface Followed {
  readonly who: Who;
  readonly target: Target;
  readonly ready: Promise<void>;
  subscriptions: number;
}

/**
 * Who has subscribed to which resource. Several subscriptions of one scope to one resource are a single one upstream: it
 * begins with the first of them and ends with the last.
 */
export class Subscriptions {
  readonly #following: Following;
  readonly #followed = new Map<string, Followed>();
  readonly #subscribers = new Map<string, Set<Subscriber>>();

  constructor(following: Following) {
    this.#following = following;
  }

  /** Resolves when the upstream has agreed. Rejects with what `follow` rejects with; the subscriber then is as before. */
  async add(subscriber: Subscriber, publicUri: string, target: Target): Promise<void> {
    if (subscriber.targets.has(publicUri)) return this.#keyed(subscriber, target)?.ready;
    // First of all: an update may come before the upstream's agreement.
    subscriber.targets.set(publicUri, target);
    this.#enlist(subscriber);
    const followed = this.#follow(subscriber.who, target);
    followed.subscriptions++;
    try {
      await followed.ready;
    } catch (error) {
      this.remove(subscriber, publicUri);
      throw error;
    }
  }

  remove(subscriber: Subscriber, publicUri: string): void {
    const target = subscriber.targets.get(publicUri);
    if (target === undefined) return;
    subscriber.targets.delete(publicUri);
    if (subscriber.targets.size === 0) this.#dismiss(subscriber);
    const followed = this.#keyed(subscriber, target);
    if (followed === undefined) return;
    followed.subscriptions--;
    if (followed.subscriptions === 0) this.#leave(followed);
  }

  /** The subscriber has gone. */
  drop(subscriber: Subscriber): void {
    for (const uri of subscriber.targets.keys()) this.remove(subscriber, uri);
  }

  /** An upstream says that a resource that these scopes follow, or a part of it, is not what it was. */
  updated({ server, uri }: Target, said: JsonObject, scopes: readonly string[]): void {
    const params = withoutStream(said);
    const part = stringAt(said, "uri")?.startsWith(uri)
      ? stringAt(said, "uri")?.slice(uri.length)
      : undefined;
    for (const scope of scopes) {
      for (const { targets, tell } of this.#subscribers.get(scope) ?? []) {
        for (const [publicUri, target] of targets)
          if (target.uri === uri && target.server === server)
            tell({ ...params, uri: publicUri + (part ?? "") });
      }
    }
  }

  #follow(who: Who, target: Target): Followed {
    const key = keyOf(who.scope, target);
    const known = this.#followed.get(key);
    if (known !== undefined) return known;
    const signal = AbortSignal.timeout(FOLLOW_MS);
    const ready = this.#following.follow(target.server, target.uri, who, signal);
    const followed = { who, target, ready, subscriptions: 0 };
    this.#followed.set(key, followed);
    return followed;
  }

  #keyed({ who }: Subscriber, target: Target): Followed | undefined {
    return this.#followed.get(keyOf(who.scope, target));
  }

  /** Only when the upstream has answered: an end that overtakes its beginning would end nothing. */
  #leave(followed: Followed): void {
    const { who, target, ready } = followed;
    const end = (isFollowed: boolean): void => {
      const key = keyOf(who.scope, target);
      if (followed.subscriptions > 0 || this.#followed.get(key) !== followed) return;
      this.#followed.delete(key);
      if (isFollowed) this.#following.unfollow(target.server, target.uri, who);
    };
    ready.then(
      () => end(true),
      () => end(false),
    );
  }

  #enlist(subscriber: Subscriber): void {
    const { scope } = subscriber.who;
    const known = this.#subscribers.get(scope) ?? new Set<Subscriber>();
    this.#subscribers.set(scope, known.add(subscriber));
  }

  #dismiss(subscriber: Subscriber): void {
    const { scope } = subscriber.who;
    const known = this.#subscribers.get(scope);
    known?.delete(subscriber);
    if (known?.size === 0) this.#subscribers.delete(scope);
  }
}

/** The stream on which the gateway itself heard of it is nobody else's. */
function withoutStream(params: JsonObject): JsonObject {
  const { _meta, ...rest } = params;
  if (!isJsonObject(_meta) || _meta[META.subscriptionId] === undefined) return params;
  const { [META.subscriptionId]: _, ...others } = _meta;
  return Object.keys(others).length === 0 ? rest : { ...rest, _meta: others };
}

function keyOf(scope: string, { server, uri }: Target): string {
  return JSON.stringify([scope, server, uri]);
}
