import type { Cache } from "../cache/cache.ts";
import { type JsonObject, stringAt } from "../domain/json.ts";
import { Reply } from "../wire/reply.ts";
import { pack, unpack } from "./answer-cache.ts";
import type { CallContext } from "./call.ts";

const LONGEST_MS = 5 * 60_000;
const MAX_BYTES = 1024 * 1024;

interface Read {
  readonly server: string;
  /** Of the server's definition. */
  readonly version: number;
  readonly params: JsonObject;
  readonly context: CallContext;
}

/**
 * Results of `resources/read` for as long as their upstream says (`ttlMs`, `cacheScope` of MCP 2026-07-28), at most
 * five minutes: a public one for all callers, a private one for its own.
 */
export class ResourceCache {
  readonly #cache: Cache;
  /** Servers that ever allowed it: for all others nobody looks. */
  readonly #servers = new Set<string>();

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  async find(read: Read): Promise<Reply | undefined> {
    if (!this.#servers.has(read.server) || !isPlain(read)) return undefined;
    const hit =
      (await this.#cache.get(keyOf(read, "public"))) ?? (await this.#cache.get(keyOf(read, "private")));
    return hit && withTtl(unpack(hit.value), hit.remainingMs);
  }

  /** The generation at which the resource is asked for. */
  get generation(): number {
    return this.#cache.generation;
  }

  keep(read: Read, reply: Reply, since: number): void {
    const life = isPlain(read) ? lifeOf(reply) : undefined;
    if (life === undefined) return;
    this.#servers.add(read.server);
    const tags = [read.server, allOf(read.server), oneOf(read.server, uriOf(read))];
    this.#cache.set(keyOf(read, life.scope), pack(reply), { ttlMs: life.ttlMs, tags, since });
  }

  /** The upstream says that a resource, or the list of them, is not what it was. */
  changed(server: string, uri?: string): void {
    if (this.#servers.has(server))
      void this.#cache.purge({ tag: uri === undefined ? allOf(server) : oneOf(server, uri) });
  }
}

interface Life {
  readonly ttlMs: number;
  readonly scope: "public" | "private";
}

/** For how long and for whom the upstream says that its answer is good; nothing if it does not. */
function lifeOf(reply: Reply): Life | undefined {
  const { kind, era, bytes } = reply;
  if (kind === "error" || era !== "2026" || bytes.length > MAX_BYTES || !bytes.includes('"ttlMs"'))
    return undefined;
  const { ttlMs, cacheScope: scope, resultType = "complete" } = reply.value;
  if (typeof ttlMs !== "number" || !(ttlMs > 0) || resultType !== "complete") return undefined;
  return scope === "public" || scope === "private"
    ? { ttlMs: Math.min(ttlMs, LONGEST_MS), scope }
    : undefined;
}

function uriOf({ params }: Read): string {
  return stringAt(params, "uri") ?? "";
}

/** With anything but a URI in the request, or somebody to be asked, the answer may be a special one. */
function isPlain({ params, context }: Read): boolean {
  return (
    typeof params["uri"] === "string" && Object.keys(params).length === 1 && context.onRequest === undefined
  );
}

function keyOf(read: Read, scope: "public" | "private"): string {
  const { server, version, context } = read;
  const { tenant, subject } = context.identity;
  const caller = scope === "public" ? ["public"] : ["private", tenant, subject];
  return ["resource", context.era, ...caller, server, String(version), uriOf(read)]
    .map(encodeURIComponent)
    .join(":");
}

function allOf(server: string): string {
  return `resources of ${server}`;
}

function oneOf(server: string, uri: string): string {
  return `resource of ${server}: ${uri}`;
}

/** Its time has begun to run: the caller may keep it for the rest only. */
function withTtl(reply: Reply, remainingMs: number): Reply {
  return Reply.of("result", { ...reply.value, ttlMs: Math.max(0, Math.floor(remainingMs)) }, reply.era);
}
