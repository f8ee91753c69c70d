import { existsSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";

import { GatewayError } from "../domain/errors.ts";
import { type JsonObject, canonicalJson, isJsonObject } from "../domain/json.ts";
import type { ServerEntry } from "../domain/server.ts";
import { type EntryPlace, adaptEntry } from "./client-entry.ts";
import { type Client, type Machine, clientPlaces } from "./client-places.ts";
import { ConfigError } from "./config-error.ts";
import { ConfigText } from "./config-text.ts";
import { allowedName } from "./server-names.ts";

/** The servers of one file of an MCP client, in the form that the gateway knows. */
export interface ClientConfig {
  readonly source: Client | "file";
  readonly file: string;
  readonly servers: Readonly<Record<string, ServerEntry>>;
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /** What was changed on the way: names, fields that the gateway has no use for. `name` as in `servers`. */
  readonly notes: readonly { readonly name: string; readonly note: string }[];
  /** Why the file could not be read at all. */
  readonly problem?: string;
}

/** The files of all clients (or one) that exist on this machine. A broken one is returned with its `problem`. */
export function readClientConfigs(machine: Machine, client?: Client): readonly ClientConfig[] {
  return clientPlaces(machine)
    .filter((place) => (client === undefined || place.client === client) && existsSync(place.file))
    .map((place) => {
      try {
        return readClientConfig(place.file, machine, place.client);
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        return {
          source: place.client,
          file: place.file,
          servers: {},
          skipped: [],
          notes: [],
          problem: error.message,
        };
      }
    });
}

/**
 * One file: `mcpServers` (Claude, Cursor and most others), `servers` (VS Code), `mcp.servers` (its settings.json),
 * `projects.*.mcpServers` (Claude Code) or a bare object of entries. Throws a ConfigError if there is nothing of the kind.
 */
export function readClientConfig(
  file: string,
  machine: Machine,
  source: Client | "file" = "file",
): ClientConfig {
  const value = new ConfigText(readText(file), file).value;
  if (!isJsonObject(value))
    throw new ConfigError(file, [{ path: "", message: "expected an object with servers" }]);
  const project = projectOf(file);
  const collected = new Collected(machine.home);
  for (const list of serverLists(value)) collected.addAll(list.servers, list.project ?? project);
  return { source, file, servers: collected.servers, skipped: collected.skipped, notes: collected.notes };
}

interface ServerList {
  readonly servers: JsonObject;
  readonly project?: string;
}

function serverLists(value: JsonObject): readonly ServerList[] {
  const lists: ServerList[] = [];
  const add = (servers: unknown, project?: string) => {
    if (isJsonObject(servers)) lists.push({ servers, ...(project === undefined ? {} : { project }) });
  };
  add(value["mcpServers"]);
  add(value["servers"]);
  if (isJsonObject(value["mcp"])) add(value["mcp"]["servers"]);
  if (isJsonObject(value["projects"]))
    for (const [project, settings] of Object.entries(value["projects"]))
      if (isJsonObject(settings)) add(settings["mcpServers"], project);
  const entries = Object.values(value);
  const bare =
    entries.length > 0 &&
    entries.every((entry) => isJsonObject(entry) && ("command" in entry || "url" in entry));
  if (lists.length === 0 && bare) add(value);
  return lists;
}

class Collected {
  readonly servers: Record<string, ServerEntry> = {};
  readonly skipped: { name: string; reason: string }[] = [];
  readonly notes: { name: string; note: string }[] = [];
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
  }

  addAll(list: JsonObject, project: string): void {
    for (const [name, raw] of Object.entries(list)) this.#add(name, raw, { home: this.#home, project });
  }

  #add(name: string, raw: unknown, place: EntryPlace): void {
    const adapted = isSwitchgear(name, raw) ? { skip: "it is this gateway itself" } : adaptEntry(raw, place);
    if ("skip" in adapted) {
      this.skipped.push({ name, reason: adapted.skip });
      return;
    }
    const same = Object.values(this.servers).map(canonicalJson);
    if (Object.hasOwn(this.servers, name) && same.includes(canonicalJson(adapted.entry))) return;
    const given = allowedName(name, new Set(Object.keys(this.servers)));
    this.servers[given] = adapted.entry;
    if (given !== name) this.notes.push({ name: given, note: `renamed from "${name}"` });
    this.notes.push(...adapted.notes.map((note) => ({ name: given, note })));
  }
}

/** Importing the gateway's own entry would make it call itself. */
function isSwitchgear(name: string, raw: unknown): boolean {
  if (!isJsonObject(raw)) return false;
  const words = [raw["command"], ...(Array.isArray(raw["args"]) ? (raw["args"] as unknown[]) : [])];
  const started = words.some(
    (word) => typeof word === "string" && /(?:^|[\\/])switchgear(?:@[\w.-]+|\.cmd|\.exe)?$/.test(word),
  );
  return started || (name === "switchgear" && ("url" in raw || "command" in raw));
}

/** `.vscode/mcp.json` and `.cursor/mcp.json` lie one folder below the project that they are for. */
function projectOf(file: string): string {
  const folder = dirname(file);
  return basename(folder).startsWith(".") ? dirname(folder) : folder;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const message =
      (cause as NodeJS.ErrnoException).code === "ENOENT"
        ? "this file does not exist"
        : "this file cannot be read";
    throw new ConfigError(file, [{ path: "", message }], { cause });
  }
}
