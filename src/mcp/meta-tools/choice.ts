import { GatewayError, InvalidRequest } from "../../domain/errors.ts";
import { isMetaTool } from "../../domain/list-mode.ts";
import type { Tool } from "../../domain/offering.ts";
import type { Server } from "../../domain/server.ts";
import type { ShownTool, ShownTools } from "../../listing/listing.ts";
import type { NamedCall } from "./spellings.ts";

const MAX_SHOWN_NAME = 128;

/**
 * The tool that is meant, among those that exist here. Throws GatewayError("tool_not_found") with the nearest names,
 * InvalidRequest for one of the gateway's own.
 */
export function chosen(
  { name, server }: Pick<NamedCall, "name" | "server">,
  shown: ShownTools,
  similar: (text: string) => readonly string[],
): ShownTool {
  const found = server === undefined ? byName(name, shown) : ofServer(name, server, shown);
  if (found !== undefined) return found;
  if (isMetaTool(name)) {
    const message = `"${name}" is called by itself, not through another tool.`;
    throw new InvalidRequest(message, [{ path: "name", message: "expected the id of a tool" }], {
      executed: "not_executed",
    });
  }
  const nearest = similar(server === undefined ? name : `${server} ${name}`);
  throw unknownTool(name, nearest);
}

function byName(name: string, shown: ShownTools): ShownTool | undefined {
  const exact = shown.meant(name);
  if (exact !== undefined) return exact;
  const bare = withoutClientsPrefix(name);
  const plain = bare === name ? undefined : shown.meant(bare);
  return plain ?? qualified(bare, shown);
}

function ofServer(name: string, server: string, shown: ShownTools): ShownTool | undefined {
  const own = shown.meant(name, server);
  if (own !== undefined) return own;
  const named = byName(name, shown);
  return named?.tool.server === server ? named : undefined;
}

/** Claude Code names tools `mcp__<its server>__<name>`. */
function withoutClientsPrefix(name: string): string {
  return name.replace(/^mcp__.+?__/, "");
}

/** `github/create_issue`, `github.create_issue`, `github:create_issue`: looked up, so that no server can pose as another. */
function qualified(name: string, shown: ShownTools): ShownTool | undefined {
  const end = name.search(/[/.:]/);
  return end <= 0 ? undefined : shown.meant(name.slice(end + 1), name.slice(0, end));
}

function unknownTool(name: string, nearest: readonly string[]): GatewayError {
  const meant = nearest.length === 0 ? "" : ` The nearest: ${nearest.join(", ")}.`;
  return new GatewayError(
    "tool_not_found",
    `There is no tool "${name.slice(0, MAX_SHOWN_NAME)}" here.${meant}`,
    {
      executed: "not_executed",
      details: { tool: name.slice(0, MAX_SHOWN_NAME), nearest },
      fix: [{ label: "Find the tool with search_tools, and use its id" }],
    },
  );
}

/** Throws GatewayError("tool_not_read_only"). An upstream's word alone is not enough: anybody can say that he only reads. */
export function requireReadOnly(name: string, tool: Tool, server: Server | undefined): void {
  const isTrusted = server?.entry.gateway.trusted === true;
  if (tool.readOnly && isTrusted) return;
  const reason = tool.readOnly
    ? `its server "${tool.server}" says so, but the operator does not trust that server`
    : "its server does not mark it as read-only";
  throw new GatewayError("tool_not_read_only", `call_read_tool does not call "${name}": ${reason}.`, {
    executed: "not_executed",
    details: { tool: tool.id, server: tool.server },
    fix: [
      { label: 'Use call_tool, if the user agrees, with the same "name" and "arguments"' },
      ...(tool.readOnly
        ? [{ label: `The operator can trust the server: mcpServers.${tool.server}.gateway.trusted` }]
        : []),
    ],
  });
}
