import { type Arguments, BadArgument, checkArguments, textOf } from "./demo-arguments.ts";
import { RESOURCES, TEMPLATES, complete, getPrompt, listPrompts, readResource } from "./demo-content.ts";
import { type DemoTool, TOOLS, type ToolContext } from "./demo-tools.ts";

const VERSIONS_OF_2025 = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
const VERSION_2026 = "2026-07-28";
const META_PREFIX = "io.modelcontextprotocol/";
const CACHE = { ttlMs: 3_600_000, cacheScope: "public" };
const SERVER_INFO = { name: "switchgear-demo", title: "Switchgear demo", version: "1.0.0" };
const CAPABILITIES = { tools: {}, resources: {}, prompts: {}, completions: {} };
const INSTRUCTIONS =
  "The bundled demo of Switchgear: a few harmless tools to try calls, progress, structured results, resources and prompts.";

type Id = string | number;

/** A failure that is told to the client as a JSON-RPC error. */
class RpcFailure extends Error {
  readonly code: number;
  readonly data: object | undefined;

  constructor(code: number, message: string, data?: object) {
    super(message);
    this.name = "RpcFailure";
    this.code = code;
    this.data = data;
  }
}

/**
 * A small MCP server of both eras: 2025 (`initialize`) and 2026-07-28 (each request says its version). It keeps no
 * state but the calls in flight, so it can answer either era at any time.
 */
export class Demo {
  readonly #write: (message: object) => void;
  readonly #running = new Map<Id, AbortController>();

  constructor(write: (message: object) => void) {
    this.#write = write;
  }

  /** One line from the client. Settles when its answer is written. */
  async receive(line: string): Promise<void> {
    const message = parse(line);
    if (message === undefined) return this.#fail(null, new RpcFailure(-32700, "Parse error"));
    const { id, method } = message;
    if (typeof method !== "string") {
      // An answer: this server asks nothing. Anything else is no message.
      if (message["result"] === undefined && message["error"] === undefined) {
        this.#fail(null, new RpcFailure(-32600, "Invalid request"));
      }
      return;
    }
    const params = objectOf(message["params"]);
    if (typeof id === "string" || typeof id === "number") await this.#request(id, method, params);
    else if (method === "notifications/cancelled") this.#running.get(params["requestId"] as Id)?.abort();
  }

  /** The client has gone: nobody waits for what still runs. */
  close(): void {
    for (const running of this.#running.values()) running.abort();
  }

  async #request(id: Id, method: string, params: Arguments): Promise<void> {
    const running = new AbortController();
    this.#running.set(id, running);
    try {
      const modern = isModern(params);
      const result = await this.#answer(id, method, params, modern, running.signal);
      // Whoever cancels wants no answer.
      if (running.signal.aborted) return;
      this.#write({ jsonrpc: "2.0", id, result: modern ? { resultType: "complete", ...result } : result });
    } catch (error) {
      if (!running.signal.aborted) this.#fail(id, error);
    } finally {
      this.#running.delete(id);
    }
  }

  #fail(id: Id | null, error: unknown): void {
    const failure = error instanceof RpcFailure ? error : new RpcFailure(-32603, "Internal error");
    const { code, message, data } = failure;
    this.#write({ jsonrpc: "2.0", id, error: { code, message, ...(data === undefined ? {} : { data }) } });
  }

  #answer(
    id: Id,
    method: string,
    params: Arguments,
    modern: boolean,
    signal: AbortSignal,
  ): object | Promise<object> {
    if (method === "tools/call") return this.#call(params, signal);
    if (method === "resources/read") return read(textOf(params, "uri"), modern);
    if (modern && method === "subscriptions/listen") return this.#listen(id);
    const handlers: Readonly<Record<string, (params: Arguments) => object>> = modern ? MODERN : LEGACY;
    const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
    if (handler === undefined) throw new RpcFailure(-32601, "Method not found");
    const answer = handler(params);
    return modern && CACHED.has(method) ? { ...answer, ...CACHE } : answer;
  }

  /** Nothing here ever changes, so every subscription is over at once. */
  #listen(id: Id): object {
    const meta = { [`${META_PREFIX}subscriptionId`]: id };
    this.#write({
      jsonrpc: "2.0",
      method: "notifications/subscriptions/acknowledged",
      params: { notifications: {}, _meta: meta },
    });
    return { _meta: meta };
  }

  async #call(params: Arguments, signal: AbortSignal): Promise<object> {
    const name = textOf(params, "name");
    const tool = TOOLS.find((each) => each.name === name);
    if (tool === undefined) throw new RpcFailure(-32602, `Unknown tool: ${name}`);
    const token = objectOf(params["_meta"])["progressToken"];
    const progress: ToolContext["progress"] = (done, total, message) => {
      if (token === undefined) return;
      const event = { progressToken: token, progress: done, total, message };
      this.#write({ jsonrpc: "2.0", method: "notifications/progress", params: event });
    };
    return runTool(tool, objectOf(params["arguments"]), { signal, progress });
  }
}

