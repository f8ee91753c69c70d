import { Conflict, ToolNotFound } from "../domain/errors.ts";
import { type HttpTool, NewHttpTool } from "../domain/http-tool.ts";
import type { Limits } from "../domain/limits.ts";
import { CUSTOM_SERVER, type Server, ServerSettings } from "../domain/server.ts";
import { ulid } from "../domain/ulid.ts";
import type { Logger } from "../observability/logger.ts";
import type { HttpToolStore } from "../storage/storage.ts";
import { checkSchemas } from "./custom-offering.ts";
import type { Sealing } from "./sealing.ts";

export interface HttpToolBookDeps {
  readonly store: HttpToolStore;
  readonly sealing: Sealing;
  readonly limits: Pick<Limits, "schemaBytes" | "schemaDepth" | "toolsPerUpstream">;
  readonly now: () => number;
  readonly logger: Logger | undefined;
}

/** The plain HTTP endpoints that were registered as tools. */
export class HttpToolBook {
  readonly #deps: HttpToolBookDeps;
  readonly #tools = new Map<string, HttpTool>();
  #sorted: readonly HttpTool[] | undefined;

  private constructor(deps: HttpToolBookDeps) {
    this.#deps = deps;
  }

  static async open(deps: HttpToolBookDeps): Promise<HttpToolBook> {
    const book = new HttpToolBook(deps);
    for (const { id, revision, created_at, updated_at, ...definition } of await deps.store.list()) {
      const tool = NewHttpTool.safeParse(definition);
      const record = { id, revision, created_at, updated_at };
      if (tool.success) book.#tools.set(tool.data.name, deps.sealing.openTool({ ...tool.data, ...record }));
      else deps.logger?.error("stored tool is unreadable and left out", { tool: definition.name, id });
    }
    return book;
  }

  /** Oldest first. The same array until something changes. */
  list(): readonly HttpTool[] {
    return (this.#sorted ??= [...this.#tools.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
  }

  /** By name, else by id. Throws ToolNotFound. */
  get(nameOrId: string): HttpTool {
    const tool = this.#tools.get(nameOrId) ?? this.list().find(({ id }) => id === nameOrId);
    if (tool === undefined) throw new ToolNotFound(nameOrId);
    return tool;
  }

  async add(definition: NewHttpTool): Promise<HttpTool> {
    const { limits, now, sealing, store } = this.#deps;
    checkSchemas(definition, limits);
    this.#refuseTaken(definition.name);
    if (this.#tools.size >= limits.toolsPerUpstream) {
      throw new Conflict(
        `There are ${limits.toolsPerUpstream} registered tools already, which is the limit.`,
      );
    }
    const at = this.#time();
    const tool: HttpTool = {
      ...definition,
      id: ulid("tool", now()),
      revision: 1,
      created_at: at,
      updated_at: at,
    };
    await store.insert(sealing.sealTool(tool));
    this.#put(tool);
    return tool;
  }

  async replace(nameOrId: string, definition: NewHttpTool, expectedRevision?: number): Promise<HttpTool> {
    const { limits, sealing, store } = this.#deps;
    const before = this.get(nameOrId);
    checkSchemas(definition, limits);
    if (definition.name !== before.name) this.#refuseTaken(definition.name);
    if (expectedRevision !== undefined && expectedRevision !== before.revision) {
      throw new Conflict(
        `The tool "${before.name}" is at revision ${before.revision}, not ${expectedRevision}.`,
        {
          details: { tool: before.name, revision: before.revision },
        },
      );
    }
    const { id, created_at } = before;
    const tool: HttpTool = {
      ...definition,
      id,
      created_at,
      revision: before.revision + 1,
      updated_at: this.#time(),
    };
    await store.update(sealing.sealTool(tool), before.revision);
    this.#tools.delete(before.name);
    this.#put(tool);
    return tool;
  }

  async remove(nameOrId: string): Promise<void> {
    const { id, name } = this.get(nameOrId);
    await this.#deps.store.remove(id);
    this.#tools.delete(name);
    this.#sorted = undefined;
  }

  /** The built-in server that they live on; nothing while there is no tool. Its definition never changes. */
  get server(): Server | undefined {
    const first = this.list()[0];
    if (first === undefined) return undefined;
    return {
      id: `srv_builtin_${CUSTOM_SERVER}`,
      name: CUSTOM_SERVER,
      version: 1,
      source: "builtin",
      egress: "public",
      entry: {
        type: "http-tools",
        description: "HTTP endpoints that were registered as tools",
        gateway: ServerSettings.parse({}),
      },
      createdAt: first.created_at,
      updatedAt: this.list().reduce((last, tool) => (tool.updated_at > last ? tool.updated_at : last), ""),
    };
  }

  #put(tool: HttpTool): void {
    this.#tools.set(tool.name, tool);
    this.#sorted = undefined;
  }

  #refuseTaken(name: string): void {
    if (this.#tools.has(name))
      throw new Conflict(`A tool named "${name}" exists already.`, { details: { tool: name } });
  }

  #time(): string {
    return new Date(this.#deps.now()).toISOString();
  }
}
