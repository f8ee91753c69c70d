import { GatewayError } from "../../domain/errors.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Limits } from "../../domain/limits.ts";
import { UpstreamBroken, UpstreamError } from "../../domain/upstream-errors.ts";
import type { ExchangeOptions, HttpAnswer } from "../../wire/http-exchange.ts";
import { parseMessage } from "../../wire/message.ts";
import { readReply } from "../../wire/reply-frame.ts";
import { Reply } from "../../wire/reply.ts";
import type { SseEvent } from "../../wire/sse.ts";
import { type ListName, listChangedMethod } from "../list-changes.ts";
import {
  ACKNOWLEDGED,
  type Subscription,
  type SubscriptionStream,
  withoutSubscription,
} from "../subscription.ts";
import { EventStream, isNoStream } from "./event-stream.ts";
import { refusal } from "./http-refusal.ts";
import { protocolError } from "./rpc-call.ts";

interface NewsStreamDeps {
  readonly server: string;
  readonly limits: Limits;
  /** That it reports changes of. */
  readonly lists: readonly ListName[];
  readonly onNotification: (method: string, params: JsonObject) => void;
  /** Sends `subscriptions/listen`; settles when the stream has ended. */
  readonly open: (options: ExchangeOptions, params: JsonObject) => Promise<HttpAnswer>;
}

/** One subscription over HTTP: an event stream that its request has opened, opened again whenever it ends. */
export class NewsStream implements SubscriptionStream {
  readonly #subscription: Subscription;
  readonly #deps: NewsStreamDeps;
  readonly #stream: EventStream;
  /** An error that came as the only event of a stream. */
  #refusal: Reply | undefined;

  constructor(subscription: Subscription, deps: NewsStreamDeps) {
    const { server, limits, lists, onNotification } = deps;
    this.#subscription = subscription;
    this.#deps = deps;
    this.#stream = new EventStream({
      server,
      limits,
      open: (options) => this.#open(options),
      receive: (event) => this.#receive(event),
      onGap: () => {
        for (const list of lists) onNotification(listChangedMethod(list), {});
      },
    });
  }

  start(): void {
    this.#stream.start();
  }

  close(): void {
    this.#stream.close();
  }

  async #open(options: ExchangeOptions): Promise<HttpAnswer> {
    this.#refusal = undefined;
    try {
      const answer = await this.#deps.open(options, this.#subscription.begin());
      const failure = answer.streamed ? this.#endOfStream : failureOf(this.#deps.server, answer);
      this.#subscription.ended({ failure, final: isNoStream(answer) });
      return answer;
    } catch (error) {
      this.#subscription.ended({ failure: this.#failureOf(error), final: false });
      throw error;
    }
  }

  get #endOfStream(): Reply | UpstreamError {
    return this.#refusal ?? new UpstreamBroken(this.#deps.server, "it ended the stream");
  }

  #failureOf(error: unknown): UpstreamError {
    if (error instanceof UpstreamError) return error;
    const reason = error instanceof GatewayError ? "the stream was closed" : "the stream cannot be read";
    return new UpstreamBroken(this.#deps.server, reason, { cause: error });
  }

  /** An answer to the request that opened the stream is its end. */
  #receive({ data }: SseEvent): boolean {
    const message = parseMessage(data.toString("utf8"), this.#deps.limits);
    if (message.kind === "response") {
      if (message.error !== undefined) this.#refusal = Reply.of("error", message.error, "2026");
      return true;
    }
    if (message.kind === "request") return false;
    const { method, params } = message;
    if (method === ACKNOWLEDGED) this.#subscription.acknowledged(params);
    else this.#deps.onNotification(method, withoutSubscription(params));
    return false;
  }
}

function failureOf(server: string, answer: HttpAnswer): Reply | UpstreamError {
  try {
    const reply = readReply(answer.body, "2026")?.reply;
    if (reply?.kind === "error") return reply;
  } catch {
    // Whatever it is: it is no stream.
  }
  return answer.status >= 300
    ? refusal(server, answer)
    : protocolError(server, "it did not answer with an event stream");
}
