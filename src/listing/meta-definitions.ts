import type { JsonObject } from "../domain/json.ts";
import type { MetaTool } from "../domain/list-mode.ts";
import { type NotedServer, counted, serverNotes } from "./server-notes.ts";

/** Claude Code cuts descriptions at 2 KB. */
const MAX_DESCRIPTION = 1_900;
const NAMES = 300;

export interface MetaCatalog {
  /** Those that have tools here. */
  readonly servers: readonly NotedServer[];
  readonly tools: number;
  /** Servers whose hints the operator believes. */
  readonly trusted: readonly string[];
  /** Whether whoever reads this may call tools at all. */
  readonly calls: boolean;
}

interface Definition extends JsonObject {
  readonly name: MetaTool;
}

const ARGUMENTS: JsonObject = {
  type: "object",
  additionalProperties: true,
  description: "As the tool's inputSchema says.",
};

/** The definitions of the meta-tools for one reader at one place. Equal catalogs give equal texts. */
export function metaDefinitions(catalog: MetaCatalog): readonly Definition[] {
  const finding = [searchTools(catalog), describeTools()];
  return catalog.calls ? [...finding, callTool(catalog), callReadTool(catalog)] : finding;
}

function searchTools({ servers, tools }: MetaCatalog): Definition {
  const intro =
    'Find tools on the connected MCP servers. Call this first: describe the task in plain words (for example "create a GitHub issue", "read a file"). ' +
    "Returns the best matches with id, signature ('?' marks optional parameters), one-line description, risk (read, write, destructive) and score; the best match also carries its full inputSchema.";
  const here =
    servers.length === 0
      ? "No server offers tools at present."
      : `There are ${counted(tools, "tool")} on ${counted(servers.length, "server")}:`;
  const room = MAX_DESCRIPTION - intro.length - here.length - 4;
  const notes = servers.length === 0 ? "" : `\n${serverNotes(servers, room)}`;
  return {
    name: "search_tools",
    description: `${intro}\n\n${here}${notes}`,
    inputSchema: {
      type: "object",
      properties: {
        query: {
          type: "string",
          description: "What you want to do, in plain words. A tool id or /regex/ also works.",
        },
        limit: { type: "integer", minimum: 1, maximum: 25, default: 8 },
        server: { type: "string", description: "Only this server." },
        risk: { type: "string", enum: ["read", "write", "any"], default: "any" },
      },
      required: ["query"],
    },
    annotations: { title: "Search tools", readOnlyHint: true, openWorldHint: false },
  };
}

function describeTools(): Definition {
  return {
    name: "describe_tools",
    description:
      "Full definition (description, inputSchema, outputSchema, annotations, health) of up to 10 tools by id. " +
      "With check=true returns only whether each can be called now and, if not, why and what to do.",
    inputSchema: {
      type: "object",
      properties: {
        ids: { type: "array", items: { type: "string" }, maxItems: 50 },
        check: { type: "boolean", default: false },
      },
      required: ["ids"],
    },
    annotations: { title: "Describe tools", readOnlyHint: true, openWorldHint: false },
  };
}

function callTool({ servers }: MetaCatalog): Definition {
  const first = servers[0]?.tools[0]?.id ?? "github__create_issue";
  return {
    name: "call_tool",
    description:
      "Call any tool found with search_tools. 'arguments' must match that tool's inputSchema. The answer is the tool's own.",
    inputSchema: callSchema(`Tool id, for example ${first}`),
    annotations: { title: "Call a tool", readOnlyHint: false, destructiveHint: true, openWorldHint: true },
  };
}

function callReadTool({ trusted }: MetaCatalog): Definition {
  const names = trusted.join(", ");
  const where =
    trusted.length === 0
      ? "No server here is trusted at present: use call_tool."
      : `Those are: ${names.length <= NAMES ? names : `${names.slice(0, NAMES)}…`}.`;
  return {
    name: "call_read_tool",
    description: `Like call_tool, but refuses every tool that is not marked read-only by a server that the operator trusts. Safe to auto-approve. ${where}`,
    inputSchema: callSchema("Tool id"),
    annotations: { title: "Call a read-only tool", readOnlyHint: true, openWorldHint: true },
  };
}

function callSchema(name: string): JsonObject {
  return {
    type: "object",
    properties: { name: { type: "string", description: name }, arguments: ARGUMENTS },
    required: ["name"],
  };
}
