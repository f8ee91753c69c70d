import type { Readable } from "node:stream";
import { text as readAll } from "node:stream/consumers";

import { type Json, type JsonObject, isJsonObject } from "../domain/json.ts";
import { usageError } from "./cli-error.ts";

/** Whether arguments are given as `key=value` words. */
export function isWordy(words: readonly string[]): boolean {
  return words.some((word) => word !== "-" && !word.trimStart().startsWith("{"));
}

/** The arguments of a call from one JSON object, from `key=value` words, or from stdin (`-`). */
export async function readArguments(
  words: readonly string[],
  schema: JsonObject,
  stdin: Readable,
): Promise<JsonObject> {
  const [first] = words;
  if (first === undefined) return {};
  if (words.length === 1 && first === "-") return parseObject(await readAll(stdin), "What came on stdin");
  if (words.length === 1 && !isWordy(words)) return parseObject(first, "The argument");
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  return Object.fromEntries(words.map((word) => readWord(word, properties)));
}

function readWord(word: string, properties: JsonObject): readonly [string, Json] {
  const at = word.indexOf("=");
  if (at < 1 || word.startsWith("{"))
    throw usageError(
      "An argument is neither key=value nor the only JSON object.",
      `Like: city=Oslo, or '{"city":"Oslo"}'`,
    );
  const [key, value] = [word.slice(0, at), word.slice(at + 1)];
  return [key, valueOf(value, properties[key])];
}

/** What the schema calls a string stays one; anything else is JSON if it can be, else a string. */
function valueOf(text: string, property: Json | undefined): Json {
  const type = isJsonObject(property) ? property["type"] : undefined;
  if (type === "string") return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Not JSON: a word without quotes, as people type it.
    return text;
  }
}

function parseObject(text: string, what: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json;
    if (isJsonObject(value)) return value;
  } catch {
    // The same refusal as for JSON that is no object.
  }
  throw usageError(`${what} is not a JSON object.`, `Like: '{"city":"Oslo"}', or city=Oslo`);
}
