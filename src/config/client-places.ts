import { join } from "node:path";

import type { Environment } from "./variables.ts";

/** Programs whose lists of MCP servers can be read. */
export const CLIENTS = ["claude-desktop", "claude-code", "vscode", "cursor"] as const;
export type Client = (typeof CLIENTS)[number];

export interface Machine {
  readonly platform: string;
  readonly home: string;
  /** The folder whose project files (`.mcp.json`, `.vscode/mcp.json`) are read. */
  readonly cwd: string;
  readonly env: Environment;
}

export interface ClientPlace {
  readonly client: Client;
  readonly file: string;
}

/** Every file in which one of the clients keeps servers, whether it exists or not. */
export function clientPlaces(machine: Machine): readonly ClientPlace[] {
  const { home, cwd } = machine;
  const settings = settingsFolder(machine);
  const places: readonly ClientPlace[] = [
    { client: "claude-desktop", file: join(settings, "Claude", "claude_desktop_config.json") },
    { client: "claude-code", file: join(home, ".claude.json") },
    { client: "claude-code", file: join(cwd, ".mcp.json") },
    { client: "vscode", file: join(settings, "Code", "User", "mcp.json") },
    { client: "vscode", file: join(cwd, ".vscode", "mcp.json") },
    { client: "cursor", file: join(home, ".cursor", "mcp.json") },
    { client: "cursor", file: join(cwd, ".cursor", "mcp.json") },
  ];
  // In the home folder the user's file is the project's too.
  return places.filter(({ file }, index) => places.findIndex((other) => other.file === file) === index);
}

/** Where desktop programs of this system keep the settings of a user. */
function settingsFolder({ platform, home, env }: Machine): string {
  if (platform === "darwin") return join(home, "Library", "Application Support");
  if (platform === "win32") return env["APPDATA"] || join(home, "AppData", "Roaming");
  return env["XDG_CONFIG_HOME"] || join(home, ".config");
}
