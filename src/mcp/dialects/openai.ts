import { type JsonObject, isJsonObject } from "../../domain/json.ts";
import { type DialectLimits, hasRefs, inlineRefs } from "./inline-refs.ts";
import { mergeAllOf } from "./merge-schemas.ts";
import { mergesTop, plainObject } from "./plain-object.ts";
import type { Written } from "./property-keys.ts";
import { findSchema, mapEverySchema, schemasAt, wellFormed, without } from "./subschemas.ts";

/**
 * What OpenAI's function calling takes: an object without `anyOf`, `oneOf`, `allOf`, `enum`, `const` and `not` at its
 * top (nspady/google-calendar-mcp#39, goruck/home-generative-agent#545), no `allOf` below
 * (makenotion/notion-mcp-server#102), arrays that say what is in them (ogx-ai/ogx#3602), and not as a tuple (oomkapwn/enquire-mcp#354).
 */
export function openai(schema: JsonObject, limits: DialectLimits): Written {
  const isMerged =
    mergesTop(schema) || findSchema(schema, (each) => Object.hasOwn(each, "allOf")) !== undefined;
  const source = isMerged && hasRefs(schema) ? inlineRefs(schema, limits) : schema;
  const plain = plainObject(mergeAllOf(source));
  return { schema: mapEverySchema(without(plain, "enum", "const", "not"), withItems) };
}

function withItems(raw: JsonObject): JsonObject {
  const schema = wellFormed(raw);
  const { type, items } = schema;
  const isArray = type === "array" || (Array.isArray(type) && type.includes("array"));
  if (Array.isArray(items)) {
    const members = schemasAt(schema, "items");
    const [first = {}] = members;
    return { ...without(schema, "additionalItems"), items: members.length < 2 ? first : { anyOf: members } };
  }
  return isArray && !isJsonObject(items) ? { ...schema, items: {} } : schema;
}
