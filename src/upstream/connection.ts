import type { JsonObject } from "../domain/json.ts";
import type { Era } from "../domain/protocol.ts";
import type { Reply } from "../wire/reply.ts";

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
  /** What a 2026 caller said of itself; passed on verbatim on a 2026 leg. */
  readonly envelope?:
    | {
        readonly capabilities: JsonObject;
        readonly clientInfo?: JsonObject | undefined;
        readonly logLevel?: string | undefined;
      }
    | undefined;
  /** Present if and only if the caller asked for progress. Gets the params without `progressToken`. */
  readonly onProgress?: ((params: JsonObject) => void) | undefined;
  /** Other notifications that belong to this call (log messages). */
  readonly onNotification?: ((method: string, params: JsonObject) => void) | undefined;
  /** Called once, just before the first byte leaves the gateway: from here on a failure is `unknown`. */
  readonly onSent?: (() => void) | undefined;
}

/** What an open connection reports besides answers. */
export interface ConnectionEvents {
  /** A notification that belongs to no call: `list_changed`, `resources/updated`, log messages. */
  readonly onNotification: (method: string, params: JsonObject) => void;
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
  close(): Promise<void>;
}
