import { z } from "zod";

import { LIST_MODES } from "../domain/list-mode.ts";

/** Of `tools/list` at `/mcp` and at profiles that say nothing else. */
export const ListSettings = {
  mode: z
    .enum(LIST_MODES)
    .default("full")
    .describe("What tools/list shows: full, search, hybrid, or auto: by how many tools there are."),
  pinned: z
    .array(z.string().min(1).max(256))
    .default([])
    .describe("Tools that a hybrid list shows besides the meta-tools: ids or globs; 12 at most."),
};

/** Names that clients give themselves; docs/meta-tools.md says how each is known to defer tools. */
const DEFERRING_CLIENTS = ["claude-code", "cursor-vscode", "Visual Studio Code*"];

export const MetaToolSettings = z.strictObject({
  answerCharacters: z
    .number()
    .int()
    .min(1_000)
    .max(100_000)
    .default(6_000)
    .describe("Longest answer of search_tools."),
  deferringClients: z
    .array(z.string().min(1).max(256))
    .default(DEFERRING_CLIENTS)
    .describe(
      "Clients (globs on their names) that look tools up themselves: auto lists up to 300 tools for them.",
    ),
});
