import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

import { LISTS, explanation } from "./stub-explanation.ts";
import { ADD, CACHE, ECHO, HEALTHY, ME, SINCE } from "./stub-facts.ts";

type Body = Readonly<Record<string, unknown>>;

/** One request that came in, after its key was accepted. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Body;
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
}

function breakerOf({ name, breaker: state = "closed" }: Body): Body {
  const facts =
    state === "closed" ? { failures: 0, calls: 0 } : { failures: 7, calls: 12, retry_in_ms: 7_600 };
  return { server: name, state, forced: false, ...facts };
}

/** A real HTTP server that answers REST as the gateway does, with a demo server of two tools. */
export class RestStub {
  readonly key = "stub-key";
  readonly seen: SeenRequest[] = [];
  readonly servers = new Map<string, Body>();
  readonly keys: Body[] = [];
  /** What the next execution answers, or the problem that it fails with. */
  execution: { readonly status: number; readonly body: Body } | undefined;
  /** The health of servers that are added. */
  health: Body = HEALTHY;
  /** Entries of a page; small, so that lists have pages. */
  pageSize = 2;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.put("demo", { type: "stdio", command: "demo" }, HEALTHY, 2);
  }

  static async start(): Promise<RestStub> {
    const server = createServer();
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const stub = new RestStub(server);
    server.on("request", (request, response) => void stub.#serve(request, response));
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  put(name: string, entry: Body, health: Body, tools = 0): Body {
    const counts = { tools, resources: 0, resource_templates: 0, prompts: 0 };
    const server = {
      id: `srv_${name}`,
      name,
      source: "api",
      enabled: true,
      gateway: {},
      ...entry,
      health,
      counts,
    };
    this.servers.set(name, server);
    return server;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    const path = decodeURIComponent(url.pathname);
    const answer = (status: number, body?: unknown) =>
      response
        .writeHead(status, { "content-type": "application/json" })
        .end(body === undefined ? "" : JSON.stringify(body));
    if (path === "/version") {
      answer(200, { name: "switchgear", version: "9.9.9" });
      return;
    }
    if (request.headers.authorization !== `Bearer ${this.key}`) {
      answer(401, problem("unauthenticated", "This request carries no valid API key."));
      return;
    }
    const body = request.method === "POST" ? ((await json(request)) as Body) : {};
    const query = Object.fromEntries(url.searchParams);
    this.seen.push({ method: request.method ?? "", path, query, body });
    const { status, body: content } = this.#answer(request.method ?? "", path, query, body);
    answer(status, content);
  }

  #answer(method: string, path: string, query: SeenRequest["query"], body: Body): Reply {
    const name = path.split("/")[4] ?? "";
    const rows: Readonly<Record<string, () => Reply>> = {
      "GET /api/v1/auth/me": () => ({ status: 200, body: ME }),
      "GET /api/v1/servers": () => this.#page([...this.servers.values()], query),
      "POST /api/v1/servers": () => this.#add(body),
      [`DELETE /api/v1/servers/${path.slice("/api/v1/servers/".length)}`]: () => this.#remove(name),
      "GET /api/v1/tools": () => this.#page([ADD, ECHO], query),
      "GET /api/v1/tools/search": () => ({ status: 200, body: search(query["q"] ?? "", query["explain"]) }),
      "GET /api/v1/cache": () => ({ status: 200, body: CACHE }),
      "DELETE /api/v1/cache": () => ({
        status: 200,
        body: { purged: query["server"] === undefined ? 7 : 1 },
      }),
      "GET /api/v1/status": () => ({ status: 200, body: this.#status() }),
      "GET /health/detailed": () => ({ status: 200, body: this.#detailed() }),
      "GET /api/v1/auth/api-keys": () => this.#page(this.keys, query),
      "POST /api/v1/auth/api-keys": () => this.#createKey(body),
      "DELETE /api/v1/auth/api-keys/k1": () => ({ status: 204 }),
    };
    const row = rows[`${method} ${path}`];
    if (row !== undefined) return row();
    if (path.endsWith("/test") || path.endsWith("/restart")) return this.#try(name);
    if (path === "/api/v1/breakers")
      return this.#page(
        [...this.servers.values()].map((server) => breakerOf(server)),
        query,
      );
    if (path.endsWith("/breaker")) return this.#breaker(name, body);
    if (path.startsWith("/mcp"))
      return { status: 200, body: { jsonrpc: "2.0", id: body["id"], result: { path } } };
    if (path.endsWith("/explain")) return { status: 200, body: explanation(name, query["as"]) };
    if (path.endsWith("/execute")) return this.#execute(name, body);
    if (path.startsWith("/api/v1/tools/")) return describe(name);
    return { status: 404, body: problem("not_found", "There is nothing here.") };
  }

  #breaker(name: string, { action }: Body): Reply {
    const server = this.servers.get(name);
    if (server === undefined) return this.#remove(name);
    const forced = action === "open";
    return { status: 200, body: { ...breakerOf(server), forced, ...(forced ? { state: "open" } : {}) } };
  }

  #try(name: string): Reply {
    const server = this.servers.get(name);
    if (server === undefined) return this.#remove(name);
    const { health, counts } = server as { health: { level: string }; counts: Body };
    return { status: 200, body: { ok: health.level === "healthy", took_ms: 12.4, health, counts } };
  }

  #remove(name: string): Reply {
    if (this.servers.delete(name)) return { status: 204 };
    return { status: 404, body: problem("server_not_found", `No server named "${name}" is registered.`) };
  }

  #page(all: readonly Body[], query: SeenRequest["query"]): Reply {
    const from = Number(query["cursor"] ?? 0);
    const next = from + this.pageSize;
    const items = all.slice(from, next);
    return { status: 200, body: { items, next_cursor: next < all.length ? String(next) : null } };
  }

  #add({ name, ...entry }: Body): Reply {
    if (this.servers.has(String(name)))
      return {
        status: 409,
        body: problem("conflict", `A server named "${String(name)}" is already registered.`),
      };
    if (entry["command"] === "refused")
      return { status: 400, body: problem("invalid_request", "The request body is not valid.") };
    const type = "url" in entry ? "http" : "stdio";
    return {
      status: 201,
      body: this.put(String(name), { type, ...entry }, this.health, this.health === HEALTHY ? 3 : 0),
    };
  }

  #execute(tool: string, body: Body): Reply {
    if (this.execution !== undefined) return this.execution;
    const found = describe(tool);
    if (found.status !== 200) return found;
    const text = JSON.stringify(body["arguments"]);
    return { status: 200, body: { content: [{ type: "text", text }], meta: { tool, attempts: 1 } } };
  }

  #createKey(body: Body): Reply {
    const created = {
      created_at: SINCE,
      expires_at: null,
      last_used_at: null,
      revoked_at: null,
      tenant: "default",
      ...body,
    };
    const row = { id: `k${this.keys.length + 1}`, ...created };
    this.keys.push(row);
    return { status: 201, body: { ...row, key: `swg_k${this.keys.length}_secret_crc` } };
  }

  #status(): Body {
    const levels = [...this.servers.values()].map((server) => (server["health"] as { level: string }).level);
    const at = (level: string) => levels.filter((other) => other === level).length;
    return {
      version: "9.9.9",
      uptime_s: 3_700,
      draining: false,
      sessions: 1,
      servers: {
        total: levels.length,
        disabled: 0,
        healthy: at("healthy"),
        degraded: 0,
        unhealthy: at("unhealthy"),
        unknown: 0,
      },
      tools: 2,
      lists: LISTS,
      resources: 0,
      prompts: 0,
      memory: { rss_bytes: 104_857_600, heap_used_bytes: 1 },
    };
  }

  #detailed(): Body {
    return {
      status: "healthy",
      timestamp: new Date().toISOString(),
      services: { storage: { status: "healthy", response_time_ms: 0.2 } },
      health: Object.fromEntries([...this.servers].map(([name, server]) => [name, server["health"]])),
    };
  }
}

