import { readFileSync, readdirSync } from "node:fs";
import { join, sep } from "node:path";

import { BEHAVIOURS } from "./behaviours.ts";

/** A call of `proves` with its ids, over as many lines as it takes. */
const CITATION = /\bproves\(\s*((?:"[\w.-]+"\s*,?\s*)+)\)/g;
const GENERATED = "<!-- From here on written by `npm run protocol`. -->";

/** Which test files cite a behaviour, by its id. */
export function readCitations(root: string): ReadonlyMap<string, readonly string[]> {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((path) => path.split(sep).join("/"))
    .filter((path) => path.endsWith(".ts"))
    .sort();
  const found = new Map<string, string[]>();
  for (const file of files) {
    for (const id of idsIn(readFileSync(join(root, file), "utf8")))
      found.set(id, [...(found.get(id) ?? []), file]);
  }
  return found;
}

/** Each id once, in the order of the text. */
export function idsIn(source: string): readonly string[] {
  const ids = [...source.matchAll(CITATION)].flatMap((match) =>
    [...(match[1] ?? "").matchAll(/"([\w.-]+)"/g)].map((quoted) => quoted[1] ?? ""),
  );
  return [...new Set(ids)];
}

/** The document with its tables written anew; what stands above them is written by hand. */
export function writeProtocol(document: string, citations: ReadonlyMap<string, readonly string[]>): string {
  const [head = ""] = document.split(GENERATED);
  const sources = [...new Set(BEHAVIOURS.map(({ source }) => source))];
  const tables = sources.map((source) => {
    const rows = BEHAVIOURS.filter((behaviour) => behaviour.source === source).map(
      ({ id, text }) => `| \`${id}\` | ${text} | ${tests(citations.get(id) ?? [])} |`,
    );
    return [`### ${source}`, "", "| Behaviour | What holds | Proven in |", "|---|---|---|", ...rows].join(
      "\n",
    );
  });
  return `${head}${GENERATED}\n\n${tables.join("\n\n")}\n`;
}

function tests(files: readonly string[]): string {
  return files.map((file) => `[${file}](../test/${file})`).join(", ");
}
