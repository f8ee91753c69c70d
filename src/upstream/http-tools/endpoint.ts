import type { HttpTool } from "../../domain/http-tool.ts";
import type { Json, JsonObject } from "../../domain/json.ts";

/** What is to be sent for one call. */
export interface ToolRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const PLACEHOLDER = /\{([\w-]+)\}/g;
/** `encodeURIComponent` throws on it. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const DEFAULT_HEADERS = {
  accept: "application/json, text/*;q=0.9, */*;q=0.5",
  "user-agent": "switchgear",
};

/** The names in braces of a URL template. */
function placeholders(endpoint: string): readonly string[] {
  return [...endpoint.matchAll(PLACEHOLDER)].map((match) => match[1] ?? "");
}

/** The request for these arguments, or what is wrong with them. */
export function requestOf(tool: HttpTool, args: JsonObject): ToolRequest | string {
  const problem = badPathArgument(tool, args);
  if (problem !== undefined) return problem;
  const [address = ""] = tool.endpoint.split("#", 1);
  const filled = address.replaceAll(PLACEHOLDER, (_, name: string) =>
    encodeURIComponent(textOf(args[name] ?? "")),
  );
  if (leavesItsPath(filled)) return 'an argument makes the path go up or stay ("." or "..")';
  const used = new Set(placeholders(tool.endpoint));
  const rest = Object.entries(args).filter(([name]) => !used.has(name));
  const headers = { ...DEFAULT_HEADERS, ...lowerCased(tool.headers) };
  if (tool.method === "GET" || tool.method === "DELETE") {
    return { url: withQuery(filled, rest), method: tool.method, headers, body: undefined };
  }
  return {
    url: new URL(filled).href,
    method: tool.method,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(Object.fromEntries(rest)),
  };
}

function badPathArgument(tool: HttpTool, args: JsonObject): string | undefined {
  for (const name of placeholders(tool.endpoint)) {
    const value = args[name];
    if (value === undefined) return `"${name}" is missing; it is part of the address`;
    if (typeof value === "object")
      return `"${name}" must be a string, a number or a boolean; it is part of the address`;
    if (value === "") return `"${name}" must not be empty; it is part of the address`;
    if (typeof value === "string" && LONE_SURROGATE.test(value)) return `"${name}" is not valid Unicode`;
  }
  return undefined;
}

/** An encoded slash stays in its segment, but `..` as a whole segment would climb: into other parts of the API. */
function leavesItsPath(url: string): boolean {
  const [path = ""] = url.split("?", 1);
  return path.split("/").some((segment) => {
    const plain = segment.replaceAll(/%2e/gi, ".");
    return plain === "." || plain === "..";
  });
}

/** Lists are repeated, objects are JSON; `null` is left out. */
function withQuery(address: string, args: readonly (readonly [string, Json | undefined])[]): string {
  const url = new URL(address);
  for (const [name, value] of args) {
    for (const item of Array.isArray(value) ? (value as readonly Json[]) : [value]) {
      if (item !== undefined && item !== null) url.searchParams.append(name, textOf(item));
    }
  }
  return url.href;
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
