import type { ListMode } from "../domain/list-mode.ts";
import type { Tool } from "../domain/offering.ts";
import type { Catalog, ProfileView } from "../registry/registry.ts";

/** Where a caller looks from: an MCP endpoint, or the same by other means. */
export type Place = { readonly mode?: ListMode | undefined } & (
  | { readonly kind: "all" }
  | { readonly kind: "server"; readonly server: string }
  | { readonly kind: "profile"; readonly profile: string }
);

export interface ShownTool {
  /** As callers at this place name it. */
  readonly name: string;
  readonly tool: Tool;
}

/** The tools that exist at a place, under the names that they have there. What is not among them does not exist. */
export class ShownTools {
  readonly place: Place;
  readonly #catalog: Catalog;
  readonly #view: ProfileView | undefined;
  #all: readonly ShownTool[] | undefined;
  #names: ReadonlyMap<string, string> | undefined;
  #counts: ReadonlyMap<string, readonly Tool[]> | undefined;

  constructor(place: Place, catalog: Catalog, view: ProfileView | undefined) {
    this.place = place;
    this.#catalog = catalog;
    this.#view = view;
  }

  /** In the order of the list. */
  get all(): readonly ShownTool[] {
    return (this.#all ??= this.#listed());
  }

  find(name: string): Tool | undefined {
    const { place } = this;
    if (place.kind === "all") return this.#catalog.tool(name);
    return place.kind === "server" ? this.#catalog.toolOf(place.server, name) : this.#view?.tool(name);
  }

  /** The tool that somebody means who does not use its name here: by id, or by a name that only one tool has. */
  meant(name: string, server?: string): ShownTool | undefined {
    const exact = server === undefined ? this.find(name) : undefined;
    const tool =
      exact ?? (server === undefined ? this.#catalog.findTool(name) : this.#catalog.toolOf(server, name));
    return tool === undefined || !this.shows(tool) ? undefined : { name: this.nameOf(tool), tool };
  }

  shows(tool: Tool): boolean {
    if (this.place.kind === "all") return true;
    return this.place.kind === "server"
      ? tool.server === this.place.server
      : this.#view?.showsTool(tool) === true;
  }

  nameOf(tool: Tool): string {
    if (this.place.kind === "all") return tool.id;
    if (this.place.kind === "server") return tool.name;
    this.#names ??= new Map(this.all.map((shown) => [shown.tool.id, shown.name]));
    return this.#names.get(tool.id) ?? tool.id;
  }

  /** The tools of each server that has any, in order of name. */
  get byServer(): ReadonlyMap<string, readonly Tool[]> {
    if (this.#counts !== undefined) return this.#counts;
    const tools = new Map<string, Tool[]>();
    for (const { tool } of this.all) {
      const own = tools.get(tool.server) ?? [];
      own.push(tool);
      tools.set(tool.server, own);
    }
    return (this.#counts = tools);
  }

  #listed(): readonly ShownTool[] {
    const { place } = this;
    if (place.kind === "all") return this.#catalog.tools.map((tool) => ({ name: tool.id, tool }));
    if (place.kind === "server")
      return this.#catalog.toolsOf(place.server).map((tool) => ({ name: tool.name, tool }));
    return (this.#view?.tools ?? []).map(({ name, item }) => ({ name, tool: item }));
  }
}
