import { InvalidRequest } from "../../domain/errors.ts";
import { type Json, type JsonObject, canonicalJson, isJsonObject } from "../../domain/json.ts";
import { checkJson } from "../../wire/json-guard.ts";
import { WireError } from "../../wire/wire-error.ts";

/** What agents that know other gateways call the same thing. The first spelling is ours. */
const NAME = ["name", "tool_name", "toolName", "tool", "tool_id", "toolId", "id"];
const SERVER = ["server", "server_name", "serverName"];
const ARGUMENTS = ["arguments", "args", "params", "parameters", "input", "tool_args", "toolArguments"];
const NAMES = ["ids", "names", "tools", "tool_names", "id", "name", "tool_name", "tool"];
const QUERY = ["query", "q", "text", "task", "search"];
const LIMIT = ["limit", "max_results", "maxResults", "top_k", "k"];

export interface NamedCall {
  readonly name: string;
  readonly server: string | undefined;
  readonly args: JsonObject;
}

export interface Search {
  readonly query: string;
  readonly limit: number;
  readonly server: string | undefined;
  readonly risk: "read" | "write" | "any";
}

const MAX_LIMIT = 25;
const DEFAULT_LIMIT = 8;
const MAX_NAMES = 50;

/** What `call_tool` is to call. Throws InvalidRequest for what can be understood in two ways, or in none. */
export function readCall(given: JsonObject, limits: { readonly depth: number }): NamedCall {
  const name = textAt(given, NAME);
  if (name === undefined)
    throw invalid("name", 'Say which tool: {"name": "<tool id>", "arguments": {…}}.', "the id of a tool");
  const known = new Set([...NAME, ...SERVER, ...ARGUMENTS, "_meta"]);
  const strays = Object.keys(given).filter((key) => !known.has(key));
  if (strays.length > 0) {
    const named = strays.slice(0, 5).map((key) => `"${key.slice(0, 64)}"`);
    const message = `call_tool does not know ${named.join(", ")}: put the tool's own arguments into "arguments".`;
    throw invalid(strays[0] ?? "", message, "nothing else");
  }
  return { name, server: textAt(given, SERVER), args: argumentsIn(given, limits) };
}

/** Throws InvalidRequest. */
export function readSearch(given: JsonObject): Search {
  const query = textAt(given, QUERY);
  if (query === undefined)
    throw invalid("query", 'Say what you want to do: {"query": "create a GitHub issue"}.', "some words");
  const risk = given["risk"] ?? "any";
  if (risk !== "read" && risk !== "write" && risk !== "any")
    throw invalid("risk", 'The risk is "read", "write" or "any".', "read, write or any");
  const limit = Math.trunc(Number(oneOf(given, LIMIT) ?? DEFAULT_LIMIT));
  return {
    query,
    limit: Number.isNaN(limit) ? DEFAULT_LIMIT : Math.min(MAX_LIMIT, Math.max(1, limit)),
    server: textAt(given, SERVER),
    risk,
  };
}

/** Throws InvalidRequest. */
export function readNames(given: JsonObject): { readonly names: readonly string[]; readonly check: boolean } {
  const listed = oneOf(given, NAMES);
  const value = typeof listed === "string" && listed.startsWith("[") ? parsed(listed, "ids", 8) : listed;
  const names = typeof value === "string" ? [value] : value;
  const isList = Array.isArray(names) && names.every((name) => typeof name === "string" && name !== "");
  if (!isList || names.length === 0)
    throw invalid("ids", 'Say which tools: {"ids": ["<tool id>"]}.', "ids of tools");
  if (names.length > MAX_NAMES)
    throw invalid("ids", `At most ${MAX_NAMES} tools at once.`, `${MAX_NAMES} ids at most`);
  const check = given["check"];
  return { names: [...new Set(names as readonly string[])], check: check === true || check === "true" };
}

function argumentsIn(given: JsonObject, { depth }: { readonly depth: number }): JsonObject {
  const value = oneOf(given, ARGUMENTS) ?? {};
  const args = typeof value === "string" ? parsed(value.trim() || "{}", "arguments", depth) : value;
  if (isJsonObject(args)) return args;
  throw invalid("arguments", "The arguments of a tool are a JSON object.", "an object");
}

/** JSON in a string, under the rules of every message. */
function parsed(text: string, path: string, depth: number): Json {
  try {
    checkJson(text, { depth });
    return JSON.parse(text) as Json;
  } catch (cause) {
    const reason = cause instanceof WireError ? ` (${cause.message})` : "";
    throw invalid(path, `"${path}" is a string that is not good JSON${reason}.`, "JSON");
  }
}

function textAt(given: JsonObject, keys: readonly string[]): string | undefined {
  const value = oneOf(given, keys);
  if (value === undefined) return undefined;
  const text = typeof value === "string" ? value.trim() : "";
  if (text === "") throw invalid(keys[0] ?? "", `"${keys[0]}" must be a text.`, "a text");
  return text;
}

/** The one value that any of these keys has. Two that differ could be read differently by two readers. */
function oneOf(given: JsonObject, keys: readonly string[]): Json | undefined {
  const present = keys.filter((key) => given[key] !== undefined && given[key] !== null);
  const [first, ...others] = present;
  if (first === undefined) return undefined;
  for (const other of others) {
    if (canonicalJson(given[other]) !== canonicalJson(given[first]))
      throw invalid(other, `"${first}" and "${other}" say different things.`, `only "${first}"`);
  }
  return given[first];
}

function invalid(path: string, message: string, expected: string): InvalidRequest {
  return new InvalidRequest(message, [{ path, message: `expected ${expected}` }], {
    executed: "not_executed",
  });
}
