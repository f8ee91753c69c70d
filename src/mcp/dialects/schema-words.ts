import { type Json, type JsonObject, isJsonObject } from "../../domain/json.ts";
import { valuesOf } from "./merge-schemas.ts";
import { propertiesOf, schemasAt } from "./subschemas.ts";

const MAX_VALUES = 20;
const MAX_WORDS = 160;
const ANYTHING = "any JSON";

/** A schema in a few words, for descriptions: `array of string`, `object with id, name`, `"a" or "b"`. */
export function describeSchema(schema: JsonObject): string {
  const text = wordsFor(schema, 0);
  return text.length <= MAX_WORDS ? text : `${text.slice(0, MAX_WORDS - 1)}…`;
}

function wordsFor(schema: JsonObject, depth: number): string {
  const values = valuesOf(schema);
  if (values !== undefined && values.length > 0) return listed(values);
  const { type, items } = schema;
  if (type === "object" || (type === undefined && Object.hasOwn(schema, "properties")))
    return objectWords(schema);
  if (type === "array" && isJsonObject(items) && depth < 3) return `array of ${wordsFor(items, depth + 1)}`;
  if (Array.isArray(type)) return type.join(" or ");
  if (typeof type === "string") return type;
  return depth > 2 ? ANYTHING : choiceWords(schema, depth);
}

function choiceWords(schema: JsonObject, depth: number): string {
  const options = [...schemasAt(schema, "anyOf"), ...schemasAt(schema, "oneOf")];
  const words = options.slice(0, MAX_VALUES).map((option) => wordsFor(option, depth + 1));
  return words.length === 0 ? ANYTHING : words.join(" or ");
}

function objectWords(schema: JsonObject): string {
  const names = Object.keys(propertiesOf(schema));
  return names.length === 0 ? "object" : `object with ${names.slice(0, MAX_VALUES).join(", ")}`;
}

/** Values as JSON, the first twenty of them. */
export function listed(values: readonly Json[]): string {
  const shown = values.slice(0, MAX_VALUES).map((value) => JSON.stringify(value).slice(0, MAX_WORDS));
  return values.length > MAX_VALUES ? `${shown.join(", ")} …` : shown.join(", ");
}
