import { GatewayError } from "../../domain/errors.ts";
import type { JsonObject } from "../../domain/json.ts";
import { UpstreamBroken, type UpstreamError, UpstreamUnavailable } from "../../domain/upstream-errors.ts";
import type { Reply } from "../../wire/reply.ts";
import type { UpstreamCall } from "../connection.ts";

/** A request that was posted and waits for its answer on the stream. */
export class SseCall {
  readonly part: Pick<UpstreamCall, "signal" | "envelope" | "onProgress" | "onNotification" | "onSent">;
  readonly answer: Promise<Reply>;
  readonly #server: string;
  #resolve: (reply: Reply) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #sent = false;
  #notifications = 0;

  constructor(server: string, part: SseCall["part"]) {
    this.#server = server;
    this.part = part;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    part.signal.addEventListener("abort", this);
    if (part.signal.aborted) this.handleEvent();
  }

  get sent(): boolean {
    return this.#sent;
  }

  /** The caller's signal aborted. */
  handleEvent(): void {
    const executed = this.#sent ? "unknown" : "not_executed";
    this.reject(new GatewayError("cancelled", "The call was cancelled.", { executed }));
  }

  leaving(): void {
    this.#sent = true;
    this.part.onSent?.();
  }

  /** More than `limit` notifications are dropped. */
  notify(method: string, params: JsonObject, limit: number): void {
    this.#notifications += 1;
    if (this.#notifications <= limit) this.part.onNotification?.(method, params);
  }

  progress(params: JsonObject, limit: number): void {
    this.#notifications += 1;
    if (this.#notifications > limit) return;
    const { progressToken, ...rest } = params;
    if (progressToken !== undefined) this.part.onProgress?.(rest);
  }

  resolve(reply: Reply): void {
    this.part.signal.removeEventListener("abort", this);
    this.#resolve(reply);
  }

  reject(error: unknown): void {
    this.part.signal.removeEventListener("abort", this);
    this.#reject(error);
  }

  /** The stream is gone, and the answer with it. */
  end(error: UpstreamError): void {
    const { details } = error;
    if (!this.#sent)
      this.reject(new UpstreamUnavailable(this.#server, "the stream has ended", { cause: error }));
    else if (error.outcome === "unknown") this.reject(error);
    else this.reject(new UpstreamBroken(this.#server, "the stream has ended", { cause: error, details }));
  }
}
