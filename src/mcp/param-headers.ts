import type { IncomingHttpHeaders } from "node:http";

import type { JsonObject } from "../domain/json.ts";
import type { Tool } from "../domain/offering.ts";
import { decodeHeaderValue, paramHeaderValues } from "../wire/mcp-headers.ts";
import { markedParams } from "../wire/tool-headers.ts";
import { mismatch } from "./envelope.ts";

/** A 2026 client repeats marked arguments in headers; what an intermediary routed by must be what is executed. */
export function checkParamHeaders(tool: Tool, args: JsonObject, headers: IncomingHttpHeaders): void {
  const marks = markedParams(tool);
  if (marks.length === 0) return;
  const expected = paramHeaderValues(marks, args);
  for (const { header } of marks) {
    const sent = headers[header];
    const wanted = expected[header];
    if (wanted === undefined && sent === undefined) continue;
    if (wanted === undefined) throw mismatch(`the ${header} header has no argument`);
    if (sent === undefined) throw mismatch(`the ${header} header is missing`);
    const differ = decodeHeaderValue(String(sent)) !== decodeHeaderValue(wanted);
    if (differ) throw mismatch(`the ${header} header and its argument differ`);
  }
}
