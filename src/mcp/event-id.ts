import type { RequestId } from "../domain/protocol.ts";

/** What `Last-Event-ID` brings back: how far a client has read which stream of its session. */
export interface EventId {
  /** Names the log that the event was written to: a session has a new one after each start of the gateway. */
  readonly log: string;
  /** 0: the stream of news. */
  readonly stream: number;
  readonly seq: number;
  /** The request that the stream answers. Even a gateway that has forgotten the stream can tell its client so. */
  readonly request?: RequestId | undefined;
  /** Nothing comes after this event. */
  readonly last: boolean;
}

/** Event ids travel in a header: a request whose own id is longer has a stream without them. */
const MAX_REQUEST_ID = 256;
const FORM = /^([\w-]{16})\.(\d{1,9})\.(\d{1,9})(?:\.([\w-]{1,2100}))?(~)?$/;

export function fitsEventId(request: RequestId): boolean {
  return typeof request === "number" || request.length <= MAX_REQUEST_ID;
}

export function encodeEventId({ log, stream, seq, request, last }: EventId): string {
  const name = request === undefined ? "" : `.${Buffer.from(JSON.stringify(request)).toString("base64url")}`;
  return `${log}.${stream}.${seq}${name}${last ? "~" : ""}`;
}

/** Nothing for what this gateway never gave out. */
export function parseEventId(text: string): EventId | undefined {
  const [, log, stream, seq, name, last] = FORM.exec(text) ?? [];
  if (log === undefined) return undefined;
  const request = name === undefined ? undefined : decodeRequestId(name);
  if (name !== undefined && request === undefined) return undefined;
  return { log, stream: Number(stream), seq: Number(seq), request, last: last !== undefined };
}

function decodeRequestId(name: string): RequestId | undefined {
  try {
    const id: unknown = JSON.parse(Buffer.from(name, "base64url").toString("utf8"));
    return typeof id === "string" || (typeof id === "number" && Number.isSafeInteger(id)) ? id : undefined;
  } catch {
    return undefined;
  }
}
