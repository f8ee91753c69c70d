import { type Json, type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";
import type { Limits } from "../../domain/limits.ts";
import { both } from "./merge-schemas.ts";
import { findSchema, mapSubschemas, noted, without } from "./subschemas.ts";

export type DialectLimits = Pick<Limits, "schemaBytes" | "schemaDepth">;

const REFERENCES = ["$ref", "$dynamicRef", "$recursiveRef"] as const;
const DEFINITIONS = ["$defs", "definitions", "$id", "$anchor", "$dynamicAnchor", "$recursiveAnchor"] as const;

/**
 * The schema without references: what each names stands in its place. One that leads back to itself, or would make
 * the schema too large or too deep, becomes a schema that allows anything of that type and says so.
 */
export function inlineRefs(root: JsonObject, limits: DialectLimits): JsonObject {
  let room = limits.schemaBytes;
  const visit = (schema: JsonObject, trail: readonly string[], depth: number): JsonObject => {
    const ref = referenceOf(schema);
    const inner = without(schema, ...REFERENCES, ...DEFINITIONS);
    const isInlined = trail.length > 1;
    if (isInlined && depth >= limits.schemaDepth) return cut(schema);
    const beside = mapSubschemas(inner, (child) => visit(child, trail, depth + 1));
    if (ref === undefined) return beside;
    const target = resolveReference(root, ref);
    if (target === undefined) return noted(beside, "(Any JSON.)");
    const isTooMuch = trail.includes(ref) || room <= 0 || depth >= limits.schemaDepth;
    if (isTooMuch) return noted(both(beside, cut(target)), "(Nested as above.)");
    room -= Math.max(16, JSON.stringify(target).length);
    return both(beside, visit(target, [...trail, ref], depth));
  };
  return visit(root, ["#"], 0);
}

export function hasRefs(schema: JsonObject): boolean {
  return findSchema(schema, (each) => referenceOf(each) !== undefined) !== undefined;
}

function referenceOf(schema: JsonObject): string | undefined {
  for (const key of REFERENCES) {
    const ref = stringAt(schema, key);
    if (ref !== undefined) return ref;
  }
  return undefined;
}

function cut(schema: JsonObject): JsonObject {
  const { type } = schema;
  return typeof type === "string" ? { type } : {};
}

/** A reference within this schema; those to other documents are not fetched. */
function resolveReference(root: JsonObject, reference: string): JsonObject | undefined {
  const { $id } = root;
  const ref =
    typeof $id === "string" && reference.startsWith(`${$id}#`) ? reference.slice($id.length) : reference;
  if (ref === "#" || ref === "") return root;
  if (ref.startsWith("#/")) return atPointer(root, ref.slice(2));
  const anchor = ref.startsWith("#") ? ref.slice(1) : undefined;
  return findSchema(root, (schema) =>
    anchor === undefined
      ? schema["$id"] === ref
      : schema["$anchor"] === anchor || schema["$dynamicAnchor"] === anchor,
  );
}

/** RFC 6901, in a URI's fragment. */
function atPointer(root: JsonObject, pointer: string): JsonObject | undefined {
  let value: Json | undefined = root;
  for (const part of pointer.split("/")) {
    const key = unescaped(part);
    if (Array.isArray(value)) value = value[Number(key)] as Json | undefined;
    else value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  if (value === true) return {};
  return isJsonObject(value) ? value : undefined;
}

function unescaped(part: string): string {
  const text = part.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(text);
  } catch {
    // Not an escape after all.
    return text;
  }
}
