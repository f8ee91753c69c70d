import { Conflict, GatewayError, InvalidRequest } from "../domain/errors.ts";
import { canonicalJson } from "../domain/json.ts";
import { CUSTOM_SERVER, type Server, ServerEntry, ServerName } from "../domain/server.ts";
import { ulid } from "../domain/ulid.ts";
import type { Logger } from "../observability/logger.ts";
import type { ServerStore } from "../storage/storage.ts";
import type { Sealing } from "./sealing.ts";

/** An entry of the config file that could not simply take its place. */
export interface ConfigClash {
  readonly name: string;
  /** `hides_api_server`: the config entry is used, the server that was added by API stays stored. `reserved`: it is not used. */
  readonly reason: "hides_api_server" | "reserved";
}

export interface ServerBookDeps {
  readonly store: ServerStore;
  readonly sealing: Sealing;
  readonly now: () => number;
  readonly logger: Logger | undefined;
}

/** Every definition of a server, by owner. Of equal names the config's counts, then the API's, then the built-in one. */
export class ServerBook {
  readonly #deps: ServerBookDeps;
  readonly #config = new Map<string, Server>();
  readonly #api = new Map<string, Server>();
  readonly #builtin = new Map<string, Server>();
  #visible: readonly Server[] | undefined;

  private constructor(deps: ServerBookDeps) {
    this.#deps = deps;
  }

  static async open(deps: ServerBookDeps): Promise<ServerBook> {
    const book = new ServerBook(deps);
    for (const stored of await deps.store.list()) {
      const entry = ServerEntry.safeParse(stored.entry);
      if (entry.success) book.#put(deps.sealing.openServer({ ...stored, entry: entry.data }));
      else
        deps.logger?.error("stored server is unreadable and left out", {
          server: stored.name,
          id: stored.id,
        });
    }
    return book;
  }

  /** In order of name. The same array until something changes. */
  list(): readonly Server[] {
    if (this.#visible === undefined) {
      const byName = new Map([...this.#builtin, ...this.#api, ...this.#config]);
      this.#visible = [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    }
    return this.#visible;
  }

  /** Whether the definition exists, even if it is hidden by a namesake. */
  has(server: Server): boolean {
    return this.#ownerOf(server).get(server.name)?.id === server.id;
  }

  /** By name, else by id. */
  find(nameOrId: string): Server | undefined {
    return this.#named(nameOrId) ?? this.list().find(({ id }) => id === nameOrId);
  }

  async add(
    name: string,
    entry: ServerEntry,
    source: "api" | "builtin",
    egress: Server["egress"],
  ): Promise<Server> {
    if (name === CUSTOM_SERVER)
      throw new Conflict(`The server name "${name}" is reserved for registered HTTP tools.`);
    if (this.#named(name) !== undefined) {
      throw new Conflict(`A server named "${name}" exists already.`, { details: { server: name } });
    }
    const server = this.#create(name, entry, source, egress);
    // A built-in one comes from the program at every start, and would be stale in the database.
    if (source === "api") await this.#insert(server);
    else this.#put(server);
    return server;
  }

  /** Throws Conflict when `expectedVersion` is not that of the server, GatewayError for one that is not changed here. */
  async update(
    server: Server,
    change: (entry: ServerEntry) => ServerEntry,
    expectedVersion = server.version,
    egress = server.egress,
  ): Promise<Server> {
    refuseForeign(server);
    if (expectedVersion !== server.version) {
      throw new Conflict(
        `The server "${server.name}" is at version ${server.version}, not ${expectedVersion}.`,
        {
          details: { server: server.name, version: server.version },
        },
      );
    }
    return this.#change(server, change(server.entry), egress);
  }

  async remove(server: Server): Promise<void> {
    refuseForeign(server);
    await this.#deps.store.remove(server.id);
    this.#take(server);
  }

  /** Makes the config's servers those of `entries`. */
  async sync(entries: Readonly<Record<string, ServerEntry>>): Promise<readonly ConfigClash[]> {
    for (const server of this.#config.values()) {
      if (Object.hasOwn(entries, server.name)) continue;
      await this.#deps.store.remove(server.id);
      this.#take(server);
    }
    const clashes: ConfigClash[] = [];
    for (const [name, entry] of Object.entries(entries)) {
      if (name === CUSTOM_SERVER) {
        clashes.push({ name, reason: "reserved" });
        continue;
      }
      if (this.#api.has(name)) clashes.push({ name, reason: "hides_api_server" });
      const known = this.#config.get(name);
      if (known === undefined) await this.#insert(this.#create(name, entry, "config", "any"));
      else await this.#change(known, entry, "any");
    }
    return clashes;
  }

  /** The server of the HTTP tools: there as long as there is a tool. It is never stored. */
  setCustom(server: Server | undefined): void {
    this.#builtin.delete(CUSTOM_SERVER);
    if (server !== undefined) this.#builtin.set(CUSTOM_SERVER, server);
    this.#visible = undefined;
  }

  async #insert(server: Server): Promise<void> {
    await this.#deps.store.insert(this.#deps.sealing.sealServer(server));
    this.#put(server);
  }

  async #change(server: Server, entry: ServerEntry, egress: Server["egress"]): Promise<Server> {
    if (egress === server.egress && canonicalJson(entry) === canonicalJson(server.entry)) return server;
    const changed: Server = {
      ...server,
      entry,
      egress,
      version: server.version + 1,
      updatedAt: this.#time(),
    };
    await this.#deps.store.update(this.#deps.sealing.sealServer(changed), server.version);
    this.#put(changed);
    return changed;
  }

  #create(name: string, entry: ServerEntry, source: Server["source"], egress: Server["egress"]): Server {
    // The ids of tools are unique only under this rule, so it is checked here too, and not only at the edges.
    const rule = ServerName.safeParse(name);
    if (!rule.success) {
      const message = rule.error.issues[0]?.message ?? "not valid";
      throw new InvalidRequest(`"${name}" cannot be the name of a server: ${message}.`, [
        { path: "name", message },
      ]);
    }
    const id = source === "builtin" ? `srv_builtin_${name}` : ulid("srv", this.#deps.now());
    const time = this.#time();
    return { id, name, version: 1, source, entry, egress, createdAt: time, updatedAt: time };
  }

  #named(name: string): Server | undefined {
    return this.#config.get(name) ?? this.#api.get(name) ?? this.#builtin.get(name);
  }

  #put(server: Server): void {
    this.#ownerOf(server).set(server.name, server);
    this.#visible = undefined;
  }

  #take(server: Server): void {
    this.#ownerOf(server).delete(server.name);
    this.#visible = undefined;
  }

  #ownerOf({ source }: Server): Map<string, Server> {
    return { config: this.#config, api: this.#api, builtin: this.#builtin }[source];
  }

  #time(): string {
    return new Date(this.#deps.now()).toISOString();
  }
}

function refuseForeign(server: Server): asserts server is Server & { readonly entry: ServerEntry } {
  const { name, source, entry } = server;
  if (source === "api" && entry.type !== "http-tools") return;
  const where = source === "config" ? "the config file" : "the program itself";
  const label =
    source === "config" ? `Change mcpServers.${name} in the config file` : "Switch it off in the config file";
  throw new GatewayError(
    "managed_by_config",
    `The server "${name}" is defined by ${where} and is changed only there.`,
    {
      details: { server: name, source },
      fix: [{ label }],
    },
  );
}
