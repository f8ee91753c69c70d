import { join } from "node:path";

import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/domain/limits.ts";
import { EMPTY_OFFERING, type Offering } from "../../src/domain/offering.ts";
import { type Server, ServerEntry } from "../../src/domain/server.ts";
import { EventBus, type GatewayEvent } from "../../src/events/events.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { Registry } from "../../src/registry/registry.ts";
import { SecretBox } from "../../src/secrets/secrets.ts";
import { openStorage, type Storage } from "../../src/storage/storage.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const stdio = (change: object = {}): ServerEntry => ServerEntry.parse({ command: "node", ...change });
export const http = (change: object = {}): ServerEntry =>
  ServerEntry.parse({ type: "http", url: "https://example.com/mcp", ...change });

export function aTool(name: string, change: JsonObject = {}): JsonObject {
  return { name, description: `Does ${name}`, inputSchema: { type: "object" }, ...change };
}

export function offers(...tools: readonly (string | JsonObject)[]): Offering {
  return { ...EMPTY_OFFERING, tools: tools.map((tool) => (typeof tool === "string" ? aTool(tool) : tool)) };
}

export function aServer(name: string, entry: object = {}): Server {
  const at = "2026-03-01T10:00:00.000Z";
  return {
    id: `srv_${name}`,
    name,
    version: 1,
    source: "api",
    entry: stdio(entry),
    egress: "public",
    createdAt: at,
    updatedAt: at,
  };
}

/** A registry over a real database file, and all that it announced and logged. */
export class RegistryHarness {
  readonly url = `file:${join(temporaryFolder(), "switchgear.db")}`;
  readonly events: GatewayEvent[] = [];
  readonly log: string[] = [];
  readonly bus = new EventBus();
  now = Date.parse("2026-03-01T10:00:00.000Z");
  #storage: Storage | undefined;
  #registry: Registry | undefined;

  static async open(): Promise<RegistryHarness> {
    const harness = new RegistryHarness();
    harness.bus.subscribe((event) => harness.events.push(event));
    await harness.reopen();
    return harness;
  }

  get storage(): Storage {
    return this.#storage ?? expect.fail("not open");
  }

  get registry(): Registry {
    return this.#registry ?? expect.fail("not open");
  }

  /** As after a restart of the process. */
  async reopen(
    options: { key?: Buffer; limits?: Partial<Limits>; storage?: Partial<Storage> } = {},
  ): Promise<Registry> {
    await this.#storage?.close();
    const logger = createLogger({ level: "debug", write: (line) => this.log.push(line) });
    this.#storage = await openStorage({ url: this.url, logger });
    this.#registry = await Registry.open({
      storage: { ...this.storage, ...options.storage },
      events: this.bus,
      secrets: new SecretBox(options.key ?? Buffer.alloc(32, 7)),
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      logger,
      now: () => this.now,
    });
    return this.#registry;
  }

  /** What was announced since the last look. */
  takeEvents(): GatewayEvent[] {
    return this.events.splice(0);
  }

  close(): Promise<void> {
    return this.storage.close();
  }
}
