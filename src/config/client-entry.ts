import { basename } from "node:path";

import { type JsonObject, isJsonObject } from "../domain/json.ts";
import { meantEntry } from "../domain/meant-entry.ts";
import type { ServerEntry } from "../domain/server.ts";

/** Where the entry was found: `${workspaceFolder}` and its like are replaced by these. */
export interface EntryPlace {
  readonly home: string;
  readonly project: string;
}

export type Adapted =
  | { readonly entry: ServerEntry; readonly notes: readonly string[] }
  | { readonly skip: string };

const TAKEN = [
  "type",
  "command",
  "args",
  "env",
  "cwd",
  "url",
  "headers",
  "description",
  "disabled",
  "gateway",
];
/** Other clients' names for the same thing. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["transport", "type"],
  ["transportType", "type"],
  ["serverUrl", "url"],
  ["httpUrl", "url"],
  ["requestInit", "headers"],
]);
/** About the client's own screen or consent: nothing is lost without them. */
const CLIENT_ONLY = new Set(["alwaysAllow", "autoApprove", "autoStart", "dev", "enabled", "icon", "name"]);

/** An entry as a client wrote it, in the form that the gateway's config knows, with a note for all that changed. */
export function adaptEntry(raw: unknown, place: EntryPlace): Adapted {
  if (!isJsonObject(raw)) return { skip: "not an object" };
  const { entry, notes } = takeFields(raw, place);
  const schema = meantEntry(entry);
  if (schema === undefined) return { skip: 'it has neither a "command" nor a "url"' };
  const parsed = schema.safeParse(entry);
  if (parsed.success) return { entry: parsed.data, notes: [...notes, ...inputNotes(entry)] };
  const [issue] = parsed.error.issues;
  return { skip: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not understood"}` };
}

function takeFields(raw: JsonObject, place: EntryPlace): { entry: Record<string, unknown>; notes: string[] } {
  const notes: string[] = [];
  const entry: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(raw)) {
    const name = ALIASES.get(field) ?? field;
    if (TAKEN.includes(name)) entry[name] ??= adaptField(name, value, place, notes);
    else if (!CLIENT_ONLY.has(field)) notes.push(`"${field}" is not supported and was left out`);
  }
  if (raw["enabled"] === false) entry["disabled"] = true;
  return { entry, notes };
}

function adaptField(name: string, value: unknown, place: EntryPlace, notes: string[]): unknown {
  if (name === "type")
    return typeof value === "string" ? value.replace("streamable_http", "streamable-http") : value;
  if (name === "gateway") return value;
  if (name !== "env" && name !== "headers") return mapTexts(value, place);
  const fields = isJsonObject(value) && isJsonObject(value["headers"]) ? value["headers"] : value;
  return isJsonObject(fields) ? asTexts(name, fields, place, notes) : fields;
}

/** JSON allows `"PORT": 8080`; an environment and headers have texts only. */
function asTexts(
  name: string,
  fields: JsonObject,
  place: EntryPlace,
  notes: string[],
): Record<string, unknown> {
  const texts: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value === null) notes.push(`${name}.${key} is null and was left out`);
    else
      texts[key] =
        typeof value === "number" || typeof value === "boolean" ? String(value) : mapTexts(value, place);
  }
  return texts;
}

function mapTexts(value: unknown, place: EntryPlace): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => mapTexts(item, place));
  if (typeof value !== "string") return value;
  return value
    .replaceAll(/\$\{env:([A-Za-z_]\w*)\}/g, (_, name: string) => `\${${name}}`)
    .replaceAll(/\$\{(?:workspaceFolder|CLAUDE_PROJECT_DIR)\}/g, () => place.project)
    .replaceAll("${workspaceFolderBasename}", () => basename(place.project))
    .replaceAll("${userHome}", () => place.home);
}

function inputNotes(entry: unknown): string[] {
  const inputs = new Set(JSON.stringify(entry).match(/(?<=\$\{input:)[\w.-]+(?=\})/g));
  return [...inputs].map(
    (input) => `it asks for "${input}": replace \${input:${input}} by an environment variable`,
  );
}
