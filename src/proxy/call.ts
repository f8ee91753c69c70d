import type { Identity } from "../domain/identity.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Tool } from "../domain/offering.ts";
import type { Era } from "../domain/protocol.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";
import type { Reply } from "../wire/reply.ts";

/** What every request on its way to an upstream carries, whatever its method. */
export interface CallContext {
  readonly identity: Identity;
  /** The caller's protocol era; an upstream that serves both is called in it. */
  readonly era: Era;
  /** Whose upstream session to use: the id of a client session, or the caller's subject. */
  readonly scope: string;
  readonly signal: AbortSignal;
  readonly envelope?: UpstreamCall["envelope"];
  /** Present if and only if the caller asked for progress. */
  readonly onProgress?: ((params: JsonObject) => void) | undefined;
  readonly onNotification?: ((method: string, params: JsonObject) => void) | undefined;
  /** Milliseconds; overrides the server's deadline, never past its `maxTimeout`. */
  readonly timeoutMs?: number | undefined;
}

export interface ToolCall extends CallContext {
  readonly tool: Tool;
  readonly args: JsonObject;
  /** The caller's `_meta` without progress token and envelope. */
  readonly meta?: JsonObject | undefined;
  /** Other members of `params` (`inputResponses`, `requestState`, `task` …), verbatim. */
  readonly extra?: JsonObject | undefined;
}

export interface CallAnswer {
  readonly reply: Reply;
  /** How often the upstream was tried; 0 for an answer from the cache. */
  readonly attempts: number;
  readonly cache: "hit" | "miss" | "off";
  readonly durationMs: number;
}
