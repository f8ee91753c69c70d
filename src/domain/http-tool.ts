import { z } from "zod";

const JsonSchemaObject = z.record(z.string(), z.unknown());

/**
 * A plain HTTP endpoint registered as a tool. Arguments named in `{braces}` of the URL fill the path; the rest is
 * the query (GET, DELETE) or the JSON body.
 */
export const NewHttpTool = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "1–64 letters, digits, '_' or '-'"),
  description: z.string().min(1).max(16_384),
  endpoint: z.string().regex(/^https?:\/\//, "an http or https URL"),
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).default("POST"),
  headers: z.record(z.string(), z.string()).default({}),
  schema: z
    .strictObject({ input: JsonSchemaObject.default({}), output: JsonSchemaObject.default({}) })
    .prefault({}),
  category: z.string().max(64).optional(),
  capabilities: z.array(z.string().max(64)).max(32).default([]),
  security_level: z.number().int().min(0).max(10).default(0),
  metadata: z.record(z.string(), z.unknown()).default({}),
  version: z.string().max(64).default("1.0.0"),
  author: z.string().max(128).optional(),
  tags: z.array(z.string().max(64)).max(32).default([]),
  annotations: z
    .strictObject({
      title: z.string().optional(),
      readOnlyHint: z.boolean().optional(),
      destructiveHint: z.boolean().optional(),
      idempotentHint: z.boolean().optional(),
      openWorldHint: z.boolean().optional(),
    })
    .prefault({}),
  timeout_ms: z.number().int().min(1).max(300_000).optional(),
});
export type NewHttpTool = z.infer<typeof NewHttpTool>;

export interface HttpTool extends NewHttpTool {
  readonly id: string;
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
}
