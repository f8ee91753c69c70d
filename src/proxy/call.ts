import type { ErrorCode } from "../domain/errors.ts";
import type { Identity } from "../domain/identity.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Tool } from "../domain/offering.ts";
import type { Era } from "../domain/protocol.ts";
import type { CallRecord } from "../observability/call-record.ts";
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
  /** Answers what the upstream asks during the call; the deadline waits meanwhile. */
  readonly onRequest?: UpstreamCall["onRequest"];
  readonly onInterrupted?: UpstreamCall["onInterrupted"];
  readonly onNotification?: ((method: string, params: JsonObject) => void) | undefined;
  /** Milliseconds; overrides the server's deadline, never past its `maxTimeout`. */
  readonly timeoutMs?: number | undefined;
  /** Where to write down what the call meets on its way. */
  readonly record?: CallRecord | undefined;
}

export interface ToolCall extends CallContext {
  readonly tool: Tool;
  readonly args: JsonObject;
  /** The caller's `_meta` without progress token and envelope. */
  readonly meta?: JsonObject | undefined;
  /** Other members of `params` (`inputResponses`, `requestState`, `task` …), verbatim. */
  readonly extra?: JsonObject | undefined;
  /** The caller's name for this call: sent again under the same name, it is not executed twice. */
  readonly idempotencyKey?: string | undefined;
}

export interface CallAnswer {
  readonly reply: Reply;
  /** How often the upstream was tried; 0 for an answer from the cache. */
  readonly attempts: number;
  /** `stale`: an old answer, because the upstream failed. */
  readonly cache: "hit" | "miss" | "stale" | "off";
  readonly durationMs: number;
  /** Why there was more than one attempt. */
  readonly retried?: readonly ErrorCode[] | undefined;
  /** The answer of an earlier call with the same idempotency key, or of one that was under way. */
  readonly repeated?: "stored" | "joined" | undefined;
}
