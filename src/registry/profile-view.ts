import { matchesAny } from "../domain/glob.ts";
import type { Tool } from "../domain/offering.ts";
import type { Profile } from "../domain/profile.ts";
import type { CatalogPrompt } from "./catalog-part.ts";
import type { Catalog } from "./catalog.ts";
import { profileNames } from "./profile-names.ts";
import type { CatalogResource, CatalogTemplate } from "./resource-index.ts";

export interface Named<T> {
  /** As callers of the profile see it. */
  readonly name: string;
  readonly item: T;
}

/**
 * What one profile shows of one catalog. The names go back through a map that is made with the lists: a name is never
 * taken apart. URIs are those of the merged endpoint.
 */
export class ProfileView {
  readonly catalog: Catalog;
  readonly profile: Profile;
  readonly servers: readonly string[];
  readonly #servers: ReadonlySet<string>;
  readonly tools: readonly Named<Tool>[];
  readonly prompts: readonly Named<CatalogPrompt>[];
  readonly #tools: ReadonlyMap<string, Tool>;
  readonly #prompts: ReadonlyMap<string, CatalogPrompt>;
  #resources: readonly CatalogResource[] | undefined;
  #templates: readonly CatalogTemplate[] | undefined;

  constructor(catalog: Catalog, profile: Profile) {
    this.catalog = catalog;
    this.profile = profile;
    this.servers = catalog.servers.filter((server) => isSelected(profile, server));
    this.#servers = new Set(this.servers);
    this.tools = this.#named(catalog.tools, (tool) => showsTool(profile, tool));
    this.prompts = this.#named(catalog.prompts, () => true);
    this.#tools = new Map(this.tools.map(({ name, item }) => [name, item]));
    this.#prompts = new Map(this.prompts.map(({ name, item }) => [name, item]));
  }

  get resources(): readonly CatalogResource[] {
    return (this.#resources ??= this.catalog.resources.filter(({ server }) => this.#servers.has(server)));
  }

  get templates(): readonly CatalogTemplate[] {
    return (this.#templates ??= this.catalog.templates.filter(({ server }) => this.#servers.has(server)));
  }

  tool(name: string): Tool | undefined {
    return this.#tools.get(name);
  }

  prompt(name: string): CatalogPrompt | undefined {
    return this.#prompts.get(name);
  }

  covers(server: string): boolean {
    return this.#servers.has(server);
  }

  showsTool(tool: Tool): boolean {
    return this.#servers.has(tool.server) && showsTool(this.profile, tool);
  }

  #named<T extends { readonly id: string; readonly server: string; readonly name: string }>(
    items: readonly T[],
    isShown: (item: T) => boolean,
  ): readonly Named<T>[] {
    const every = items.filter(({ server }) => this.#servers.has(server));
    const selected = every.filter(isShown);
    const names = profileNames(selected, every, this.profile);
    return selected.map((item) => ({ name: names.get(item) ?? item.id, item }));
  }
}

function isSelected({ servers }: Profile, server: string): boolean {
  return servers === undefined || servers.includes(server);
}

function showsTool({ tools = {} }: Profile, { id, name }: Tool): boolean {
  const { allow, deny = [] } = tools;
  const isNamed = (globs: readonly string[]): boolean => matchesAny(globs, id) || matchesAny(globs, name);
  return (allow === undefined || isNamed(allow)) && !isNamed(deny);
}
