import { InvalidRequest } from "../domain/errors.ts";
import { httpToolDefinition, isSchema, isSchemaMap } from "../domain/http-tool-definition.ts";
import type { HttpTool, NewHttpTool } from "../domain/http-tool.ts";
import type { Json } from "../domain/json.ts";
import type { Limits } from "../domain/limits.ts";
import { EMPTY_OFFERING, type Offering } from "../domain/offering.ts";

/** What the built-in server offers: the HTTP tools as MCP tool definitions. */
export function customOffering(tools: readonly HttpTool[]): Offering {
  return {
    ...EMPTY_OFFERING,
    tools: tools.map(httpToolDefinition),
    capabilities: { tools: {} },
    serverInfo: { name: "switchgear-http-tools", version: "1.0.0" },
    eras: ["2025", "2026"],
  };
}

/** Throws InvalidRequest when the schemas cannot become those of an MCP tool. */
export function checkSchemas(tool: NewHttpTool, limits: Pick<Limits, "schemaBytes" | "schemaDepth">): void {
  const { input, output } = tool.schema;
  for (const [side, schema] of [
    ["input", input],
    ["output", output],
  ] as const) {
    const path = `schema.${side}`;
    if (!isSchema(schema) && !isSchemaMap(schema))
      refuse(path, "must be a JSON Schema or a map of property names to schemas");
    if (depthOf(schema) > limits.schemaDepth)
      refuse(path, `must not be nested deeper than ${limits.schemaDepth}`);
    const bytes = Buffer.byteLength(JSON.stringify(schema));
    if (bytes > limits.schemaBytes) refuse(path, `must not be larger than ${limits.schemaBytes} bytes`);
  }
  if (isSchema(input) && "type" in input && input["type"] !== "object") {
    refuse("schema.input.type", 'must be "object": the arguments of a tool are an object');
  }
}

function refuse(path: string, expected: string): never {
  throw new InvalidRequest(`The tool's ${path} ${expected}.`, [{ path, message: expected }]);
}

function depthOf(value: unknown): number {
  let depth = 0;
  for (let level = [value as Json]; level.length > 0; depth++) {
    level = level.flatMap((item) =>
      typeof item === "object" && item !== null ? (Object.values(item) as Json[]) : [],
    );
  }
  return depth;
}
