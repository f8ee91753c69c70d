import { RPC } from "../domain/protocol.ts";
import { UpstreamBroken, UpstreamError, UpstreamTimeout } from "../domain/upstream-errors.ts";
import { Reply } from "../wire/reply.ts";
import type { ListName } from "./list-changes.ts";
import { Subscription, type SubscriptionEnd, type SubscriptionStream } from "./subscription.ts";
import { waitFor } from "./wait.ts";

const FOLLOWED = Reply.of("result", { resultType: "complete" }, "2026");

interface ListeningDeps {
  readonly server: string;
  /** How long an upstream may take to acknowledge. */
  readonly patienceMs: number;
  /** Whose changes to ask for. */
  readonly lists: readonly ListName[];
  /** Opens a stream, and opens it again when it has ended, until it is closed. */
  readonly open: (subscription: Subscription) => SubscriptionStream;
  /** The stream was interrupted: the resource may have changed meanwhile. */
  readonly onMissed: (uri: string) => void;
}

interface OpenStream {
  readonly subscription: Subscription;
  readonly stream: SubscriptionStream;
}

interface Follower {
  readonly uri: string;
  /** Nobody has followed the resource before, so nobody does if this comes to nothing. */
  first: boolean;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: UpstreamError) => void;
}

/**
 * What one connection of the 2026 era listens to. A `subscriptions/listen` cannot be changed: another one is opened for
 * what is wanted now, and the old one is closed when the new one is acknowledged, so that nothing is missed in between.
 */
export class Listening {
  readonly #deps: ListeningDeps;
  readonly #wanted = new Set<string>();
  readonly #followers = new Set<Follower>();
  #current: OpenStream | undefined;
  #next: OpenStream | undefined;
  #closed = false;

  constructor(deps: ListeningDeps) {
    this.#deps = deps;
    if (deps.lists.length > 0) this.#open();
  }

  /** An error reply says that the upstream does not report changes of this resource. Rejects as a call does. */
  async follow(uri: string, signal: AbortSignal): Promise<Reply> {
    if (this.#closed) throw this.#closedError;
    if (this.#wanted.has(uri) && this.#current?.subscription.honours(uri) === true) return FOLLOWED;
    const { server, patienceMs } = this.#deps;
    const first = !this.#wanted.has(uri);
    this.#wanted.add(uri);
    let follower: Follower | undefined;
    let timer: NodeJS.Timeout | undefined;
    const followed = new Promise<Reply>((resolve, reject) => {
      follower = { uri, first, resolve, reject };
      this.#followers.add(follower);
      timer = setTimeout(() => reject(new UpstreamTimeout(server, patienceMs, true)), patienceMs);
    });
    this.#refresh();
    try {
      return await waitFor(followed, signal);
    } catch (error) {
      if (follower !== undefined) this.#giveUp(follower);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  unfollow(uri: string): void {
    if (this.#wanted.delete(uri)) this.#refresh();
  }

  close(): void {
    this.#closed = true;
    this.#current?.stream.close();
    this.#next?.stream.close();
    for (const { reject } of this.#followers) reject(this.#closedError);
  }

  get #closedError(): UpstreamError {
    return new UpstreamBroken(this.#deps.server, "the connection was closed");
  }

  /** One change at a time: what comes meanwhile is in the next one. */
  #refresh(): void {
    if (this.#closed || this.#next?.subscription.failed === false) return;
    if (this.#idle) {
      this.#current?.stream.close();
      this.#current = undefined;
    } else if (this.#current?.subscription.suits(this.#wanted) !== true) this.#open();
  }

  #open(): void {
    const { lists, open } = this.#deps;
    const subscription: Subscription = new Subscription({
      lists,
      wanted: () => this.#wanted,
      onAcknowledged: (again) => this.#acknowledged(subscription, again),
      onFailed: (end) => this.#failed(subscription, end),
    });
    this.#next?.stream.close();
    this.#next = { subscription, stream: open(subscription) };
  }

  #acknowledged(subscription: Subscription, again: boolean): void {
    if (this.#next?.subscription === subscription) {
      this.#current?.stream.close();
      this.#current = this.#next;
      this.#next = undefined;
    }
    if (this.#closed || this.#current?.subscription !== subscription) return;
    for (const follower of this.#followers) {
      const { uri } = follower;
      if (subscription.honours(uri)) this.#settle(follower);
      else if (subscription.asks(uri)) this.#refuse(follower, notReported(uri));
    }
    if (again) for (const uri of this.#wanted) this.#deps.onMissed(uri);
    this.#refresh();
  }

  /** The stream tries again by itself, unless that is of no use; whoever waits for this attempt does not. */
  #failed(subscription: Subscription, { failure, final }: SubscriptionEnd): void {
    const isNext = this.#next?.subscription === subscription;
    const isCurrent = this.#current?.subscription === subscription;
    if (this.#closed || !(isNext || isCurrent)) return;
    for (const follower of this.#followers) {
      if (subscription.asks(follower.uri)) this.#refuse(follower, failure);
    }
    if (isNext) this.#dropNext(final);
    else if (final) this.#current = undefined;
    // Others may have come meanwhile.
    if (this.#followers.size > 0) this.#refresh();
  }

  /** A stream that replaces none is left to try again, while there is something to listen to. */
  #dropNext(final: boolean): void {
    if (!final && !this.#idle && this.#current === undefined) return;
    this.#next?.stream.close();
    this.#next = undefined;
  }

  get #idle(): boolean {
    return this.#wanted.size === 0 && this.#deps.lists.length === 0;
  }

  #settle(follower: Follower): void {
    this.#followers.delete(follower);
    follower.resolve(FOLLOWED);
  }

  #refuse(follower: Follower, failure: Reply | UpstreamError): void {
    this.#giveUp(follower);
    if (failure instanceof UpstreamError) follower.reject(failure);
    else follower.resolve(failure);
  }

  #giveUp(follower: Follower): void {
    this.#followers.delete(follower);
    if (!follower.first) return;
    const heir = [...this.#followers].find(({ uri }) => uri === follower.uri);
    if (heir === undefined) this.#wanted.delete(follower.uri);
    else heir.first = true;
  }
}

function notReported(uri: string): Reply {
  const message = "The server does not report changes of this resource.";
  return Reply.of("error", { code: RPC.invalidParams, message, data: { uri } }, "2026");
}
