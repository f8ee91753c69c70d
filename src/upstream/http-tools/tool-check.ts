import { InvalidRequest } from "../../domain/errors.ts";
import type { NewHttpTool } from "../../domain/http-tool.ts";
import { ArgumentCompiler } from "./arguments.ts";

/** The client sets these itself; set by hand they could make two requests of one. */
const OWN_HEADERS = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const VISIBLE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Refuses a tool that could never be called: throws InvalidRequest. */
export function checkHttpTool(tool: NewHttpTool): void {
  checkEndpoint(tool.endpoint);
  for (const [name, value] of Object.entries(tool.headers)) checkHeader(name, value);
  try {
    new ArgumentCompiler().compile(tool);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    refuse("schema.input", `is not a JSON Schema that can be used: ${reason.slice(0, 500)}`, cause);
  }
}

function checkEndpoint(endpoint: string): void {
  const [, authority = "", rest = ""] = /^https?:\/\/([^/?#]*)(.*)$/s.exec(endpoint) ?? [];
  if (/[{}]/.test(authority))
    refuse("endpoint", "must name a fixed host: {placeholders} are for the path and the query");
  if (authority.includes("@")) refuse("endpoint", "must not hold a user name or password; use a header");
  const plain = endpoint.replaceAll(/\{[\w-]+\}/g, "x");
  if (/[{}]/.test(plain))
    refuse("endpoint", "has a brace that is no {placeholder}: letters, digits, '_' and '-'");
  if (!URL.canParse(plain)) refuse("endpoint", "is not a URL");
  if (/(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(rest.split(/[?#]/, 1)[0] ?? ""))
    refuse("endpoint", 'must not hold "." or ".." as a part of its path');
}

function checkHeader(name: string, value: string): void {
  const path = `headers.${name}`;
  if (!TOKEN.test(name)) refuse(path, "is not a header name");
  if (OWN_HEADERS.has(name.toLowerCase())) refuse(path, "cannot be set: the gateway sets it itself");
  if (!VISIBLE.test(value)) refuse(path, "has a character that a header cannot carry");
}

function refuse(path: string, expected: string, cause?: unknown): never {
  throw new InvalidRequest(
    `The tool's ${path} ${expected}.`,
    [{ path, message: expected }],
    cause === undefined ? {} : { cause },
  );
}
