import { GatewayError } from "../../src/domain/errors.ts";
import type { Health } from "../../src/domain/health.ts";
import type { Role } from "../../src/domain/identity.ts";
import { EMPTY_OFFERING, type Offering } from "../../src/domain/offering.ts";
import { Profile } from "../../src/domain/profile.ts";
import type { Server } from "../../src/domain/server.ts";
import { type ListingSettings, type Viewpoint, openListing } from "../../src/listing/listing.ts";
import { buildPart } from "../../src/registry/catalog-part.ts";
import { Catalog } from "../../src/registry/catalog.ts";
import { Profiles } from "../../src/registry/profiles.ts";
import { ToolSearch } from "../../src/search/search.ts";
import { aServer, aTool } from "../support/open-registry.ts";

const SINCE = "2026-03-01T10:00:00.000Z";

/** Listing and explainer over a catalog that is made of what servers offer, without a database. */
export class ListingLab {
  catalog = Catalog.empty;
  readonly #servers = new Map<string, Server>();
  readonly #offerings = new Map<string, Offering>();
  readonly #health = new Map<string, Health>();
  readonly search = new ToolSearch();
  readonly listing;
  readonly explainer;

  constructor(settings: Partial<ListingSettings> = {}, profiles: Readonly<Record<string, object>> = {}) {
    const parsed = Object.entries(profiles).map(([name, profile]) => [name, Profile.parse(profile)] as const);
    const registry = {
      getCatalog: () => this.catalog,
      get catalog() {
        return this.getCatalog();
      },
      servers: () => [...this.#servers.values()],
      findServer: (name: string) => this.#servers.get(name),
      offering: (name: string) => this.#offerings.get(name),
    };
    const { listing, explainer } = openListing(
      { mode: "auto", pinned: [], deferringClients: ["claude-code", "visual studio*"], ...settings },
      {
        registry,
        profiles: new Profiles({ profiles: Object.fromEntries(parsed), catalog: () => this.catalog }),
        search: this.search,
        healthOf: (server) => this.#health.get(server) ?? healthy(),
      },
    );
    this.listing = listing;
    this.explainer = explainer;
  }

  offer(name: string, offering: Partial<Offering>, entry: object = {}): void {
    const server = aServer(name, entry);
    const whole = { ...EMPTY_OFFERING, ...offering };
    this.#servers.set(name, server);
    this.#offerings.set(name, whole);
    const part =
      server.entry.disabled === true ? undefined : buildPart(server, whole, this.catalog.part(name));
    this.catalog = this.catalog.with(new Map([[name, part]]));
    this.search.replaceServer(name, this.catalog.toolsOf(name));
  }

  /** A server that nobody has reached yet. */
  register(name: string, entry: object = {}): void {
    this.#servers.set(name, aServer(name, entry));
  }

  /** So many tools, numbered. */
  offerMany(name: string, count: number, entry: object = {}): void {
    this.offer(name, { tools: Array.from({ length: count }, (_, at) => aTool(`tool_${at}`)) }, entry);
  }

  fail(
    server: string,
    error = new GatewayError("upstream_unavailable", "The connection was refused."),
  ): void {
    const action = { label: "Start it", command: "systemctl start it" };
    this.#health.set(server, {
      ...healthy(),
      level: "degraded",
      code: error.code,
      summary: error.message,
      action,
    });
  }

  feel(server: string, health: Partial<Health>): void {
    this.#health.set(server, { ...healthy(), ...health });
  }
}

function healthy(): Health {
  return { level: "healthy", admin_state: "enabled", code: "ok", summary: "Ready.", since: SINCE };
}

export function viewpoint(role: Role = "user", place: Viewpoint["place"] = { kind: "all" }): Viewpoint {
  return { identity: { subject: "key:1", tenant: "default", role }, place };
}
