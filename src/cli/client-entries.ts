import type { Client } from "../config/config.ts";

export interface EntryInput {
  /** `http://127.0.0.1:4470` */
  readonly url: string;
  /** Absent: a placeholder that says where to get one. */
  readonly key: string | undefined;
  /** Absent: everything, at `/mcp`. */
  readonly profile?: string | undefined;
  /** The words that start this program. */
  readonly launch: readonly [string, ...string[]];
}

export interface ClientEntry {
  /** What to do with it. */
  readonly how: string;
  /** A command to run, or the text to put into a file. */
  readonly kind: "command" | "json";
  readonly text: string;
  /** The same for programs. */
  readonly entry: Readonly<Record<string, unknown>>;
}

const PLACEHOLDER = "<api key>";

/** What a client needs in order to use the gateway. Keys go to clients that speak HTTP; the others start `switchgear stdio`. */
export const CLIENT_ENTRIES: Readonly<Record<Client, (input: EntryInput) => ClientEntry>> = {
  "claude-code": (input) => {
    const entry = { type: "http", ...remote(input) };
    const header = `Authorization: ${entry.headers.Authorization}`;
    const words = [
      "claude",
      "mcp",
      "add",
      "--transport",
      "http",
      "switchgear",
      entry.url,
      "--header",
      header,
    ];
    return { how: "Run this:", kind: "command", text: words.map(quote).join(" "), entry };
  },
  "claude-desktop": ({ launch: [command, ...args], profile }) => {
    const entry = { command, args: [...args, "stdio", ...(profile ? ["--profile", profile] : [])] };
    return {
      how: "Put this into claude_desktop_config.json (Settings ▸ Developer ▸ Edit Config) and restart Claude Desktop:",
      kind: "json",
      text: JSON.stringify({ mcpServers: { switchgear: entry } }, null, 2),
      entry,
    };
  },
  vscode: (input) => {
    const entry = { type: "http", ...remote(input) };
    return {
      how: "Put this into .vscode/mcp.json, or into the file that “MCP: Open User Configuration” opens:",
      kind: "json",
      text: JSON.stringify({ servers: { switchgear: entry } }, null, 2),
      entry,
    };
  },
  cursor: (input) => {
    const entry = remote(input);
    return {
      how: "Put this into ~/.cursor/mcp.json, or into .cursor/mcp.json of a project:",
      kind: "json",
      text: JSON.stringify({ mcpServers: { switchgear: entry } }, null, 2),
      entry,
    };
  },
};

function remote({ url, key, profile }: EntryInput): { url: string; headers: { Authorization: string } } {
  const path = profile === undefined ? "/mcp" : `/mcp/p/${profile}`;
  return { url: url + path, headers: { Authorization: `Bearer ${key ?? PLACEHOLDER}` } };
}

/** For a POSIX shell; words that need no quotes get none. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `"${word.replaceAll(/["\\$`]/g, "\\$&")}"`;
}
