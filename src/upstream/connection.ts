import type { JsonObject } from "../domain/json.ts";
import type { Era } from "../domain/protocol.ts";
import type { Reply } from "../wire/reply.ts";

/** A request of an upstream to its client: `sampling/createMessage`, `elicitation/create`, `roots/list`, `tasks/…`. */
export interface Question {
  readonly method: string;
  /** Verbatim. */
  readonly params: JsonObject;
  /** Aborts when the upstream takes the question back, or its call or its connection has ended. */
  readonly signal: AbortSignal;
}

/** Never rejects with what is not a GatewayError; an error reply is what the upstream is to hear. */
export type Answerer = (question: Question) => Promise<Reply>;

/** What a caller says of itself: with every request (2026), or once per session (2025). */
export interface ClientSelf {
  readonly capabilities: JsonObject;
  readonly clientInfo?: JsonObject | undefined;
  readonly logLevel?: string | undefined;
}

/** One request on its way to an upstream. */
export interface UpstreamCall {
  readonly method: string;
  /**
   * As the upstream is to see them (its own tool names and URIs), without `_meta.progressToken` and without the
   * 2026 envelope keys of `_meta`: the connection adds its own. Everything else in `_meta` is verbatim.
   */
  readonly params: JsonObject;
  /** The caller's era. An upstream that serves both is called in this one. */
  readonly era: Era;
  /** Whose upstream session to use: the id of a client session, or the caller's subject. */
  readonly scope: string;
  readonly signal: AbortSignal;
  /** Sent as `Mcp-Param-*` headers on 2026 HTTP legs, already encoded. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Verbatim on a 2026 leg; declared when a 2025 connection of this scope begins. Absent: a caller that can do nothing. */
  readonly envelope?: ClientSelf | undefined;
  /** Present if and only if the caller asked for progress. Gets the params without `progressToken`. */
  readonly onProgress?: ((params: JsonObject) => void) | undefined;
  /** Other notifications that belong to this call (log messages). */
  readonly onNotification?: ((method: string, params: JsonObject) => void) | undefined;
  /** Answers what the upstream asks during this call. Absent: the upstream hears that the client does not support it. */
  readonly onRequest?: Answerer | undefined;
  /**
   * The upstream has closed the stream of the answer on purpose and will go on when it is asked again: the wait can be
   * long. `retryMs` is the pause that it wants.
   */
  readonly onInterrupted?: ((retryMs: number | undefined) => void) | undefined;
  /** Called once, just before the first byte leaves the gateway: from here on a failure is `unknown`. */
  readonly onSent?: (() => void) | undefined;
}

/** What the operator says of an upstream's era. `assume-2026`: that it speaks 2026-07-28, without being asked. */
export type EraSetting = "auto" | Era | "assume-2026";

/** What an open connection reports besides answers. */
export interface ConnectionEvents {
  /** A notification that belongs to no call: `list_changed`, `resources/updated`, log messages. */
  readonly onNotification: (method: string, params: JsonObject) => void;
  /** What the upstream asks outside of any call that could answer it. */
  readonly onRequest: Answerer;
  /** The connection is gone (child exit, session lost); it is reported once and never used again. */
  readonly onClosed: (reason: string) => void;
}

/**
 * One live connection to one upstream (a stdio child, an HTTP session, a stateless HTTP leg), after its handshake.
 * Failures of `call` are `UpstreamError`s with the right outcome, or `GatewayError("cancelled")` when the signal aborted.
 */
export interface Connection {
  readonly era: Era;
  readonly capabilities: JsonObject;
  readonly serverInfo: JsonObject;
  readonly instructions: string | undefined;
  call(call: UpstreamCall): Promise<Reply>;
  /** Fire and forget. */
  notify(method: string, params: JsonObject): void;
  /**
   * From now on `notifications/resources/updated` of this resource come to `onNotification`, until `unfollow`. A refusal of
   * the upstream is an error reply; rejects as `call` does.
   */
  follow(uri: string, signal: AbortSignal): Promise<Reply>;
  /** Fire and forget. */
  unfollow(uri: string): void;
  close(): Promise<void>;
}
