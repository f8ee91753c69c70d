import { ServerNotFound } from "../domain/errors.ts";
import type { HttpTool, NewHttpTool } from "../domain/http-tool.ts";
import type { Limits } from "../domain/limits.ts";
import type { Offering } from "../domain/offering.ts";
import { CUSTOM_SERVER, isEnabled, type Server, type ServerEntry } from "../domain/server.ts";
import type { EventBus } from "../events/events.ts";
import type { Logger } from "../observability/logger.ts";
import type { SecretBox } from "../secrets/secrets.ts";
import type { Storage } from "../storage/storage.ts";
import { buildPart, type CatalogPart, isSameJson } from "./catalog-part.ts";
import { Catalog } from "./catalog.ts";
import { customOffering } from "./custom-offering.ts";
import { HttpToolBook } from "./http-tool-book.ts";
import {
  aboutUpstream,
  changesOf,
  differentLists,
  isSameUpstream,
  type ListChange,
  NO_LISTS,
  isSameOffering,
} from "./registry-changes.ts";
import { Sealing } from "./sealing.ts";
import { type ConfigClash, ServerBook } from "./server-book.ts";

export type { Catalog } from "./catalog.ts";
export type { ProfileView } from "./profile-view.ts";
export { Profiles } from "./profiles.ts";
export { toolId } from "./tool-names.ts";
export type { ConfigClash } from "./server-book.ts";

export interface RegistryDeps {
  readonly storage: Pick<Storage, "servers" | "offerings" | "httpTools">;
  readonly events: EventBus;
  readonly secrets: SecretBox;
  readonly limits: Limits;
  readonly logger?: Logger;
  readonly now?: () => number;
}

/**
 * The one place that knows which servers and tools exist. Reads are answered from memory; writes run one after the
 * other, are durable first, visible second and announced third. Secrets are plain in memory and sealed in storage.
 */
export class Registry {
  readonly #offeringStore: Storage["offerings"];
  readonly #events: EventBus;
  readonly #servers: ServerBook;
  readonly #tools: HttpToolBook;
  readonly #logger: Logger | undefined;
  /** By server id, so that a server never inherits what a namesake offered. */
  readonly #offerings: Map<string, Offering>;
  readonly #unsaved = new Set<string>();
  #catalog = Catalog.empty;
  #lastWrite: Promise<unknown> = Promise.resolve();

  private constructor(
    deps: RegistryDeps,
    servers: ServerBook,
    tools: HttpToolBook,
    offerings: Map<string, Offering>,
  ) {
    this.#offeringStore = deps.storage.offerings;
    this.#events = deps.events;
    this.#logger = deps.logger;
    this.#servers = servers;
    this.#tools = tools;
    this.#offerings = offerings;
  }

  /** Throws GatewayError when the store does not answer, or its secrets were sealed with another key. */
  static async open(deps: RegistryDeps): Promise<Registry> {
    const { storage, logger, limits, now = Date.now } = deps;
    const sealing = new Sealing(deps.secrets);
    const servers = await ServerBook.open({ store: storage.servers, sealing, logger, now });
    const tools = await HttpToolBook.open({ store: storage.httpTools, sealing, limits, logger, now });
    const offerings = (await storage.offerings.list()).map(
      ({ serverId, offering }) => [serverId, offering] as const,
    );
    const registry = new Registry(deps, servers, tools, new Map(offerings));
    registry.#syncCustom();
    registry.#rebuild(servers.list().map(({ name }) => name));
    return registry;
  }

  /** The present picture; keep no reference to it beyond one request. */
  get catalog(): Catalog {
    return this.#catalog;
  }

  /** In order of name. */
  servers(): readonly Server[] {
    return this.#servers.list();
  }

  findServer(nameOrId: string): Server | undefined {
    return this.#servers.find(nameOrId);
  }

  /** Throws ServerNotFound. */
  getServer(nameOrId: string): Server {
    const server = this.findServer(nameOrId);
    if (server === undefined) throw new ServerNotFound(nameOrId);
    return server;
  }

  /** All that a server offers, as last seen, whether or not the catalog shows it. */
  offering(nameOrId: string): Offering | undefined {
    const server = this.findServer(nameOrId);
    return server === undefined ? undefined : this.#offerings.get(server.id);
  }

  httpTools(): readonly HttpTool[] {
    return this.#tools.list();
  }

  /** Throws Conflict for a name that is taken. A built-in server lives as long as the process. */
  addServer(
    name: string,
    entry: ServerEntry,
    source: "api" | "builtin",
    egress: Server["egress"] = source === "api" ? "public" : "any",
  ): Promise<Server> {
    return this.#write(() => this.#servers.add(name, entry, source, egress));
  }

  /** Throws Conflict when the server is not at `expectedVersion`, GatewayError("managed_by_config") for a foreign one. */
  updateServer(
    nameOrId: string,
    change: (entry: ServerEntry) => ServerEntry,
    expectedVersion?: number,
    egress?: Server["egress"],
  ): Promise<Server> {
    return this.#write(() => this.#servers.update(this.getServer(nameOrId), change, expectedVersion, egress));
  }

  /** Throws ServerNotFound, or GatewayError("managed_by_config"). */
  removeServer(nameOrId: string): Promise<void> {
    return this.#write(() => this.#servers.remove(this.getServer(nameOrId)));
  }

