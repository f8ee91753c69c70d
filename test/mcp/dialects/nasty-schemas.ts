import * as fc from "fast-check";

import { type Json, type JsonObject, isJsonObject } from "../../../src/domain/json.ts";

const text = { type: "string" };

/** What upstreams really send, and what none should. */
export const NASTY: Readonly<Record<string, JsonObject>> = {
  "nothing but a type": { type: "object" },
  "a closed object with a default and a draft": {
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    properties: { n: { type: "integer", default: 5, exclusiveMinimum: 0, exclusiveMaximum: 10 } },
    additionalProperties: false,
  },
  "references, also to references": {
    type: "object",
    properties: { a: { $ref: "#/$defs/A", description: "the first" }, b: { $ref: "#/$defs/B" } },
    $defs: { A: { $ref: "#/$defs/B" }, B: { type: "object", properties: { c: text }, required: ["c"] } },
  },
  "a tree": {
    type: "object",
    properties: { root: { $ref: "#/definitions/Node" } },
    definitions: {
      Node: {
        type: "object",
        properties: { name: text, children: { type: "array", items: { $ref: "#/definitions/Node" } } },
      },
    },
  },
  itself: { type: "object", properties: { inner: { $ref: "#" } } },
  "two that name each other": {
    type: "object",
    properties: { a: { $ref: "#/$defs/A" } },
    $defs: {
      A: { type: "object", properties: { b: { $ref: "#/$defs/B" } } },
      B: { type: "object", properties: { a: { $ref: "#/$defs/A" } } },
    },
  },
  "references that lead nowhere": {
    type: "object",
    properties: {
      far: { $ref: "https://example.com/other.json" },
      gone: { $ref: "#/$defs/Gone" },
      odd: { $ref: "#/%E0%A4%A" },
    },
  },
  "a reference at the top": {
    type: "object",
    $ref: "#/$defs/Input",
    $defs: { Input: { type: "object", properties: { q: text }, required: ["q"] } },
  },
  "doubling references": doubling(24),
  "alternatives at the top": {
    type: "object",
    oneOf: [
      {
        type: "object",
        properties: { kind: { const: "circle" }, radius: { type: "number" } },
        required: ["kind", "radius"],
      },
      {
        type: "object",
        properties: { kind: { const: "square" }, side: { type: "number" } },
        required: ["kind", "side"],
      },
    ],
  },
  "alternatives that only require": {
    type: "object",
    properties: { id: text, title: text, body: text },
    required: ["id"],
    anyOf: [{ required: ["title"] }, { required: ["body"] }],
  },
  "alternatives by reference": {
    type: "object",
    anyOf: [{ $ref: "#/$defs/A" }, { $ref: "#/$defs/B" }],
    $defs: {
      A: { type: "object", properties: { a: text }, required: ["a"] },
      B: { type: "object", properties: { b: text }, required: ["b"] },
    },
  },
  "parts in parts": {
    type: "object",
    allOf: [
      { properties: { a: { type: "integer", minimum: 1 } }, required: ["a"] },
      { allOf: [{ properties: { a: { maximum: 5 }, b: text } }] },
    ],
  },
  "values of all sorts": {
    type: "object",
    properties: {
      one: { const: "x" },
      number: { const: 7 },
      none: { const: null },
      mixed: { enum: ["a", 1, null, true] },
      numbers: { type: "integer", enum: [0, 2, 4] },
      empty: { type: "string", enum: ["", "a"] },
      nothing: { enum: [] },
      union: { anyOf: [{ const: "a" }, { const: "b" }, { enum: ["c", "d"] }] },
    },
  },
  "types of all sorts": {
    type: "object",
    properties: {
      any: {},
      yes: true,
      no: false,
      maybe: { type: ["string", "null"] },
      many: { type: ["integer", "string", "boolean"] },
      gone: { type: "null" },
      odd: { type: "file" },
      object: { type: ["object", "null"], properties: { a: text }, required: ["a"] },
      optional: { anyOf: [{ type: "object", properties: { b: text } }, { type: "null" }] },
      either: { anyOf: [text, { type: "object", properties: { c: text } }, { type: "array", items: text }] },
      nested: { oneOf: [{ anyOf: [{ type: "integer" }, text] }, { type: "null" }] },
    },
  },
  "lists of all sorts": {
    type: "object",
    properties: {
      bare: { type: "array" },
      any: { type: "array", items: true },
      tuple: { type: "array", items: [text, { type: "number" }], additionalItems: false },
      prefix: { type: "array", prefixItems: [{ type: "number" }, text], items: false },
      deep: { type: "array", items: { type: "array", items: { type: ["array", "null"] } } },
      either: { type: "array", items: { anyOf: [text, { type: "number" }] } },
    },
  },
  maps: {
    type: "object",
    properties: {
      headers: { type: "object", additionalProperties: text },
      env: { type: "object", patternProperties: { "^X-": text } },
      free: { type: "object", additionalProperties: true },
    },
  },
  "formats and bounds": {
    type: "object",
    properties: {
      url: { type: "string", format: "uri", minLength: 1 },
      when: { type: "string", format: "date-time" },
      id: { type: "string", pattern: "^[a-z]+$", maxLength: 10 },
      old: { type: "integer", minimum: 0, exclusiveMinimum: true, multipleOf: 2 },
      list: { type: "array", items: text, minItems: 1, maxItems: 1.5, uniqueItems: true },
    },
  },
  "names that models refuse": {
    type: "object",
    properties: {
      "filter[id]": text,
      "filter(id)": text,
      $top: { type: "integer" },
      "user name": text,
      ["long".repeat(30)]: text,
      "9lives": text,
      "": text,
      ok: text,
    },
    required: ["filter[id]", "ok", "$top"],
  },
  "properties with the names of keywords": {
    type: "object",
    properties: {
      $ref: { type: "string" },
      properties: { type: "object", properties: { type: text, items: text } },
      required: { type: "boolean" },
      anyOf: { type: "array", items: text },
      type: text,
      enum: text,
      constructor: text,
      toString: text,
    },
    required: ["$ref", "type"],
  },
  "what is no schema": {
    type: "object",
    properties: { type: "object", list: ["a"], nothing: null },
    required: true,
  },
  "required but not there": { type: "object", properties: { a: text }, required: ["a", "b", "b", "a"] },
  "pointers into itself": {
    type: "object",
    properties: { "from date": { type: "string", format: "date" }, to: { $ref: "#/properties/from%20date" } },
  },
  anchors: {
    $id: "https://example.com/tool",
    type: "object",
    properties: { a: { $ref: "#here" }, b: { $ref: "https://example.com/tool#/$defs/T" } },
    $defs: { T: { $anchor: "here", type: "boolean" } },
  },
  "a name that is a prototype's": JSON.parse(
    '{"type":"object","properties":{"__proto__":{"type":"string"},"a":{"allOf":[{"properties":{"__proto__":{"type":"number"}}}]}}}',
  ) as JsonObject,
};

