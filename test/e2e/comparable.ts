import { expect } from "chai";

import type { Json } from "../support/mcp-clients.ts";

const WRAPPED_URI = /switchgear:\/\/[A-Za-z0-9_-]+\//g;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** `3:04:05 PM`, `Sat Nov 21 2026 15:04:05 GMT+0000 (…)` and ISO instants. */
const TIMES =
  /\d{4}-\d\d-\d\dT[\d:.]+Z|\w{3} \w{3} \d\d \d{4} [\d:]+ GMT[+-]\d{4}(?: \([^)]*\))?|\d{1,2}:\d\d:\d\d(?: [AP]M)?/g;

/** What a 2026 leg adds to every result. */
const OF_THE_ERA = new Set(["resultType", "ttlMs", "cacheScope"]);
const SERVER_INFO = "io.modelcontextprotocol/serverInfo";

/** An answer without what differs between two calls by nature: times, session ids, folders, the era's own fields. */
export function comparable(value: unknown, folder?: string): unknown {
  if (typeof value === "string") return comparableText(value, folder);
  if (Array.isArray(value)) return value.map((item) => comparable(item, folder));
  if (typeof value !== "object" || value === null) return value;
  return comparableObject(value as Json, folder);
}

function comparableText(text: string, folder: string | undefined): string {
  const placed = folder === undefined ? text : text.replaceAll(folder, "<folder>");
  return placed.replace(WRAPPED_URI, "").replace(UUID, "<uuid>").replace(TIMES, "<time>");
}

function comparableObject(object: Json, folder: string | undefined): Json {
  const found: Json = {};
  for (const [key, value] of Object.entries(object)) {
    if (OF_THE_ERA.has(key) || value === undefined) continue;
    if (key === "_meta") {
      const { [SERVER_INFO]: _, ...meta } = value as Json;
      if (Object.keys(meta).length > 0) found[key] = comparable(meta, folder);
    } else if (key === "blob" && typeof value === "string") {
      // Times hide in there too.
      found[key] = comparableText(Buffer.from(value, "base64").toString("latin1"), folder);
    } else {
      found[key] = comparable(value, folder);
    }
  }
  return found;
}

/** Equality that says which entry differs, and not only that two lists of hundred entries do. */
export function expectSameEntries(actual: readonly Json[], expected: readonly Json[], key: string): void {
  const keys = (entries: readonly Json[]): unknown[] => entries.map((entry) => entry[key]);

  expect(keys(actual)).to.have.members(keys(expected));
  for (const entry of expected) {
    const found = actual.find((candidate) => candidate[key] === entry[key]);

    expect(comparable(found), String(entry[key])).to.deep.equal(comparable(entry));
  }
}
