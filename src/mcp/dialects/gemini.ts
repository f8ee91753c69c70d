import { type Json, type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";
import { type DialectLimits, inlineRefs } from "./inline-refs.ts";
import { both, mergeAllOf, valuesOf } from "./merge-schemas.ts";
import { plainObject } from "./plain-object.ts";
import { type Written, renameKeys } from "./property-keys.ts";
import { describeSchema, listed } from "./schema-words.ts";
import { mapValues, noted, propertiesOf, schemasAt, stringsAt, without } from "./subschemas.ts";

/** Vertex AI REST reference, FunctionDeclaration: a letter or `_` first, then letters, digits and `_`, 64 at most. */
const KEYS = { allowed: /^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/, refused: /[^a-zA-Z0-9_]/g };

const MAX_PATTERN = 200;

/**
 * The subset of OpenAPI 3.0 that `functionDeclarations[].parameters` takes (ai.google.dev, API reference, "Schema").
 * The API refuses a whole request for one bad tool: unknown names such as `$schema`, `$ref` and `additionalProperties`
 * (google-gemini/gemini-cli#22210, promptfoo/promptfoo#6904), formats of strings other than `enum` and `date-time`
 * (google-gemini/gemini-cli#3178), enums of numbers (microsoft/azure-devops-mcp#139), a required property that is not
 * defined (Kilo-Org/kilocode#11950), `properties` beside another type (anomalyco/opencode#11888).
 */
export function gemini(schema: JsonObject, limits: DialectLimits): Written {
  const plain = plainObject(mergeAllOf(inlineRefs(schema, limits)));
  const written = write(plain);
  return renameKeys({ ...written, properties: propertiesOf(written) }, KEYS);
}

function write(schema: JsonObject): JsonObject {
  const notes: string[] = [];
  const { chosen, isNullable } = chooseAlternative(schema, notes);
  const types = typesOf(chosen);
  const nullable = isNullable || types.includes("null") || valuesOf(chosen)?.includes(null) === true;
  const [type = "string", ...others] = types.filter((each) => each !== "null");
  if (others.length > 0) notes.push(`Or: ${others.join(", ")}.`);
  const members = MEMBERS[type]?.(chosen, notes) ?? {};
  const { default: preset } = chosen;
  if (preset !== undefined) notes.push(`Default: ${listed([preset])}.`);
  const description = stringAt(chosen, "description") ?? stringAt(chosen, "title");
  const head = { type, ...(description === undefined ? {} : { description }) };
  return { ...noted(head, ...notes), ...(nullable ? { nullable: true } : {}), ...members };
}

/** What is left of `anyOf` and `oneOf`: one alternative, with the others named in the description. */
function chooseAlternative(
  schema: JsonObject,
  notes: string[],
): { readonly chosen: JsonObject; readonly isNullable: boolean } {
  let chosen = schema;
  let isNullable = schema["nullable"] === true;
  for (let key = unionOf(chosen); key !== undefined; key = unionOf(chosen)) {
    const rest = without(chosen, key);
    const options = schemasAt(chosen, key);
    const real = options.filter((option) => !isNull(option));
    isNullable ||= real.length < options.length;
    chosen = chooseOf(rest, real, notes);
  }
  return { chosen, isNullable };
}

function unionOf(schema: JsonObject): "anyOf" | "oneOf" | undefined {
  if (Object.hasOwn(schema, "anyOf")) return "anyOf";
  return Object.hasOwn(schema, "oneOf") ? "oneOf" : undefined;
}

function isNull(schema: JsonObject): boolean {
  return schema["type"] === "null" || valuesOf(schema)?.every((value) => value === null) === true;
}

function chooseOf(rest: JsonObject, options: readonly JsonObject[], notes: string[]): JsonObject {
  const [first] = options;
  if (first === undefined) return rest;
  if (options.length === 1) return both(rest, first);
  const values = options.map(valuesOf);
  if (values.every((list) => list !== undefined)) return both(rest, { enum: values.flat() });
  const object = options.find(isObject) ?? first;
  const others = options.filter((option) => option !== object).map(describeSchema);
  notes.push(`Or: ${[...new Set(others)].join("; ").slice(0, 500)}.`);
  return both(rest, object);
}

function isObject(schema: JsonObject): boolean {
  return schema["type"] === "object" || Object.hasOwn(schema, "properties");
}

const TYPES: ReadonlySet<string> = new Set([
  "string",
  "number",
  "integer",
  "boolean",
  "array",
  "object",
  "null",
]);

/** Every schema needs a type (google-gemini/gemini-cli skips tools that lack one); where none is stated, the shape tells. */
function typesOf(schema: JsonObject): readonly string[] {
  const { type } = schema;
  const stated = (Array.isArray(type) ? type : [type]).filter(
    (each): each is string => typeof each === "string" && TYPES.has(each),
  );
  if (stated.length > 0) return [...new Set(stated)];
  const values = valuesOf(schema);
  if (values !== undefined && values.length > 0) return [...new Set(values.map(typeOfValue))];
  if (isObject(schema) || isJsonObject(schema["additionalProperties"])) return ["object"];
  if (schema["items"] !== undefined || schema["prefixItems"] !== undefined) return ["array"];
  return ["minimum", "maximum", "multipleOf"].some((key) => typeof schema[key] === "number")
    ? ["number"]
    : ["string"];
}

function typeOfValue(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value;
}

/** What stays of a schema besides its description, by type. */
const MEMBERS: Readonly<Record<string, (schema: JsonObject, notes: string[]) => JsonObject>> = {
  string: (schema, notes) => ({
    ...textEnum(schema, notes),
    ...textFormat(schema, notes),
    ...counts(schema, "minLength", "maxLength"),
  }),
  number: numeric,
  integer: numeric,
  boolean: (schema, notes) => noteValues(schema, notes),
  array: (schema, notes) => ({ items: itemsOf(schema, notes), ...counts(schema, "minItems", "maxItems") }),
  object: (schema, notes) => {
    const properties = mapValues(propertiesOf(schema), (child) => write(isJsonObject(child) ? child : {}));
    const required = stringsAt(schema, "required").filter((name) => Object.hasOwn(properties, name));
    const { additionalProperties } = schema;
    if (isJsonObject(additionalProperties) && Object.keys(additionalProperties).length > 0)
      notes.push(`Values under any name: ${describeSchema(additionalProperties)}.`);
    return {
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
      ...(required.length === 0 ? {} : { required: [...new Set(required)] }),
    };
  },
};

function textFormat(schema: JsonObject, notes: string[]): JsonObject {
  const { format, pattern } = schema;
  if (typeof pattern === "string" && pattern.length <= MAX_PATTERN) notes.push(`Pattern: ${pattern}`);
  if (format === "date-time") return valuesOf(schema) === undefined ? { format } : {};
  if (typeof format === "string") notes.push(`Format: ${format}.`);
  return {};
}

/** The enum of a string holds strings that are not empty. */
function textEnum(schema: JsonObject, notes: string[]): JsonObject {
  const values = valuesOf(schema)?.filter((value) => value !== null) ?? [];
  const texts = values.filter((value) => typeof value === "string" && value !== "");
  if (texts.length < values.length) notes.push(`One of: ${listed(values)}.`);
  const isWhole = texts.length > 0 && values.every((value) => typeof value === "string");
  return isWhole ? { enum: [...new Set(texts)] } : {};
}

function noteValues(schema: JsonObject, notes: string[]): JsonObject {
  const values = valuesOf(schema)?.filter((value) => value !== null) ?? [];
  if (values.length > 0) notes.push(`One of: ${listed(values)}.`);
  return {};
}

function numeric(schema: JsonObject, notes: string[]): JsonObject {
  noteValues(schema, notes);
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const low = [minimum, exclusiveMinimum].filter((bound) => typeof bound === "number");
  const high = [maximum, exclusiveMaximum].filter((bound) => typeof bound === "number");
  return {
    ...(low.length === 0 ? {} : { minimum: Math.max(...low) }),
    ...(high.length === 0 ? {} : { maximum: Math.min(...high) }),
  };
}

function counts(schema: JsonObject, ...keys: readonly string[]): JsonObject {
  const kept = keys.filter((key) => Number.isSafeInteger(schema[key]) && Number(schema[key]) >= 0);
  return Object.fromEntries(kept.map((key) => [key, schema[key]]));
}

/** An array needs items of one kind; the members of a tuple become the first of them, with the others named. */
function itemsOf(schema: JsonObject, notes: string[]): JsonObject {
  const { items } = schema;
  const members = [...schemasAt(schema, "prefixItems"), ...schemasAt(schema, "items")];
  const all = isJsonObject(items) ? [...members, items] : members;
  const [first = {}] = all;
  const words = [...new Set(all.map(describeSchema))];
  if (words.length > 1) notes.push(`Items: ${words.join(", ").slice(0, 500)}.`);
  return write(first);
}
