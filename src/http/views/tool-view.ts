import { z } from "zod";

import type { HttpTool } from "../../domain/http-tool.ts";
import { isJsonObject, type JsonObject, stringAt } from "../../domain/json.ts";
import type { Tool } from "../../domain/offering.ts";
import { maskUrl, maskValues } from "../masking.ts";

const summary = {
  id: z.string().meta({ description: "What MCP clients call it: `<server>__<name>`." }),
  name: z.string().meta({ description: "The upstream's own name." }),
  server: z.string(),
  title: z.string().optional(),
  description: z.string(),
  tags: z.array(z.string()),
  read_only: z.boolean().meta({ description: "A hint of the upstream, not a fact; so are the next two." }),
  idempotent: z.boolean(),
  destructive: z.boolean(),
  available: z
    .boolean()
    .meta({ description: "False while the server is known to be down. The tool stays listed." }),
};

export const ToolSummary = z.object(summary).meta({ id: "ToolSummary" });

const Schema = z.record(z.string(), z.unknown());

const Registration = z
  .object({
    endpoint: z.string(),
    method: z.string(),
    headers: z.record(z.string(), z.string()),
    schema: z.object({ input: Schema, output: Schema }),
    category: z.string().optional(),
    capabilities: z.array(z.string()),
    security_level: z.number().int(),
    metadata: Schema,
    version: z.string(),
    author: z.string().optional(),
    timeout_ms: z.number().optional(),
    revision: z.number().int().meta({ description: "Also the ETag." }),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: "HttpToolRegistration" });

export const ToolDetail = z
  .object({
    ...summary,
    input_schema: Schema,
    output_schema: Schema.optional(),
    annotations: Schema.optional(),
    hash: z
      .string()
      .meta({ description: "SHA-256 of the definition; changes when the upstream changes it." }),
    definition: Schema.meta({ description: "As the upstream gave it." }),
    registration: Registration.optional().meta({
      description: "Of a tool that was registered over this API.",
    }),
  })
  .meta({ id: "Tool" });

export function toolSummary(tool: Tool, available: boolean): z.infer<typeof ToolSummary> {
  const { id, name, server, description, tags, definition } = tool;
  const title = stringAt(definition, "title") ?? stringAt(objectAt(definition, "annotations") ?? {}, "title");
  return {
    id,
    name,
    server,
    ...(title === undefined ? {} : { title }),
    description,
    tags: [...tags],
    read_only: tool.readOnly,
    idempotent: tool.idempotent,
    destructive: tool.destructive,
    available,
  };
}

export function toolDetail(
  tool: Tool,
  available: boolean,
  registered: HttpTool | undefined,
): z.infer<typeof ToolDetail> {
  const { definition, hash } = tool;
  const output = objectAt(definition, "outputSchema");
  const annotations = objectAt(definition, "annotations");
  return {
    ...toolSummary(tool, available),
    input_schema: objectAt(definition, "inputSchema") ?? { type: "object" },
    ...(output === undefined ? {} : { output_schema: output }),
    ...(annotations === undefined ? {} : { annotations }),
    hash,
    definition,
    ...(registered === undefined ? {} : { registration: registration(registered) }),
  };
}

function registration(tool: HttpTool): z.infer<typeof Registration> {
  const { id, name, description, annotations, tags, ...rest } = tool;
  return { ...rest, endpoint: maskUrl(tool.endpoint), headers: maskValues(tool.headers) };
}

function objectAt(definition: JsonObject, key: string): JsonObject | undefined {
  const value = definition[key];
  return isJsonObject(value) ? value : undefined;
}
