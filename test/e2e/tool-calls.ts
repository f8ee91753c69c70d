import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { RED_PIXEL_PNG } from "../fixtures/conformance/media.ts";
import type { Json } from "../support/mcp-clients.ts";

export interface ToolCall {
  readonly tool: string;
  readonly args: Json;
  /** The answer differs from call to call by nature; only its shape is compared. */
  readonly varies?: true;
}

/** Tools of the reference servers that are not called here, and why. */
export const NOT_CALLED: Readonly<Record<string, string>> = {
  "simulate-research-query": "runs only as a task: test/e2e/tasks",
  "get-roots-list": "it asks the client, and these clients answer nothing; test/e2e/matrix has such calls",
  "trigger-elicitation-request":
    "it asks the client, and these clients answer nothing; test/e2e/matrix has such calls",
  "trigger-url-elicitation":
    "it asks the client, and these clients answer nothing; test/e2e/matrix has such calls",
  "trigger-sampling-request":
    "it asks the client, and these clients answer nothing; test/e2e/matrix has such calls",
  "trigger-sampling-request-async":
    "it asks the client, and these clients answer nothing; test/e2e/matrix has such calls",
  "trigger-elicitation-request-async":
    "it asks the client, and these clients answer nothing; test/e2e/matrix has such calls",
};

const HELLO = `data:text/plain;base64,${Buffer.from("hello, hello, hello").toString("base64")}`;

export const EVERYTHING_CALLS: readonly ToolCall[] = [
  { tool: "echo", args: { message: "grüße 👋" } },
  { tool: "get-annotated-message", args: { messageType: "error", includeImage: true } },
  { tool: "get-env", args: {}, varies: true },
  { tool: "get-resource-links", args: { count: 4 } },
  { tool: "get-resource-reference", args: { resourceType: "Blob", resourceId: 3 } },
  { tool: "get-structured-content", args: { location: "Chicago" } },
  { tool: "get-sum", args: { a: 19, b: 23 } },
  { tool: "get-tiny-image", args: {} },
  { tool: "gzip-file-as-resource", args: { name: "inline.gz", data: HELLO, outputType: "resource" } },
  { tool: "toggle-simulated-logging", args: {} },
  { tool: "toggle-simulated-logging", args: {} },
  { tool: "toggle-subscriber-updates", args: {} },
  { tool: "toggle-subscriber-updates", args: {} },
  { tool: "trigger-long-running-operation", args: { duration: 0.1, steps: 2 } },
];

const PEOPLE = [
  { name: "Ada", entityType: "person", observations: ["wrote the first program"] },
  { name: "Engine", entityType: "machine", observations: ["has a mill and a store"] },
];
const RELATION = { from: "Ada", to: "Engine", relationType: "programs" };

/** Leaves the graph as empty as it was, so that every client finds the same. */
export const MEMORY_CALLS: readonly ToolCall[] = [
  { tool: "create_entities", args: { entities: PEOPLE } },
  { tool: "create_relations", args: { relations: [RELATION] } },
  { tool: "add_observations", args: { observations: [{ entityName: "Ada", contents: ["was a countess"] }] } },
  { tool: "read_graph", args: {} },
  { tool: "search_nodes", args: { query: "countess" } },
  { tool: "open_nodes", args: { names: ["Engine"] } },
  {
    tool: "delete_observations",
    args: { deletions: [{ entityName: "Ada", observations: ["was a countess"] }] },
  },
  { tool: "delete_relations", args: { relations: [RELATION] } },
  { tool: "delete_entities", args: { entityNames: ["Ada", "Engine"] } },
];

/** A folder with the same files for everybody who calls. */
export function prepareFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "sub"), { recursive: true });
  writeFileSync(join(folder, "a.txt"), "first line\nsecond line\nthird line\n");
  writeFileSync(join(folder, "sub/b.txt"), "another file\n");
  writeFileSync(join(folder, "pixel.png"), Buffer.from(RED_PIXEL_PNG, "base64"));
}

export function fileCalls(folder: string): readonly ToolCall[] {
  const at = (name: string): string => join(folder, name);
  return [
    { tool: "list_allowed_directories", args: {} },
    { tool: "read_file", args: { path: at("a.txt"), head: 1 } },
    { tool: "read_text_file", args: { path: at("a.txt"), tail: 2 } },
    { tool: "read_media_file", args: { path: at("pixel.png") } },
    { tool: "read_multiple_files", args: { paths: [at("a.txt"), at("sub/b.txt"), at("missing.txt")] } },
    { tool: "write_file", args: { path: at("new.txt"), content: "written through MCP" } },
    { tool: "edit_file", args: { path: at("new.txt"), edits: [{ oldText: "written", newText: "edited" }] } },
    { tool: "create_directory", args: { path: at("made") } },
    { tool: "move_file", args: { source: at("new.txt"), destination: at("made/moved.txt") } },
    { tool: "list_directory", args: { path: folder } },
    { tool: "list_directory_with_sizes", args: { path: folder, sortBy: "size" } },
    { tool: "directory_tree", args: { path: folder } },
    { tool: "search_files", args: { path: folder, pattern: "**/*.txt" } },
    { tool: "get_file_info", args: { path: at("a.txt") } },
    // A failure of the tool itself is an answer like any other.
    { tool: "read_text_file", args: { path: "/etc/passwd" } },
  ];
}

export const PROMPT_ARGUMENTS: Readonly<Record<string, Record<string, string>>> = {
  "simple-prompt": {},
  "args-prompt": { city: "Ulm", state: "Baden" },
  "completable-prompt": { department: "Engineering", name: "Alice" },
  "resource-prompt": { resourceType: "Text", resourceId: "1" },
};

/** Addresses that no list names; a template leads to them. */
export const TEMPLATE_READS: readonly string[] = [
  "demo://resource/dynamic/text/7",
  "demo://resource/dynamic/blob/8",
];
