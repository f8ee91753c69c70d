import type { JsonObject } from "../../domain/json.ts";
import { type DialectLimits, hasRefs, inlineRefs } from "./inline-refs.ts";
import { mergesTop, plainObject } from "./plain-object.ts";
import { type Written, renameKeys } from "./property-keys.ts";
import { findSchema, mapEverySchema, propertiesOf, wellFormed, without } from "./subschemas.ts";

const KEYS = { allowed: /^[a-zA-Z0-9_.-]{1,64}$/, refused: /[^a-zA-Z0-9_.-]/g };

/**
 * What Anthropic's Messages API takes: no `oneOf`, `allOf` or `anyOf` at the top (anthropics/claude-code#40075),
 * names of properties of the form `^[a-zA-Z0-9_.-]{1,64}$` (anthropics/claude-code#79418), and keywords as in draft
 * 2020-12: no tuples in `items` (openclaw/openclaw#98588), no flags in `exclusiveMinimum` (Dokploy/mcp#74).
 */
export function claude(schema: JsonObject, limits: DialectLimits): Written {
  const isMoved = mergesTop(schema) ? hasRefs(schema) : pointsIntoProperties(schema);
  const source = isMoved ? inlineRefs(schema, limits) : schema;
  return renameKeys(mapEverySchema(plainObject(source), inDraft2020), KEYS);
}

/** A property that gets another name can no longer be found by a reference. */
function pointsIntoProperties(schema: JsonObject): boolean {
  const isRenamed = Object.keys(propertiesOf(schema)).some((name) => !KEYS.allowed.test(name));
  return isRenamed && findSchema(schema, pointsElsewhere) !== undefined;
}

function pointsElsewhere({ $ref }: JsonObject): boolean {
  return typeof $ref === "string" && $ref.startsWith("#/") && !/^#\/(?:\$defs|definitions)\//.test($ref);
}

function inDraft2020(schema: JsonObject): JsonObject {
  const { items, additionalItems, exclusiveMinimum, exclusiveMaximum } = schema;
  let written = wellFormed(schema);
  if (Array.isArray(items)) {
    const rest = additionalItems === undefined ? {} : { items: additionalItems };
    written = { ...without(written, "items", "additionalItems"), prefixItems: items, ...rest };
  }
  if (typeof exclusiveMinimum === "boolean") written = without(written, "exclusiveMinimum");
  if (typeof exclusiveMaximum === "boolean") written = without(written, "exclusiveMaximum");
  return written;
}
