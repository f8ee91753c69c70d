import { type Json, type JsonObject, canonicalJson, isJsonObject } from "../../domain/json.ts";
import { mapEverySchema, schemasAt, without } from "./subschemas.ts";

/**
 * One schema for what must follow both. Where a keyword cannot say both, the first one's counts: the result may allow
 * more than the two did, never less.
 */
export function both(first: JsonObject, second: JsonObject): JsonObject {
  const merged = new Map<string, Json | undefined>(Object.entries(first));
  for (const [key, value] of Object.entries(second)) {
    merged.set(key, Object.hasOwn(first, key) ? bothOf(key, first[key], value) : value);
  }
  return Object.fromEntries(merged);
}

type Merge = (a: Json, b: Json) => Json | undefined;

/** Of two bounds the one that allows less. */
const higher: Merge = (a, b) => (typeof a === "number" && typeof b === "number" ? Math.max(a, b) : undefined);
const lower: Merge = (a, b) => (typeof a === "number" && typeof b === "number" ? Math.min(a, b) : undefined);
const joined: Merge = (a, b) =>
  Array.isArray(a) && Array.isArray(b) ? ([...new Set([...a, ...b])] as Json[]) : undefined;
const firstOfEach: Merge = (a, b) => (isJsonObject(a) && isJsonObject(b) ? { ...b, ...a } : undefined);

const MERGES: Readonly<Record<string, Merge>> = {
  properties: (a, b) => (isJsonObject(a) && isJsonObject(b) ? bothByName(a, b) : undefined),
  patternProperties: firstOfEach,
  $defs: firstOfEach,
  definitions: firstOfEach,
  items: (a, b) => (isJsonObject(a) && isJsonObject(b) ? both(a, b) : undefined),
  required: joined,
  allOf: joined,
  enum: (a, b) => (Array.isArray(a) && Array.isArray(b) ? common(a as Json[], b as Json[]) : undefined),
  type: commonType,
  minimum: higher,
  exclusiveMinimum: higher,
  minLength: higher,
  minItems: higher,
  minProperties: higher,
  maximum: lower,
  exclusiveMaximum: lower,
  maxLength: lower,
  maxItems: lower,
  maxProperties: lower,
};

function bothOf(key: string, a: Json | undefined, b: Json | undefined): Json | undefined {
  const merge = Object.hasOwn(MERGES, key) ? MERGES[key] : undefined;
  return a === undefined || b === undefined ? (a ?? b) : (merge?.(a, b) ?? a);
}

function bothByName(a: JsonObject, b: JsonObject): JsonObject {
  const merged = new Map<string, Json | undefined>(Object.entries(a));
  for (const [name, schema] of Object.entries(b)) {
    const known = Object.hasOwn(a, name) ? a[name] : undefined;
    merged.set(name, isJsonObject(known) && isJsonObject(schema) ? both(known, schema) : (known ?? schema));
  }
  return Object.fromEntries(merged);
}

function common(a: readonly Json[], b: readonly Json[]): Json[] | undefined {
  const texts = new Set(b.map(canonicalJson));
  const shared = a.filter((value) => texts.has(canonicalJson(value)));
  return shared.length === 0 ? undefined : shared;
}

function commonType(a: Json, b: Json): Json | undefined {
  const [of, other] = [a, b].map((type) => (Array.isArray(type) ? type : [type])) as [Json[], Json[]];
  if (of.includes("number") && other.includes("integer")) return "integer";
  const shared = common(of, other);
  return shared?.length === 1 ? shared[0] : shared;
}

/** Every `allOf` in it folded into the schema that holds it. References must be gone. */
export function mergeAllOf(schema: JsonObject): JsonObject {
  return mapEverySchema(schema, foldAllOf);
}

function foldAllOf(schema: JsonObject): JsonObject {
  return Array.isArray(schema["allOf"])
    ? schemasAt(schema, "allOf").reduce(both, without(schema, "allOf"))
    : schema;
}

/** The only values that a schema allows, if it names them. */
export function valuesOf(schema: JsonObject): readonly Json[] | undefined {
  if (Object.hasOwn(schema, "const")) return [schema["const"] ?? null];
  const values = schema["enum"];
  return Array.isArray(values) ? (values as readonly Json[]) : undefined;
}