export function problem(code: string, detail: string, more: Body = {}): Body {
  const fix = [{ label: "Do this", command: "do this" }];
  return {
    type: `urn:${code}`,
    title: code,
    status: 0,
    detail,
    code,
    request_id: "r1",
    retryable: false,
    fix,
    ...more,
  };
}

function search(words: string, explain: string | undefined): Body {
  const items = words === "nothing" ? [] : [hit(ECHO, 1), hit({ ...ADD, available: false }, 0.5)];
  if (explain !== "true")
    return { items, search: { effective_type: "keyword", total: items.length, took_ms: 0.1 } };
  const [both, byWords] = [
    { exact: true, keyword: part(8, 1, 0.7), semantic: part(0.4, 0.5, 0.3) },
    { exact: false, keyword: part(4, 0.5, 1), semantic: null },
  ];
  const explained = items.map((item, index) => ({ ...item, explain: index === 0 ? both : byWords }));
  return { items: explained, search: { effective_type: "keyword", reason: "No model today.", took_ms: 0.1 } };
}

function part(raw: number, normalised: number, weight: number): Body {
  return { raw, normalised, weight };
}

function hit(tool: Body, score: number): Body {
  return { tool, score, confidence: 0.9, scores: { keyword: score, semantic: null }, matched: ["echo"] };
}

function describe(tool: string): Reply {
  if (tool !== "demo__echo" && tool !== "echo" && tool !== "demo__add")
    return {
      status: 404,
      body: problem("tool_not_found", `Unknown tool: ${tool}`, { executed: "not_executed" }),
    };
  const input_schema = {
    type: "object",
    properties: {
      loud: { type: "boolean", default: false },
      text: { type: "string", description: "What to say" },
      size: { enum: ["s", "m"] },
      words: { type: "array", items: { type: "string" } },
    },
    required: ["text"],
  };
  return {
    status: 200,
    body: { ...(tool === "demo__add" ? ADD : ECHO), input_schema, hash: "00", definition: {} },
  };
}
