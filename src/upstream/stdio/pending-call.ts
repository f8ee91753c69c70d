import type { JsonObject } from "../../domain/json.ts";
import type { Reply } from "../../wire/reply.ts";
import type { UpstreamCall } from "../connection.ts";
import type { OutgoingLine } from "./line-writer.ts";

/** What a channel needs to know of a call. */
export type ChannelCall = Pick<
  UpstreamCall,
  "signal" | "envelope" | "onProgress" | "onNotification" | "onSent"
> & {
  /** It is answered at the end of the connection: nothing that comes before can be about it. */
  readonly lasting?: boolean;
};

interface Settle {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
  /** The caller has gone. */
  readonly onAbort: (call: PendingCall) => void;
}

/** A request that waits for its answer. */
export class PendingCall implements OutgoingLine {
  readonly id: number;
  readonly text: string;
  readonly part: ChannelCall;
  readonly #settle: Settle;
  #sent = false;
  #withdrawn = false;
  #notifications = 0;

  constructor(id: number, text: string, call: ChannelCall, settle: Settle) {
    this.id = id;
    this.text = text;
    this.part = call;
    this.#settle = settle;
    call.signal.addEventListener("abort", this);
  }

  get sent(): boolean {
    return this.#sent;
  }

  get withdrawn(): boolean {
    return this.#withdrawn;
  }

  /** The abort signal calls this. */
  handleEvent(): void {
    this.#settle.onAbort(this);
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
    if (this.#notifications <= limit) this.part.onProgress?.(params);
  }

  resolve(reply: Reply): void {
    this.part.signal.removeEventListener("abort", this);
    this.#settle.resolve(reply);
  }

  reject(error: unknown): void {
    this.#withdrawn = true;
    this.part.signal.removeEventListener("abort", this);
    this.#settle.reject(error);
  }
}
