import { isJsonObject, type Json, type JsonObject } from "../../domain/json.ts";

/**
 * Keywords whose check could hold the main loop for as long as a caller likes: regular expressions of strangers, and
 * comparing every item of a list with every other. The endpoint behind the tool checks its own input.
 */
const COSTLY = new Set(["pattern", "patternProperties", "format", "uniqueItems"]);
/** Would make the compiled schema depend on others, or be kept under a name. */
const IDENTITY = new Set(["$schema", "$id", "id", "$vocabulary"]);

const ONE = new Set([
  "additionalItems",
  "additionalProperties",
  "contains",
  "contentSchema",
  "else",
  "if",
  "items",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
]);
const LIST = new Set(["allOf", "anyOf", "items", "oneOf", "prefixItems"]);
const MAP = new Set(["$defs", "definitions", "dependencies", "dependentSchemas", "properties"]);

/** The part of a JSON Schema that the gateway checks. Names of properties are never taken for keywords. */
export function checkableSchema(schema: JsonObject): JsonObject {
  // With `patternProperties` gone, nobody knows which other properties are additional.
  const isOpen = schema["patternProperties"] !== undefined;
  const kept = Object.entries(schema).filter(
    ([key]) =>
      !COSTLY.has(key) &&
      !IDENTITY.has(key) &&
      !(isOpen && (key === "additionalProperties" || key === "unevaluatedProperties")),
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, checkable(key, value)]));
}

function checkable(key: string, value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return LIST.has(key) ? value.map(subschema) : value;
  if (!isJsonObject(value)) return value;
  if (ONE.has(key)) return checkableSchema(value);
  if (!MAP.has(key)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, subschema(schema ?? true)]));
}

function subschema(schema: Json): Json {
  return isJsonObject(schema) ? checkableSchema(schema) : schema;
}
