import { type Json, type JsonObject, isJsonObject, stringAt } from "../domain/json.ts";
import type { Catalog } from "../registry/registry.ts";
import type { Answerer } from "../upstream/upstream.ts";
import { Reply } from "../wire/reply.ts";
import type { Endpoint } from "./endpoint.ts";

type Rename = (uri: string) => string;

/** A resource that was asked for under one URI and is another at its upstream. */
export interface AskedUri {
  readonly publicUri: string;
  readonly upstreamUri: string;
}

/**
 * Upstream URIs become public ones in an answer. Only those that lead to another upstream differ, so most answers
 * pass untouched. They stand in resource contents, resource links, embedded resources and questions, and in `_meta`
 * where MCP Apps name a page. What was asked for comes back under the URI by which it was asked for.
 */
export function withPublicUris(reply: Reply, catalog: Catalog, server: string, asked?: AskedUri): Reply {
  if (!mayNameUri(reply.bytes)) return reply;
  const renames = new Renames((uri) =>
    uri === asked?.upstreamUri ? asked.publicUri : catalog.publicUri(server, uri),
  );
  const value = reply.kind === "error" ? errorOf(reply.value, asked) : rewrite(reply.value, renames.rename);
  const isChanged = reply.kind === "error" ? value !== reply.value : renames.isChanged;
  return isChanged ? Reply.of(reply.kind, value, reply.era) : reply;
}

/** The short pieces first: to find a longer one takes eighty times as long. */
function mayNameUri(bytes: Buffer): boolean {
  return bytes.includes('"uri"') || (bytes.includes('Uri"') && bytes.includes('resourceUri"'));
}

/** The same for the params of what an upstream asks or says: the messages of `sampling/createMessage`. */
export function withPublicUrisInParams(params: JsonObject, catalog: Catalog, server: string): JsonObject {
  const renames = new Renames((uri) => catalog.publicUri(server, uri));
  const value = rewrite(params, renames.rename);
  return renames.isChanged ? value : params;
}

/** Questions of an upstream with public URIs, for whoever answers them; a server's own endpoint shows its own. */
export function withPublicQuestions(
  answer: Answerer,
  { catalog, endpoint, server }: { catalog: () => Catalog; endpoint: Endpoint; server: string },
): Answerer {
  if (endpoint.kind === "server") return answer;
  return (question) => {
    const params = withPublicUrisInParams(question.params, catalog(), server);
    if (params === question.params) return answer(question);
    return answer({ method: question.method, params, signal: question.signal });
  };
}

class Renames {
  isChanged = false;
  readonly rename: Rename;

  constructor(publicUri: Rename) {
    this.rename = (uri) => {
      const shown = publicUri(uri);
      this.isChanged ||= shown !== uri;
      return shown;
    };
  }
}

/** MCP 2026-07-28: `data.uri` of an error names the resource that was not found. */
function errorOf(error: JsonObject, asked: AskedUri | undefined): JsonObject {
  const { data } = error;
  if (asked === undefined || !isJsonObject(data) || data["uri"] !== asked.upstreamUri) return error;
  return { ...error, data: { ...data, uri: asked.publicUri } };
}

const HOLDERS: ReadonlySet<string> = new Set(["content", "contents", "messages", "resource"]);

/** Only where the protocol has URIs: a `uri` inside a tool's structured content is the tool's own business. */
function rewrite(value: JsonObject, rename: Rename): JsonObject {
  const changed = Object.entries(value).map(([key, member]): [string, Json | undefined] => {
    if (key === "uri" && typeof member === "string") return [key, rename(member)];
    if (key === "_meta" && isJsonObject(member)) return [key, withPublicPage(member, rename)];
    if (key === "inputRequests" && isJsonObject(member)) return [key, inRequests(member, rename)];
    return [key, HOLDERS.has(key) ? rewriteAny(member, rename) : member];
  });
  return Object.fromEntries(changed);
}

function rewriteAny(value: Json | undefined, rename: Rename): Json | undefined {
  if (Array.isArray(value)) return value.map((item: Json) => rewriteAny(item, rename) ?? null);
  return isJsonObject(value) ? rewrite(value, rename) : value;
}

/** What a 2026 upstream asks, by names that it chose. */
function inRequests(requests: JsonObject, rename: Rename): JsonObject {
  const changed = Object.entries(requests).map(([key, request]): [string, Json | undefined] => {
    if (!isJsonObject(request) || !isJsonObject(request["params"])) return [key, request];
    return [key, { ...request, params: rewrite(request["params"], rename) }];
  });
  return Object.fromEntries(changed);
}

/** Where MCP Apps name the page of a tool: `ui.resourceUri`, and before 2026 `ui/resourceUri` (SEP-1865). */
const FLAT_KEYS = ["ui/resourceUri", "openai/outputTemplate"] as const;

function withPublicPage(meta: JsonObject, rename: Rename): JsonObject {
  const { ui } = meta;
  const flat = FLAT_KEYS.flatMap((key) => {
    const uri = stringAt(meta, key);
    return uri === undefined ? [] : [[key, rename(uri)] as const];
  });
  const page = isJsonObject(ui) ? stringAt(ui, "resourceUri") : undefined;
  if (flat.length === 0 && page === undefined) return meta;
  const nested = isJsonObject(ui) && page !== undefined ? { ui: { ...ui, resourceUri: rename(page) } } : {};
  return { ...meta, ...Object.fromEntries(flat), ...nested };
}

/** The URI of the page that shows this tool's results, if it has one. */
export function uiUriOf({ _meta }: JsonObject): string | undefined {
  if (!isJsonObject(_meta)) return undefined;
  const { ui } = _meta;
  const page = isJsonObject(ui) ? stringAt(ui, "resourceUri") : undefined;
  return page ?? stringAt(_meta, FLAT_KEYS[0]) ?? stringAt(_meta, FLAT_KEYS[1]);
}

/** A tool's definition with the page's public URI. */
export function withPublicUi(definition: JsonObject, publicUri: Rename): JsonObject {
  const { _meta } = definition;
  if (!isJsonObject(_meta)) return definition;
  const meta = withPublicPage(_meta, publicUri);
  return meta === _meta ? definition : { ...definition, _meta: meta };
}