  /** Makes the servers of the config file those of `entries`. Answers the names that were taken, or cannot be used. */
  async syncConfig(entries: Readonly<Record<string, ServerEntry>>): Promise<readonly ConfigClash[]> {
    const clashes = await this.#write(() => this.#servers.sync(entries));
    for (const clash of clashes) this.#logger?.warn("config entry clashes with another server", { ...clash });
    return clashes;
  }

  /**
   * Takes over what an upstream offers now. Nothing is written or announced when it is what was known before, in
   * whatever order. `asked` is the definition by which the upstream was asked: should the name mean another upstream
   * by now, the offering is dropped.
   */
  async replaceOffering(nameOrId: string, offering: Offering, asked?: Server): Promise<void> {
    await this.#write(async () => {
      const server = this.getServer(nameOrId);
      const isStale =
        asked !== undefined && (asked.id !== server.id || !isSameUpstream(asked.entry, server.entry));
      if (isStale || server.entry.type === "http-tools") return;
      const before = this.#offerings.get(server.id);
      const isSame = before !== undefined && isSameOffering(before, offering);
      if (!isSame || this.#unsaved.has(server.id)) await this.#saveOffering(server.id, offering);
      if (isSame) return;
      this.#offerings.set(server.id, offering);
      const change = this.#rebuild([server.name])[0];
      const isNews = before === undefined || !isSameJson(aboutUpstream(before), aboutUpstream(offering));
      if (change === undefined && !isNews) return;
      this.#events.publish({ kind: "offering-changed", server: server.name, ...NO_LISTS, ...change });
    });
  }

  /** Throws Conflict for a name that is taken, InvalidRequest for schemas that no MCP tool can have. */
  addHttpTool(definition: NewHttpTool): Promise<HttpTool> {
    return this.#write(() => this.#tools.add(definition));
  }

  /** Throws ToolNotFound, Conflict when the tool is not at `expectedRevision`, InvalidRequest as for a new one. */
  replaceHttpTool(nameOrId: string, definition: NewHttpTool, expectedRevision?: number): Promise<HttpTool> {
    return this.#write(() => this.#tools.replace(nameOrId, definition, expectedRevision));
  }

  /** Throws ToolNotFound. */
  removeHttpTool(nameOrId: string): Promise<void> {
    return this.#write(() => this.#tools.remove(nameOrId));
  }

  /** One write at a time, so that none works on what another is just taking away. */
  #write<T>(work: () => Promise<T>): Promise<T> {
    const written = this.#lastWrite.then(async () => {
      const [servers, tools] = [this.servers(), this.httpTools()];
      try {
        return await work();
      } finally {
        // Also after a failure: what was stored before it is stored.
        if (tools !== this.httpTools()) this.#syncCustom();
        await this.#forgetStale(servers);
        this.#announce(servers, tools !== this.httpTools());
      }
    });
    this.#lastWrite = written.catch(() => {});
    return written;
  }

  #announce(before: readonly Server[], customChanged: boolean): void {
    const changes = changesOf(before, this.servers());
    const names = changes.map(({ server }) => server);
    const offerings = this.#rebuild(customChanged ? [...names, CUSTOM_SERVER] : names);
    for (const change of changes) this.#events.publish(change);
    for (const change of offerings) this.#events.publish({ kind: "offering-changed", ...change });
  }

  /** Swaps in a catalog in which these servers are as they are now. Answers which of their lists really changed. */
  #rebuild(names: readonly string[]): readonly ListChange[] {
    const parts = new Map<string, CatalogPart | undefined>();
    const changes: ListChange[] = [];
    for (const name of new Set(names)) {
      const before = this.#catalog.part(name);
      const after = this.#buildPart(name, before);
      const lists = differentLists(before, after);
      if (before !== undefined || after !== undefined) parts.set(name, after);
      if (lists !== undefined) changes.push({ server: name, ...lists });
    }
    if (parts.size > 0) this.#catalog = this.#catalog.with(parts);
    return changes;
  }

  #buildPart(name: string, before: CatalogPart | undefined): CatalogPart | undefined {
    const server = this.#servers.find(name);
    const offering = server === undefined || !isEnabled(server) ? undefined : this.#offerings.get(server.id);
    return server === undefined || offering === undefined ? undefined : buildPart(server, offering, before);
  }

  #syncCustom(): void {
    const { server } = this.#tools;
    this.#servers.setCustom(server);
    if (server !== undefined) this.#offerings.set(server.id, customOffering(this.#tools.list()));
  }

  /** A failing store costs no more than a slower restart: the upstream can be asked again. */
  async #saveOffering(serverId: string, offering: Offering): Promise<void> {
    try {
      await this.#offeringStore.put(serverId, offering);
      this.#unsaved.delete(serverId);
    } catch (error) {
      this.#unsaved.add(serverId);
      this.#logger?.warn("offering not stored", { server: serverId, error });
    }
  }

  /** What a server offered is of no use once it is gone, or is another upstream than before. */
  async #forgetStale(before: readonly Server[]): Promise<void> {
    if (before === this.servers()) return;
    for (const server of before) {
      const now = this.#servers.find(server.name);
      const isOther = now !== undefined && now.id === server.id && !isSameUpstream(now.entry, server.entry);
      if ((this.#servers.has(server) && !isOther) || !this.#offerings.delete(server.id)) continue;
      await this.#offeringStore
        .remove(server.id)
        .catch((error: unknown) =>
          this.#logger?.warn("offering not removed", { server: server.name, error }),
        );
    }
  }
}
