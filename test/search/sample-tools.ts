import { createHash } from "node:crypto";

import type { JsonObject } from "../../src/domain/json.ts";
import { canonicalJson } from "../../src/domain/json.ts";
import type { Tool } from "../../src/domain/offering.ts";

export interface ToolSketch {
  readonly server?: string;
  readonly description?: string;
  /** Parameter name → its description. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly definition?: JsonObject;
  readonly tags?: readonly string[];
  readonly readOnly?: boolean;
}

/** A tool as the registry would hand it over, from the few facts that matter to a test. */
export function sampleTool(name: string, sketch: ToolSketch = {}): Tool {
  const { server = "demo", description = "", parameters = {}, tags = [], readOnly = false } = sketch;
  const properties = Object.fromEntries(
    Object.entries(parameters).map(([key, text]): [string, JsonObject] => [
      key,
      { type: "string", description: text },
    ]),
  );
  const definition = { name, description, inputSchema: { type: "object", properties }, ...sketch.definition };
  return {
    id: `${server}__${name}`,
    server,
    name,
    description,
    definition,
    readOnly,
    idempotent: false,
    destructive: false,
    tags,
    hash: createHash("sha256").update(canonicalJson(definition)).digest("hex"),
  };
}
