import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { type JsonObject, canonicalJson, stringAt } from "../../src/domain/json.ts";
import type { Tool } from "../../src/domain/offering.ts";

interface ToolLine {
  readonly id: string;
  readonly server: string;
  readonly name: string;
  readonly description: string;
  readonly inputSchema?: JsonObject;
}

export interface Query {
  readonly id: string;
  readonly query: string;
  readonly relevant: readonly string[];
  /** How good an answer each is; 1 where nothing is said. */
  readonly grades?: Readonly<Record<string, number>>;
  /** Tools of one group are as good as each other: one of each is enough. */
  readonly groups?: readonly (readonly string[])[];
}

/** Tools and questions in the simple form: `tools.jsonl` and one or more `*.jsonl` of queries in a folder. */
export interface Pack {
  readonly name: string;
  readonly tools: readonly Tool[];
  /** The pack's own id of a tool, by `<server>/<name>` as they are here. */
  readonly idOf: ReadonlyMap<string, string>;
  readonly queries: Readonly<Record<string, readonly Query[]>>;
}

const QUERY_FILES = ["queries", "dev", "lab", "multi"];

export function readPack(folder: string): Pack {
  const placed = place(linesOf<ToolLine>(join(folder, "tools.jsonl")));
  return {
    name: folder.split("/").findLast((part) => part !== "") ?? folder,
    tools: placed.map(({ tool }) => tool),
    idOf: new Map(placed.map(({ tool, id }) => [`${tool.server}/${tool.name}`, id])),
    queries: Object.fromEntries(
      QUERY_FILES.filter((name) => existsSync(join(folder, `${name}.jsonl`))).map((name) => [
        name,
        linesOf<Query>(join(folder, `${name}.jsonl`)),
      ]),
    ),
  };
}

function linesOf<Line>(file: string): Line[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Line);
}

/** A server has no two tools of a name: the second goes to a second server. */
function place(lines: readonly ToolLine[]): { tool: Tool; id: string }[] {
  const taken = new Set<string>();
  const placed: { tool: Tool; id: string }[] = [];
  for (const { id, server, name, description, inputSchema = { type: "object" } } of lines) {
    const wanted = serverName(server);
    let actual = wanted;
    for (let number = 2; taken.has(`${actual}/${name}`); number++) actual = `${wanted}-${number}`;
    taken.add(`${actual}/${name}`);
    const definition: JsonObject = { name, description, inputSchema: { type: "object", ...inputSchema } };
    placed.push({ id, tool: toolOf(actual, definition) });
  }
  return placed;
}

export function toolOf(server: string, definition: JsonObject): Tool {
  const name = stringAt(definition, "name") ?? "";
  return {
    id: `${server}__${name}`,
    server,
    name,
    description: stringAt(definition, "description") ?? "",
    definition,
    readOnly: false,
    idempotent: false,
    destructive: false,
    tags: [],
    hash: createHash("sha256").update(canonicalJson(definition)).digest("hex"),
  };
}

/** What a server may be called in Switchgear. */
function serverName(server: string): string {
  const plain = server.replaceAll(/[^A-Za-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "");
  return plain.slice(0, 28) || "pack";
}
