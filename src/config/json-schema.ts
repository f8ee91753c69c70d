import { z } from "zod";

import { ConfigFile } from "./file-schema.ts";

/** The JSON Schema of the config file, for editors. `config/switchgear.schema.json` is its output. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(ConfigFile, { io: "input", target: "draft-7" });
  return { ...schema, title: "Switchgear config" };
}
