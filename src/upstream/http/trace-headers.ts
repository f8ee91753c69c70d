import { type Json, type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";

/** What a header can carry; anything else would fail the whole request. */
const SAFE = /^[\x21-\x7e](?:[\x20-\x7e]{0,510}[\x21-\x7e])?$/;

/**
 * The headers and, if a request's `_meta` has a trace, that as headers, too (W3C Trace Context). `operator`: headers that
 * come first, flat; a trace in them stays alone.
 */
export function withTrace(headers: string[], meta: Json, operator: readonly string[]): string[] {
  if (!isJsonObject(meta)) return headers;
  const traceparent = safeAt(meta, "traceparent");
  if (traceparent === undefined || isAmong(operator, "traceparent")) return headers;
  const tracestate = isAmong(operator, "tracestate") ? undefined : safeAt(meta, "tracestate");
  const traced = [...headers, "traceparent", traceparent];
  return tracestate === undefined ? traced : [...traced, "tracestate", tracestate];
}

function safeAt(meta: JsonObject, key: string): string | undefined {
  const value = stringAt(meta, key);
  return value !== undefined && SAFE.test(value) ? value : undefined;
}

/** Names are at the even places. */
function isAmong(headers: readonly string[], name: string): boolean {
  return headers.some((header, index) => index % 2 === 0 && header.toLowerCase() === name);
}
