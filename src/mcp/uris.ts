import { type Json, type JsonObject, isJsonObject } from "../domain/json.ts";
import type { Catalog } from "../registry/registry.ts";
import { Reply } from "../wire/reply.ts";

/**
 * Upstream URIs become public ones in an answer. Only those that lead to another upstream differ, so most answers
 * pass untouched. They stand in resource contents, resource links and embedded resources.
 */
export function withPublicUris(reply: Reply, catalog: Catalog, server: string): Reply {
  if (reply.kind === "error" || !reply.bytes.includes('"uri"')) return reply;
  let changed = false;
  const publicUri = (uri: string): string => {
    const shown = catalog.publicUri(server, uri);
    changed ||= shown !== uri;
    return shown;
  };
  const value = rewrite(reply.value, publicUri) as JsonObject;
  return changed ? Reply.of("result", value, reply.era) : reply;
}

const HOLDERS: ReadonlySet<string> = new Set(["content", "contents", "messages", "resource"]);

/** Only where the protocol has URIs: a `uri` inside a tool's structured content is the tool's own business. */
function rewrite(value: Json | undefined, publicUri: (uri: string) => string): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, publicUri) ?? null);
  if (!isJsonObject(value)) return value;
  const changed = Object.entries(value).map(([key, member]): [string, Json | undefined] => {
    if (key === "uri" && typeof member === "string") return [key, publicUri(member)];
    return [key, HOLDERS.has(key) ? rewrite(member, publicUri) : member];
  });
  return Object.fromEntries(changed);
}