async function runTool(tool: DemoTool, args: Arguments, context: ToolContext): Promise<object> {
  try {
    checkArguments(tool.inputSchema, args);
    const value = await tool.run(args, context);
    if (typeof value === "string") return { content: [{ type: "text", text: value }] };
    return { content: [{ type: "text", text: JSON.stringify(value) }], structuredContent: value };
  } catch (error) {
    if (!(error instanceof BadArgument)) throw error;
    return { content: [{ type: "text", text: error.message }], isError: true };
  }
}

const SHARED: Readonly<Record<string, (params: Arguments) => object>> = {
  "tools/list": () => ({ tools: TOOLS.map(({ run: _run, ...definition }) => definition) }),
  "resources/list": () => ({ resources: RESOURCES }),
  "resources/templates/list": () => ({ resourceTemplates: TEMPLATES }),
  "prompts/list": () => ({ prompts: listPrompts() }),
  "prompts/get": (params) => {
    const name = textOf(params, "name");
    const prompt = getPrompt(name, objectOf(params["arguments"]));
    if (prompt === undefined) throw new RpcFailure(-32602, `Unknown prompt: ${name}`);
    if ("missing" in prompt) throw new RpcFailure(-32602, `The argument "${prompt.missing}" is missing.`);
    return prompt;
  },
  "completion/complete": (params) => complete(objectOf(params["ref"]), objectOf(params["argument"])),
};

const LEGACY: typeof SHARED = {
  ...SHARED,
  ping: () => ({}),
  initialize: (params) => {
    const asked = textOf(params, "protocolVersion");
    const protocolVersion = VERSIONS_OF_2025.includes(asked) ? asked : VERSIONS_OF_2025[0];
    return {
      protocolVersion,
      capabilities: CAPABILITIES,
      serverInfo: SERVER_INFO,
      instructions: INSTRUCTIONS,
    };
  },
};

const MODERN: typeof SHARED = {
  ...SHARED,
  "server/discover": () => ({
    supportedVersions: [VERSION_2026],
    capabilities: CAPABILITIES,
    instructions: INSTRUCTIONS,
    _meta: { [`${META_PREFIX}serverInfo`]: SERVER_INFO },
  }),
};

const CACHED = new Set([
  "server/discover",
  "tools/list",
  "resources/list",
  "resources/templates/list",
  "prompts/list",
]);

/** Whether a request claims to be of 2026-07-28; throws when it claims and does not keep to it. */
function isModern(params: Arguments): boolean {
  const meta = objectOf(params["_meta"]);
  const version = meta[`${META_PREFIX}protocolVersion`];
  if (version === undefined) return false;
  if (version !== VERSION_2026) {
    throw new RpcFailure(-32022, "Unsupported protocol version", {
      supported: [VERSION_2026],
      requested: version,
    });
  }
  if (!isObject(meta[`${META_PREFIX}clientCapabilities`])) {
    throw new RpcFailure(-32602, `The request lacks ${META_PREFIX}clientCapabilities in its _meta.`);
  }
  return true;
}

function read(uri: string, modern: boolean): object {
  const found = readResource(uri);
  if (found === undefined) throw new RpcFailure(modern ? -32602 : -32002, "Resource not found", { uri });
  return { contents: [found], ...(modern ? CACHE : {}) };
}

function parse(line: string): Arguments | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : {};
  } catch {
    // Answered with a parse error.
    return undefined;
  }
}

function isObject(value: unknown): value is Arguments {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown): Arguments {
  return isObject(value) ? value : {};
}
