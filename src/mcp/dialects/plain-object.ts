import { type Json, type JsonObject, canonicalJson, isJsonObject } from "../../domain/json.ts";
import { both, valuesOf } from "./merge-schemas.ts";
import { noted, propertiesOf, schemasAt, stringsAt, without } from "./subschemas.ts";

/**
 * The arguments of a tool as one plain object schema: `allOf` folded in, and of `anyOf` and `oneOf` the properties of
 * all alternatives, with as required what each of them requires.
 */
export function plainObject(schema: JsonObject): JsonObject {
  const own = without(schema, "allOf", "anyOf", "oneOf");
  const whole = schemasAt(schema, "allOf").map(plainObject).reduce(both, own);
  const plain = ["anyOf", "oneOf"].reduce((sum, key) => {
    const alternatives = schemasAt(schema, key).filter(mayBeObject).map(plainObject);
    return alternatives.length === 0 ? sum : anyObject(sum, alternatives);
  }, whole);
  return { ...plain, type: "object", properties: propertiesOf(plain) };
}

/** Whether `plainObject` would move something: a reference to it, or from it, would then lead nowhere. */
export function mergesTop(schema: JsonObject): boolean {
  return ["allOf", "anyOf", "oneOf", "$ref", "$dynamicRef"].some((key) => Object.hasOwn(schema, key));
}

function mayBeObject({ type }: JsonObject): boolean {
  return type === undefined || type === "object" || (Array.isArray(type) && type.includes("object"));
}

function anyObject(base: JsonObject, alternatives: readonly JsonObject[]): JsonObject {
  const properties = propertiesOfAny(base, alternatives);
  const required = requiredByAll(base, alternatives);
  // An alternative's own `additionalProperties` would now speak of the properties of the others as well.
  const isGrown = Object.keys(properties).length > Object.keys(propertiesOf(base)).length;
  const dropped = isGrown ? ["additionalProperties", "unevaluatedProperties"] : [];
  const choice = choiceOf(alternatives);
  return {
    ...noted(without(base, "required", ...dropped), ...(choice === undefined ? [] : [choice])),
    properties,
    ...(required.length === 0 ? {} : { required }),
  };
}

/** A property of the base is narrowed only where every alternative does so. */
function propertiesOfAny(base: JsonObject, alternatives: readonly JsonObject[]): JsonObject {
  const own = propertiesOf(base);
  const all = alternatives.map(propertiesOf);
  const properties = new Map<string, Json | undefined>(Object.entries(own));
  for (const name of new Set(all.flatMap((each) => Object.keys(each)))) {
    const found = all.flatMap((each) => (Object.hasOwn(each, name) ? [each[name] ?? {}] : []));
    const either = eitherOf(found.filter(isJsonObject));
    const known = Object.hasOwn(own, name) ? own[name] : undefined;
    if (known === undefined) properties.set(name, either);
    else if (found.length === all.length && isJsonObject(known)) properties.set(name, both(known, either));
  }
  return Object.fromEntries(properties);
}

function requiredByAll(base: JsonObject, alternatives: readonly JsonObject[]): readonly string[] {
  const [first = [], ...others] = alternatives.map((alternative) => stringsAt(alternative, "required"));
  const byAll = first.filter((name) => others.every((list) => list.includes(name)));
  return [...new Set([...stringsAt(base, "required"), ...byAll])];
}

/** "At least one of these" is what most such alternatives say; without it a model would leave all of them out. */
function choiceOf(alternatives: readonly JsonObject[]): string | undefined {
  const sets = alternatives.map((alternative) => stringsAt(alternative, "required"));
  if (sets.some((names) => names.length === 0) || sets.length < 2) return undefined;
  const texts = [...new Set(sets.map((names) => names.join(" and ")))];
  return texts.length < 2 || texts.length > 16 ? undefined : `Needs one of: ${texts.join("; ")}.`;
}

/** One schema for what may follow any of these. */
function eitherOf(schemas: readonly JsonObject[]): JsonObject {
  const different = [...new Map(schemas.map((schema) => [canonicalJson(schema), schema])).values()];
  const [first = {}] = different;
  if (different.length < 2) return first;
  const values = different.map(valuesOf);
  if (values.some((list) => list === undefined)) return { anyOf: different };
  const all = values.flatMap((list) => list ?? []);
  return {
    ...without(first, "const", "enum"),
    enum: [...new Map(all.map((value) => [canonicalJson(value), value])).values()],
  };
}
