import { type Json, type JsonObject, isJsonObject, stringAt } from "../domain/json.ts";

/** Names of MCP's HTTP headers (Streamable HTTP transport), as node:http gives them. */
export const HEADER = {
  sessionId: "mcp-session-id",
  protocolVersion: "mcp-protocol-version",
  method: "mcp-method",
  name: "mcp-name",
  lastEventId: "last-event-id",
} as const;

const PARAM_PREFIX = "mcp-param-";
const BASE64_PREFIX = "=?base64?";
const BASE64_SUFFIX = "?=";
const CANONICAL_BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** One or more visible ASCII characters, with blanks or tabs only between them. */
const SAFE_VALUE = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/;
/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/;

/** Which member of the params a request's `Mcp-Name` header repeats. */
const NAME_SOURCE: ReadonlyMap<string, string> = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
  ["tasks/get", "taskId"],
  ["tasks/update", "taskId"],
  ["tasks/cancel", "taskId"],
]);

/** The value of `Mcp-Name` before encoding; nothing for a method that has none. */
export function nameOf(method: string, params: JsonObject): string | undefined {
  const source = NAME_SOURCE.get(method);
  return source === undefined ? undefined : stringAt(params, source);
}

/** Text that no header can carry as it is becomes `=?base64?…?=`. */
export function encodeHeaderValue(value: string): string {
  if (SAFE_VALUE.test(value) && !isWrapped(value)) return value;
  return `${BASE64_PREFIX}${Buffer.from(value).toString("base64")}${BASE64_SUFFIX}`;
}

/** Nothing when the value claims to be Base64 and is not, or is no UTF-8: such a request must be refused. */
export function decodeHeaderValue(value: string): string | undefined {
  if (!isWrapped(value)) return value;
  const base64 = value.slice(BASE64_PREFIX.length, -BASE64_SUFFIX.length);
  if (!CANONICAL_BASE64.test(base64)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(base64, "base64"));
  } catch {
    return undefined;
  }
}

function isWrapped(value: string): boolean {
  return (
    value.length >= BASE64_PREFIX.length + BASE64_SUFFIX.length &&
    value.startsWith(BASE64_PREFIX) &&
    value.endsWith(BASE64_SUFFIX)
  );
}

/** An argument that a request repeats in a header of its own. */
export interface ParamHeader {
  /** Lower case: `mcp-param-region`. */
  readonly header: string;
  /** Where the argument is: `["filter", "region"]`. */
  readonly path: readonly string[];
}

/**
 * The arguments that an input schema marks with `x-mcp-header`, however deep under `properties`. A mark with a bad or
 * repeated name, or on something that is no string, integer or boolean, is skipped: the upstream will say so itself.
 */
export function paramHeaders(inputSchema: JsonObject): readonly ParamHeader[] {
  const found = new Map<string, ParamHeader>();
  const visit = (schema: JsonObject, path: readonly string[]): void => {
    const mark = schema["x-mcp-header"];
    if (path.length > 0 && typeof mark === "string" && TOKEN.test(mark) && isPrimitive(schema["type"])) {
      const header = PARAM_PREFIX + mark.toLowerCase();
      if (!found.has(header)) found.set(header, { header, path });
    }
    const { properties } = schema;
    if (!isJsonObject(properties) || path.length >= MAX_DEPTH) return;
    for (const [key, child] of Object.entries(properties))
      if (isJsonObject(child)) visit(child, [...path, key]);
  };
  visit(inputSchema, []);
  return [...found.values()];
}

/**
 * Why a schema's marks cannot be honoured; nothing if they can. A client must not use a tool with such marks over HTTP
 * (MCP 2026-07-28, transports, custom headers from tool parameters).
 */
export function badParamHeader(inputSchema: JsonObject): string | undefined {
  const names = new Set<string>();
  const visit = (schema: JsonObject, depth: number): string | undefined => {
    const mark = schema["x-mcp-header"];
    if (mark !== undefined) {
      const problem = problemWithMark(mark, schema["type"], names);
      if (problem !== undefined) return problem;
    }
    const { properties } = schema;
    if (!isJsonObject(properties) || depth >= MAX_DEPTH) return undefined;
    for (const child of Object.values(properties)) {
      const problem = isJsonObject(child) ? visit(child, depth + 1) : undefined;
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
  return visit(inputSchema, 0);
}

function problemWithMark(mark: Json, type: Json | undefined, names: Set<string>): string | undefined {
  if (typeof mark !== "string" || !TOKEN.test(mark)) return "its x-mcp-header is not the name of a header";
  if (!isPrimitive(type))
    return `its x-mcp-header "${mark}" is on a parameter that is no string, integer or boolean`;
  if (names.has(mark.toLowerCase())) return `its x-mcp-header "${mark}" is there twice`;
  names.add(mark.toLowerCase());
  return undefined;
}

const MAX_DEPTH = 32;

function isPrimitive(type: Json | undefined): boolean {
  return type === "string" || type === "integer" || type === "boolean";
}

/** The encoded headers for one call's arguments; absent and null arguments have none. */
export function paramHeaderValues(marks: readonly ParamHeader[], args: JsonObject): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { header, path } of marks) {
    const text = primitiveText(valueAt(args, path));
    if (text !== undefined) values[header] = encodeHeaderValue(text);
  }
  return values;
}

function valueAt(args: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = args;
  for (const key of path) value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

function primitiveText(value: Json | undefined): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "number" || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    return undefined;
  return String(value);
}
