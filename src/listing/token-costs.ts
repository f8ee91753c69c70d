import type { JsonObject } from "../domain/json.ts";
import type { Tool } from "../domain/offering.ts";

/**
 * Tokens are counted without a tokenizer: four bytes of JSON are one. Of a tool, clients hand name, description and
 * input schema to the model. Schemas with many short words cost up to a third more, long descriptions a fifth less.
 */
const BYTES_OF_A_TOKEN = 4;

const bodies = new WeakMap<Tool, number>();

export function tokensOfTool({ name, tool }: { readonly name: string; readonly tool: Tool }): number {
  const known = bodies.get(tool);
  const body = known ?? bytesOf({ ...tool.definition, name: "" });
  if (known === undefined) bodies.set(tool, body);
  return (body + name.length) / BYTES_OF_A_TOKEN;
}

export function tokensOfDefinition(definition: JsonObject): number {
  return bytesOf(definition) / BYTES_OF_A_TOKEN;
}

function bytesOf({ name, description, inputSchema }: JsonObject): number {
  return Buffer.byteLength(JSON.stringify({ name, description, inputSchema }));
}
