import type { HttpTool, NewHttpTool } from "./http-tool.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

/** Key in a tool's `_meta` for what MCP has no field for. */
export const HTTP_TOOL_META = "switchgear/http-tool";

/** An HTTP tool as an MCP tool definition. */
export function httpToolDefinition(tool: HttpTool): JsonObject {
  const { title } = tool.annotations;
  const output = outputSchemaOf(tool);
  return {
    name: tool.name,
    ...(title === undefined ? {} : { title }),
    description: tool.description,
    inputSchema: inputSchemaOf(tool),
    ...(output === undefined ? {} : { outputSchema: output }),
    annotations: tool.annotations,
    _meta: {
      [HTTP_TOOL_META]: {
        version: tool.version,
        ...(tool.category === undefined ? {} : { category: tool.category }),
        ...(tool.author === undefined ? {} : { author: tool.author }),
        tags: tool.tags,
        capabilities: tool.capabilities,
        security_level: tool.security_level,
      },
    },
  };
}

export function inputSchemaOf({ schema }: Pick<NewHttpTool, "schema">): JsonObject {
  return { type: "object", ...wholeSchema(schema.input as JsonObject) };
}

/** Nothing when the tool promises nothing about its answer. */
export function outputSchemaOf({ schema }: Pick<NewHttpTool, "schema">): JsonObject | undefined {
  const output = schema.output as JsonObject;
  return Object.keys(output).length === 0 ? undefined : { type: "object", ...wholeSchema(output) };
}

/** People write a whole schema, or only its properties. */
function wholeSchema(schema: JsonObject): JsonObject {
  return isSchema(schema) || Object.keys(schema).length === 0 ? schema : { properties: schema };
}

/** A property may be called `type` or `properties` too: then its value is a schema, not a name or a map of schemas. */
export function isSchema(schema: Readonly<Record<string, unknown>>): boolean {
  const { type, properties } = schema;
  if (typeof type === "string" || Array.isArray(type)) return true;
  if (isJsonObject(properties) && isSchemaMap(properties)) return true;
  return (
    Object.keys(schema).some((key) => key.startsWith("$")) ||
    ["allOf", "anyOf", "oneOf"].some((key) => Array.isArray(schema[key]))
  );
}

export function isSchemaMap(value: Readonly<Record<string, unknown>>): boolean {
  return Object.values(value).every((schema) => isJsonObject(schema) || typeof schema === "boolean");
}
