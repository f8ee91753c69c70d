import { createCache } from "../../src/cache/cache.ts";
import type { Identity } from "../../src/domain/identity.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import type { Tool } from "../../src/domain/offering.ts";
import { type Server, ServerEntry } from "../../src/domain/server.ts";
import { type CallAnswer, type CallOutcome, type ToolCall, ToolProxy } from "../../src/proxy/proxy.ts";
import type { UpstreamCall } from "../../src/upstream/upstream.ts";
import { Reply } from "../../src/wire/reply.ts";

export const anna: Identity = { subject: "anna", tenant: "one", role: "user" };
export const ben: Identity = { subject: "ben", tenant: "one", role: "user" };

export const makeTool = (name: string, hints: { readOnly?: boolean; idempotent?: boolean } = {}): Tool => ({
  id: `weather__${name}`,
  server: "weather",
  name,
  description: name,
  definition: { name, inputSchema: { type: "object" } },
  readOnly: hints.readOnly ?? false,
  idempotent: hints.idempotent ?? false,
  destructive: false,
  tags: [],
  hash: `hash-${name}`,
});
export const forecast = makeTool("forecast", { readOnly: true });
export const send = makeTool("send");

export const text = (value: string): Reply =>
  Reply.of("result", { content: [{ type: "text", text: value }] }, "2025");

/** The proxy with real guards and a real cache; the upstream behind it is a function that remembers what it got. */
export class ProxyHarness {
  sent: UpstreamCall[] = [];
  answer: (call: UpstreamCall) => Promise<Reply> | Reply = (call) => text(String(call.params["name"]));
  readonly metered: [server: string, tool: string, outcome: CallOutcome][] = [];
  readonly cacheResults: string[] = [];
  readonly cache = createCache({ maxEntries: 100, maxBytes: 10_000_000, now: () => this.now });
  admit: (identity: Identity, tool: Tool) => void | Promise<void> = () => {};
  /** Of the cache. */
  now = 1_000;
  #server: Server = serverOf({ attempts: 3, cache: { tools: ["fore*"], ttl: "1m" } });

  readonly proxy = new ToolProxy({
    call: async (_server, call) => {
      this.sent.push(call);
      call.onSent?.();
      return this.answer(call);
    },
    serverOf: (name) => (name === "weather" ? this.#server : undefined),
    ping: async () => {},
    meterOf: (name, tool) => ({ observe: (outcome) => void this.metered.push([name, tool, outcome]) }),
    onBreaker: () => {},
    onRetry: () => {},
    onCache: (result) => void this.cacheResults.push(result),
    cache: this.cache,
    admitCall: (identity, tool) => this.admit(identity, tool),
    limits: { callMs: 5_000, callMaxMs: 10_000 },
    attempts: 3,
    random: () => 0,
    concurrency: { http: 4, stdio: 2 },
  });

  configure(gateway: JsonObject): void {
    this.#server = serverOf(gateway);
    this.proxy.forgetServer("weather");
  }

  call(
    identity: Identity,
    tool: Tool,
    args: JsonObject = {},
    more: Partial<ToolCall> = {},
  ): Promise<CallAnswer> {
    const { signal } = new AbortController();
    return this.proxy.callTool({ identity, tool, args, era: "2025", scope: "s", signal, ...more });
  }
}

function serverOf(gateway: JsonObject): Server {
  const entry = ServerEntry.parse({ type: "http", url: "http://127.0.0.1:9/mcp", gateway });
  const time = new Date(0).toISOString();
  return {
    id: "srv_1",
    name: "weather",
    version: 1,
    source: "api",
    entry,
    egress: "any",
    createdAt: time,
    updatedAt: time,
  };
}

export const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

export function fail(error: Error): never {
  throw error;
}
