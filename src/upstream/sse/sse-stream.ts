import { UpstreamBroken, UpstreamError } from "../../domain/upstream-errors.ts";
import type { EventSink } from "../../wire/http-exchange.ts";
import type { SseEvent } from "../../wire/sse.ts";
import { refusal } from "../http/http-refusal.ts";
import type { HttpTarget } from "../http/http-target.ts";

interface SseStreamDeps {
  readonly target: HttpTarget;
  /** Where messages are posted; must be on the origin of the stream. */
  readonly url: string;
  readonly onMessage: (data: Buffer) => void;
  /** Once: the stream has ended, or never began. */
  readonly onEnd: (error: UpstreamError) => void;
}

/** The one stream of a connection of protocol 2024-11-05: first where to post, then all messages of the upstream. */
export class SseStream implements EventSink {
  readonly #deps: SseStreamDeps;
  readonly #closing = new AbortController();
  #path: string | undefined;
  #onPath: ((path: string) => void) | undefined;

  constructor(deps: SseStreamDeps) {
    this.#deps = deps;
  }

  /** The path to post to, when the upstream has told it. Never settles if the stream ends before: see `onEnd`. */
  open(): Promise<string> {
    return new Promise((resolve) => {
      this.#onPath = resolve;
      this.#run().catch(() => undefined);
    });
  }

  close(): void {
    this.#closing.abort();
  }

  event({ event, data }: SseEvent): boolean {
    if (event === "endpoint") this.#endpoint(data.toString("utf8"));
    else if (data.length > 0 && (event === undefined || event === "message")) this.#deps.onMessage(data);
    return false;
  }

  #endpoint(text: string): void {
    const { url, target } = this.#deps;
    const endpoint = URL.canParse(text, url) ? new URL(text, url) : undefined;
    if (endpoint?.origin !== new URL(url).origin) {
      const message = `Upstream "${target.server}" wants its messages at an address of another origin.`;
      throw new UpstreamError("upstream_protocol_error", target.server, "rejected", message, {
        retryable: false,
      });
    }
    this.#path = endpoint.pathname + endpoint.search;
    this.#onPath?.(this.#path);
  }

  async #run(): Promise<void> {
    const { target, onEnd } = this.#deps;
    const { server, limits } = target;
    const options = { server, signal: this.#closing.signal, maxBytes: limits.replyBytes, sink: this };
    try {
      const answer = await target.listen(options, target.headers(["accept", "text/event-stream"]));
      onEnd(
        answer.streamed ? new UpstreamBroken(server, "it ended the stream") : notStreamed(server, answer),
      );
    } catch (error) {
      onEnd(error instanceof UpstreamError ? error : new UpstreamBroken(server, "the connection was closed"));
    }
  }
}

function notStreamed(server: string, answer: Parameters<typeof refusal>[1]): UpstreamError {
  if (answer.status >= 300) return refusal(server, answer);
  const message = `Upstream "${server}" did not answer with an event stream.`;
  return new UpstreamError("upstream_protocol_error", server, "rejected", message, {
    retryable: false,
    fix: [{ label: 'If it is a Streamable HTTP server, set the server\'s type to "http"' }],
  });
}
