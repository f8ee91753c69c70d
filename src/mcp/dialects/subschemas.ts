import { type Json, type JsonObject, isJsonObject } from "../../domain/json.ts";

/** Which keywords of JSON Schema hold schemas, so that a property called `items` or `$ref` is never taken for one. */
const ONE: ReadonlySet<string> = new Set([
  "items",
  "additionalItems",
  "additionalProperties",
  "not",
  "if",
  "then",
  "else",
  "contains",
  "propertyNames",
  "unevaluatedItems",
  "unevaluatedProperties",
]);
const LISTED: ReadonlySet<string> = new Set(["allOf", "anyOf", "oneOf", "prefixItems", "items"]);
const NAMED: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
]);

/** The schema with each of its direct subschemas exchanged; `true` and `false` stay as they are. */
export function mapSubschemas(schema: JsonObject, map: (child: JsonObject) => JsonObject): JsonObject {
  const mapped = (child: Json | undefined): Json | undefined => (isJsonObject(child) ? map(child) : child);
  return mapValues(schema, (value, key) => {
    if (LISTED.has(key) && Array.isArray(value)) return value.map((child: Json) => mapped(child) ?? null);
    if (NAMED.has(key) && isJsonObject(value)) return mapValues(value, mapped);
    return ONE.has(key) ? mapped(value) : value;
  });
}

/** The schema with every subschema exchanged, the innermost first, and itself last. */
export function mapEverySchema(schema: JsonObject, map: (schema: JsonObject) => JsonObject): JsonObject {
  return map(mapSubschemas(schema, (child) => mapEverySchema(child, map)));
}

/** The first schema in it, itself included, for which `matches` is true. */
export function findSchema(
  schema: JsonObject,
  matches: (schema: JsonObject) => boolean,
): JsonObject | undefined {
  if (matches(schema)) return schema;
  let found: JsonObject | undefined;
  mapSubschemas(schema, (child) => {
    found ??= findSchema(child, matches);
    return child;
  });
  return found;
}

export function mapValues(
  object: JsonObject,
  map: (value: Json | undefined, key: string) => Json | undefined,
): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}

export function without(schema: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)));
}

export function schemasAt(schema: JsonObject, key: string): readonly JsonObject[] {
  const list = schema[key];
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

export function stringsAt(schema: JsonObject, key: string): readonly string[] {
  const list = schema[key];
  return Array.isArray(list) ? list.filter((item): item is string => typeof item === "string") : [];
}

export function propertiesOf(schema: JsonObject): JsonObject {
  const { properties } = schema;
  return isJsonObject(properties) ? properties : {};
}

/** With a sentence more in its description, for what the dialect cannot say otherwise. */
export function noted(schema: JsonObject, ...notes: readonly string[]): JsonObject {
  if (notes.length === 0) return schema;
  const { description } = schema;
  const text = typeof description === "string" && description !== "" ? [description, ...notes] : notes;
  return { ...schema, description: text.join(" ") };
}

/** Without what no schema can have: `properties` that are no schemas, a `required` that is no list of different names. */
export function wellFormed(schema: JsonObject): JsonObject {
  const { properties, required } = schema;
  const names = [...new Set(stringsAt(schema, "required"))];
  const isList = Array.isArray(required) && required.length === names.length;
  let tidy = schema;
  if (required !== undefined && !isList)
    tidy = Array.isArray(required) ? { ...schema, required: names } : without(schema, "required");
  if (!isJsonObject(properties) || Object.values(properties).every(isSound)) return tidy;
  return { ...tidy, properties: mapValues(properties, (child) => (isSound(child) ? child : {})) };
}

function isSound(schema: Json | undefined): boolean {
  return isJsonObject(schema) || typeof schema === "boolean";
}
