import type { IncomingHttpHeaders } from "node:http";

import type { Identity } from "../domain/identity.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Era, RequestId } from "../domain/protocol.ts";
import type { CallRecord } from "../observability/call-record.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Session } from "./session.ts";

/** One JSON-RPC request of a client, of either era, after its headers and envelope were checked. */
export interface FrontRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly params: JsonObject;
  /** `params._meta` without progress token and envelope; nothing if that leaves nothing. */
  readonly meta: JsonObject | undefined;
  readonly era: Era;
  readonly endpoint: Endpoint;
  readonly identity: Identity;
  readonly session: Session | undefined;
  /** Whose upstream session this request uses. */
  readonly scope: string;
  readonly signal: AbortSignal;
  /** Names this request in logs, errors and the `X-Request-Id` header. */
  readonly requestId: string;
  readonly headers: IncomingHttpHeaders;
  readonly envelope: UpstreamCall["envelope"];
  /** Present if the client asked for progress; puts its own token back. */
  readonly onProgress: ((params: JsonObject) => void) | undefined;
  /** False when the client accepts no event stream: notifications are then dropped. */
  readonly mayStream: boolean;
  /** A notification on this request's own stream. */
  readonly notify: (method: string, params: JsonObject) => void;
  /** Brings an upstream's question to this client; nothing for a client that can answer none. */
  readonly onRequest: UpstreamCall["onRequest"];
  readonly onInterrupted: UpstreamCall["onInterrupted"];
  /** What the upstream says during the call; nothing for a client that wants to hear none of it. */
  readonly onNotification: UpstreamCall["onNotification"];
  /** Of a call of a tool, where calls are recorded. */
  readonly record?: CallRecord | undefined;
}
