import { type JsonObject, isJsonObject } from "../../domain/json.ts";
import { META } from "../../domain/protocol.ts";
import { UpstreamBroken, UpstreamError } from "../../domain/upstream-errors.ts";
import { encodeRequest } from "../../wire/message.ts";
import { reportedLists } from "../list-changes.ts";
import { Listening } from "../listening.ts";
import { ACKNOWLEDGED, LISTEN, type Subscription, withoutSubscription } from "../subscription.ts";
import { pause } from "../wait.ts";
import type { Channel } from "./channel.ts";

const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

interface ChildNewsDeps {
  readonly server: string;
  readonly connectMs: number;
  readonly channel: Channel;
  readonly capabilities: JsonObject;
  readonly envelope: JsonObject;
  readonly onNotification: (method: string, params: JsonObject) => void;
}

/** What a child of the 2026 era says unasked: on stdio, all subscriptions share the one stream and are told apart by id. */
export class ChildNews {
  readonly listening: Listening;
  readonly #deps: ChildNewsDeps;
  readonly #open = new Map<number, Subscription>();

  constructor(deps: ChildNewsDeps) {
    this.#deps = deps;
    this.listening = new Listening({
      server: deps.server,
      patienceMs: deps.connectMs,
      lists: reportedLists(deps.capabilities),
      onMissed: (uri) => deps.onNotification("notifications/resources/updated", { uri }),
      open: (subscription) => this.#start(subscription),
    });
  }

  /** Every notification that belongs to no call. */
  receive(method: string, params: JsonObject): void {
    if (method !== ACKNOWLEDGED) return this.#deps.onNotification(method, withoutSubscription(params));
    const { _meta: meta } = params;
    const id = isJsonObject(meta) ? meta[META.subscriptionId] : undefined;
    this.#open.get(Number(id))?.acknowledged(params);
  }

  #start(subscription: Subscription): { close(): void } {
    const closing = new AbortController();
    this.#run(subscription, closing.signal).catch(() => undefined);
    return { close: () => closing.abort() };
  }

  /** The request is answered when the subscription ends; until then it is acknowledged, and news comes. */
  async #run(subscription: Subscription, signal: AbortSignal): Promise<void> {
    for (let pauseMs = MIN_PAUSE_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      const refused = await this.#once(subscription, signal);
      if (refused || this.#deps.channel.ended !== undefined) return;
      await pause(pauseMs, signal);
    }
  }

  async #once(subscription: Subscription, signal: AbortSignal): Promise<boolean> {
    const { channel, envelope, server } = this.#deps;
    const id = channel.nextId();
    this.#open.set(id, subscription);
    try {
      const text = encodeRequest(id, LISTEN, { ...subscription.begin(), _meta: envelope });
      const reply = await channel.request(id, text, { signal, lasting: true });
      const final = reply.kind === "error";
      const failure = final ? reply : new UpstreamBroken(server, "it ended the subscription");
      subscription.ended({ failure, final });
      return final;
    } catch (error) {
      const broken = new UpstreamBroken(server, "the subscription was given up", { cause: error });
      subscription.ended({ failure: error instanceof UpstreamError ? error : broken, final: false });
      return false;
    } finally {
      this.#open.delete(id);
    }
  }
}