/** Each level names the next one twice: written out, 2^levels schemas. */
function doubling(levels: number): JsonObject {
  const $defs = Object.fromEntries(
    Array.from({ length: levels }, (_, level) => {
      const next = level + 1 < levels ? { $ref: `#/$defs/L${level + 1}` } : text;
      return [`L${level}`, { type: "object", properties: { a: next, b: next } }];
    }),
  );
  return { type: "object", properties: { all: { $ref: "#/$defs/L0" } }, $defs };
}

const leaf = fc.oneof(
  fc.constantFrom<JsonObject>(
    {},
    text,
    { type: "integer", minimum: 1 },
    { type: "null" },
    { type: ["string", "null"] },
    { const: 3 },
    { enum: ["a", "b"] },
    { enum: [1, null] },
    { $ref: "#/$defs/X" },
    { $ref: "#/$defs/Y" },
    { $ref: "#" },
    { type: "array" },
    { type: "string", format: "uri", default: "x" },
  ),
);
const keys = fc.constantFrom("a", "b", "x y", "$top", "items", "properties", "required");

const anySchema = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc
      .record({
        properties: fc.dictionary(keys, tie("schema"), { maxKeys: 4 }),
        required: fc.array(keys, { maxLength: 3 }),
        extra: fc.constantFrom<JsonObject>({}, { additionalProperties: false }, { minProperties: 1 }),
      })
      .map(({ properties, required, extra }) => ({ type: "object", properties, required, ...extra })),
    fc.array(tie("schema"), { maxLength: 3 }).map((anyOf) => ({ anyOf })),
    fc.array(tie("schema"), { maxLength: 3 }).map((oneOf) => ({ oneOf, description: "one of them" })),
    fc.array(tie("schema"), { maxLength: 3 }).map((allOf) => ({ allOf })),
    tie("schema").map((items) => ({ type: "array", items })),
    fc.array(tie("schema"), { maxLength: 2 }).map((items) => ({ type: "array", items })),
    tie("schema").map((not) => ({ not })),
  ),
})).schema;

/** Input schemas of all shapes, with definitions that the references may name. */
export const inputSchemas: fc.Arbitrary<JsonObject> = fc
  .record({
    properties: fc.dictionary(keys, anySchema, { maxKeys: 4 }),
    required: fc.array(keys, { maxLength: 3 }),
    top: fc.oneof(
      fc.constant<JsonObject>({}),
      fc.array(anySchema, { maxLength: 3 }).map((anyOf) => ({ anyOf })),
      fc.array(anySchema, { maxLength: 3 }).map((allOf) => ({ allOf })),
    ),
    x: anySchema,
    y: anySchema,
  })
  .map(({ properties, required, top, x, y }) => ({
    type: "object",
    properties,
    required,
    ...top,
    $defs: { X: x, Y: y },
  }));

/** Every schema in a schema that is written without references, itself included, with its place. */
export function* everySchema(
  schema: JsonObject,
  place = "#",
): Generator<readonly [place: string, schema: JsonObject]> {
  yield [place, schema];
  const named = ["properties", "patternProperties", "$defs", "definitions"];
  const listed = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];
  const children: (readonly [string, Json | undefined])[] = [
    ...named.flatMap((key) => entriesAt(schema, key)),
    ...listed.flatMap((key) => (Array.isArray(schema[key]) ? entriesAt(schema, key) : [])),
    ...["items", "additionalProperties", "not"].map((key) => [key, schema[key]] as const),
  ];
  for (const [name, child] of children)
    if (isJsonObject(child)) yield* everySchema(child, `${place}/${name}`);
}

function entriesAt(schema: JsonObject, key: string): (readonly [string, Json | undefined])[] {
  const value = schema[key];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value as JsonObject).map(([name, child]) => [`${key}/${name}`, child] as const);
}
