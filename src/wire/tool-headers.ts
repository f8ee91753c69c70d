import { type JsonObject, isJsonObject } from "../domain/json.ts";
import type { Tool } from "../domain/offering.ts";
import { type ParamHeader, paramHeaderValues, paramHeaders } from "./mcp-headers.ts";

const NONE: readonly ParamHeader[] = [];
const known = new WeakMap<Tool, readonly ParamHeader[]>();

/** The arguments that a tool wants repeated in `Mcp-Param-*` headers; none for most tools. Worked out once per definition. */
export function markedParams(tool: Tool): readonly ParamHeader[] {
  const marks = known.get(tool);
  if (marks !== undefined) return marks;
  const { inputSchema } = tool.definition;
  const found = isJsonObject(inputSchema) ? paramHeaders(inputSchema) : NONE;
  known.set(tool, found);
  return found;
}

/** The headers for a call to an upstream of the 2026 era. */
export function paramHeadersFor(tool: Tool, args: JsonObject): Readonly<Record<string, string>> | undefined {
  const marks = markedParams(tool);
  return marks.length === 0 ? undefined : paramHeaderValues(marks, args);
}
