import { join } from "node:path";

import { createCache } from "../../src/cache/cache.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { type Server, ServerEntry } from "../../src/domain/server.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { type CallAnswer, type KeyedResult, type ToolCall, ToolProxy } from "../../src/proxy/proxy.ts";
import { type IdempotencyStore, type Storage, openStorage } from "../../src/storage/storage.ts";
import type { UpstreamCall } from "../../src/upstream/upstream.ts";
import type { Reply } from "../../src/wire/reply.ts";
import { anna, send, text } from "./proxy-harness.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const logger = createLogger({ level: "silent", write: () => {} });

/** Proxies, as after several starts of a gateway or in several replicas, over one real storage. */
export class KeyedLab {
  readonly sent: UpstreamCall[] = [];
  answer: (call: UpstreamCall) => Promise<Reply> | Reply = () => text(`answer ${this.sent.length}`);
  readonly counted: KeyedResult[] = [];
  readonly warned: string[] = [];
  now = Date.parse("2026-03-01T10:00:00.000Z");
  /** May stand in the way of the store's methods. */
  store: IdempotencyStore;
  readonly #storage: Storage;
  readonly #proxies: ToolProxy[] = [];

  static async open(): Promise<KeyedLab> {
    const folder = temporaryFolder();
    return new KeyedLab(await openStorage({ url: `file:${join(folder, "keys.db")}`, logger }));
  }

  private constructor(storage: Storage) {
    this.#storage = storage;
    this.store = storage.idempotency;
  }

  /** One more start of the gateway on the same storage. */
  start(
    options: { shared?: boolean; lingerMs?: number; bytes?: number; gateway?: JsonObject } = {},
  ): ToolProxy {
    const { shared = false, lingerMs = 20, bytes = 1e9, gateway = {} } = options;
    const server = serverOf(gateway);
    const proxy = new ToolProxy({
      call: async (_server, call) => {
        this.sent.push(call);
        call.onSent?.();
        return this.answer(call);
      },
      serverOf: () => server,
      ping: async () => {},
      meterOf: () => ({ observe: () => {} }),
      onBreaker: () => {},
      onRetry: () => {},
      onCache: () => {},
      cache: createCache({ maxEntries: 100, maxBytes: 1e7 }),
      limits: { callMs: 5_000, callMaxMs: 10_000 },
      attempts: 3,
      random: () => 0,
      concurrency: { http: 16, stdio: 2 },
      idempotency: {
        store: this.store,
        shared,
        lingerMs,
        keepMs: 3_600_000,
        bounds: { rows: 1_000, rowsPerOwner: 1_000, bytes },
        meters: { countKeyed: (result) => void this.counted.push(result) },
        logger: { warn: (message) => void this.warned.push(message) },
        now: () => this.now,
      },
    });
    this.#proxies.push(proxy);
    return proxy;
  }

  call(proxy: ToolProxy, key: string | undefined, more: Partial<ToolCall> = {}): Promise<CallAnswer> {
    const { signal } = new AbortController();
    const base = {
      identity: anna,
      tool: send,
      args: { to: "ben" },
      era: "2025",
      scope: "s",
      signal,
    } as const;
    return proxy.callTool({ ...base, idempotencyKey: key, ...more });
  }

  async close(): Promise<void> {
    for (const proxy of this.#proxies) proxy.close();
    await this.#storage.close();
  }
}

function serverOf(gateway: JsonObject): Server {
  const at = new Date(0).toISOString();
  return {
    id: "srv_1",
    name: "weather",
    version: 1,
    source: "api",
    entry: ServerEntry.parse({ type: "http", url: "http://127.0.0.1:9/mcp", gateway }),
    egress: "any",
    createdAt: at,
    updatedAt: at,
  };
}

export const textIn = ({ reply }: CallAnswer): string =>
  String((reply.value["content"] as readonly JsonObject[])[0]?.["text"]);
