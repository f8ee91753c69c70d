import type { Json, JsonObject } from "../domain/json.ts";
import { isJsonObject, stringAt } from "../domain/json.ts";
import type { Tool } from "../domain/offering.ts";

/** The texts of a tool that are searched, each with its own weight. */
export interface ToolFields {
  readonly name: string;
  readonly server: string;
  readonly description: string;
  readonly parameterNames: string;
  readonly parameterDescriptions: string;
  readonly tags: string;
}

/** One upstream's essay must not cost every query; what comes later in a text says less anyway. */
const MAX_TEXT_LENGTH = 8_000;
const MAX_PARAMETERS = 200;
const MAX_DEPTH = 5;
const MAX_ENUM_VALUES = 12;

export function fieldsOf(tool: Tool): ToolFields {
  const parameters = parametersOf(tool.definition["inputSchema"]);
  return {
    name: tool.name,
    server: tool.server,
    description: clip(joinTexts(titleOf(tool.definition), tool.description)),
    parameterNames: clip(parameters.names.join(" ")),
    parameterDescriptions: clip(parameters.descriptions.join("\n")),
    tags: clip(tool.tags.join(" ")),
  };
}

function titleOf(definition: JsonObject): string {
  const annotations = definition["annotations"];
  const hinted = isJsonObject(annotations) ? stringAt(annotations, "title") : undefined;
  return stringAt(definition, "title") ?? hinted ?? "";
}

interface Parameters {
  readonly names: string[];
  readonly descriptions: string[];
}

/** Schemas come from upstreams: any shape is survived, and the walk is bounded in depth and number. */
function parametersOf(schema: Json | undefined): Parameters {
  const found: Parameters = { names: [], descriptions: [] };
  collect(schema, found, 0);
  return found;
}

function collect(schema: Json | undefined, found: Parameters, depth: number): void {
  if (!isJsonObject(schema) || depth > MAX_DEPTH) return;
  const properties = schema["properties"];
  for (const [name, property] of isJsonObject(properties) ? Object.entries(properties) : []) {
    if (found.names.length >= MAX_PARAMETERS) return;
    found.names.push(name);
    if (isJsonObject(property)) describe(property, found);
    collect(property, found, depth + 1);
  }
  collect(schema["items"], found, depth + 1);
}

function describe(property: JsonObject, found: Parameters): void {
  const description = stringAt(property, "description");
  if (description !== undefined) found.descriptions.push(clip(description));
  const values = property["enum"];
  if (!Array.isArray(values)) return;
  for (const value of values.slice(0, MAX_ENUM_VALUES)) {
    if (typeof value === "string") found.descriptions.push(clip(value));
  }
}

function joinTexts(title: string, description: string): string {
  return title === "" ? description : `${title}\n${description}`;
}

function clip(text: string): string {
  return text.length > MAX_TEXT_LENGTH ? text.slice(0, MAX_TEXT_LENGTH) : text;
}
