import { PromptSchema, ResourceSchema, ResourceTemplateSchema, ToolSchema } from "@modelcontextprotocol/core";

import { type Json, type JsonObject, isJsonObject } from "../domain/json.ts";
import type { Limits } from "../domain/limits.ts";

const MAX_NAME = 256;
const MAX_URI = 8_192;

type DefinitionLimits = Pick<Limits, "schemaBytes" | "schemaDepth" | "descriptionBytes">;
type Check = (definition: JsonObject, limits: DefinitionLimits) => string | undefined;

/** Why a definition cannot be served; nothing for a good one. Kinds of definitions by the member of the result that lists them. */
export const CHECKS = {
  tools: (tool, limits) =>
    badText(tool, "name", MAX_NAME) ??
    badDescription(tool, limits) ??
    badSchema(tool, "inputSchema", limits) ??
    (tool["outputSchema"] === undefined ? undefined : badOutputSchema(tool, limits)) ??
    badSize(tool, limits) ??
    badShape(tool, ToolSchema),
  prompts: (prompt, limits) =>
    badText(prompt, "name", MAX_NAME) ??
    badDescription(prompt, limits) ??
    badSize(prompt, limits) ??
    badShape(prompt, PromptSchema),
  resources: (resource, limits) =>
    badText(resource, "uri", MAX_URI) ??
    badDescription(resource, limits) ??
    badSize(resource, limits) ??
    badShape(resource, ResourceSchema),
  resourceTemplates: (template, limits) =>
    badText(template, "uriTemplate", MAX_URI) ??
    badDescription(template, limits) ??
    badSize(template, limits) ??
    badShape(template, ResourceTemplateSchema),
} as const satisfies Readonly<Record<string, Check>>;

/** What a definition is known by, within its list. */
export const KEYS = {
  tools: "name",
  prompts: "name",
  resources: "uri",
  resourceTemplates: "uriTemplate",
} as const;

function badText(definition: JsonObject, key: string, maxLength: number): string | undefined {
  const text = definition[key];
  if (typeof text !== "string" || text === "") return `its ${key} is not a string, or empty`;
  return text.length > maxLength ? `its ${key} is longer than ${maxLength} characters` : undefined;
}

function badDescription({ description }: JsonObject, limits: DefinitionLimits): string | undefined {
  if (description === undefined || description === null) return undefined;
  if (typeof description !== "string") return "its description is not a string";
  const tooLong = Buffer.byteLength(description) > limits.descriptionBytes;
  return tooLong ? `its description is longer than ${limits.descriptionBytes} bytes` : undefined;
}

function badSchema(tool: JsonObject, key: string, limits: DefinitionLimits): string | undefined {
  const schema = tool[key];
  if (!isJsonObject(schema)) return `its ${key} is not an object`;
  if (schema["type"] !== "object") return `its ${key} is not of the type "object"`;
  return tooBig(schema, key, limits);
}

/** A 2026 output schema may be of any type. */
function badOutputSchema(tool: JsonObject, limits: DefinitionLimits): string | undefined {
  const schema = tool["outputSchema"];
  return isJsonObject(schema) ? tooBig(schema, "outputSchema", limits) : "its outputSchema is not an object";
}

function tooBig(schema: JsonObject, key: string, limits: DefinitionLimits): string | undefined {
  if (isDeeperThan(schema, limits.schemaDepth))
    return `its ${key} is nested deeper than ${limits.schemaDepth} levels`;
  const tooLong = Buffer.byteLength(JSON.stringify(schema)) > limits.schemaBytes;
  return tooLong ? `its ${key} is larger than ${limits.schemaBytes} bytes` : undefined;
}

interface Shape {
  safeParse(value: unknown): {
    readonly error?:
      | { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] }
      | undefined;
  };
}

/** Clients built on the official SDK refuse a whole list for one entry that its schema refuses; the gateway leaves that one out. */
function badShape(definition: JsonObject, schema: Shape): string | undefined {
  const [issue] = schema.safeParse(definition).error?.issues ?? [];
  if (issue === undefined) return undefined;
  const path = issue.path.map(String).join(".");
  return `it does not follow the protocol's schema: ${path === "" ? "" : `${path}: `}${issue.message}`;
}

/** Icons and the like, besides the parts that have a limit of their own. */
function badSize(definition: JsonObject, limits: DefinitionLimits): string | undefined {
  const maxBytes = 3 * limits.schemaBytes + limits.descriptionBytes;
  // Before anything else walks through it: to write deep JSON takes a deep stack.
  if (isDeeperThan(definition, 2 * limits.schemaDepth)) return "it is nested too deeply";
  return Buffer.byteLength(JSON.stringify(definition)) > maxBytes
    ? `it is larger than ${maxBytes} bytes`
    : undefined;
}

/** An object that is only shown to people; an absurd one is left out. */
export function bounded(object: JsonObject, limits: DefinitionLimits): JsonObject {
  return tooBig(object, "", limits) === undefined ? object : {};
}

function isDeeperThan(value: Json | undefined, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value as JsonObject).some((child) => isDeeperThan(child, levels - 1));
}
