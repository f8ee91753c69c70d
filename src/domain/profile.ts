import { z } from "zod";

import { LIST_MODES } from "./list-mode.ts";
import { ServerName } from "./server.ts";

/** How a profile writes the schemas of its tools; `full` is verbatim. What each is for: docs/profiles.md. */
export const SCHEMA_DIALECTS = ["full", "no-refs", "gemini", "openai", "claude"] as const;
export type SchemaDialect = (typeof SCHEMA_DIALECTS)[number];

const Globs = z.array(z.string().min(1).max(256));

/** A named selection of servers and tools, served at `/mcp/p/{profile}`. */
export const Profile = z.strictObject({
  description: z
    .string()
    .max(1_024)
    .optional()
    .describe("What it is for; clients read it in the instructions."),
  servers: z.array(ServerName).optional().describe("Servers that it shows. Default: all."),
  tools: z
    .strictObject({ allow: Globs.optional(), deny: Globs.optional() })
    .optional()
    .describe("Globs on a tool's id (github__get_*) or own name (get_*); deny wins."),
  clients: Globs.optional().describe(
    "Globs on the names of clients that get this profile at /mcp by itself.",
  ),
  schema: z
    .enum(SCHEMA_DIALECTS)
    .default("full")
    .describe("The JSON Schema that the client's model takes: full is what the server wrote."),
  names: z
    .enum(["prefixed", "short"])
    .default("prefixed")
    .describe("short: a tool's own name where no other tool of the profile has it."),
  maxNameLength: z
    .number()
    .int()
    .min(24)
    .max(64)
    .default(48)
    .describe("Longest name of a tool; a longer one is cut and gets a hash."),
  mode: z.enum(LIST_MODES).optional().describe("What tools/list shows. Default: gateway.mode."),
  pinned: Globs.optional().describe(
    "Tools that a hybrid list shows besides the meta-tools, by id or name; 12 at most. Default: gateway.pinned.",
  ),
});
export type Profile = z.infer<typeof Profile>;
