import type { Tool } from "../domain/offering.ts";
import type { CatalogPart, CatalogPrompt } from "./catalog-part.ts";
import { type CatalogResource, type CatalogTemplate, ResourceIndex } from "./resource-index.ts";
import type { UpstreamUri } from "./wrapped-uris.ts";

/**
 * All that can be called at one moment. It is never changed: a change makes a new catalog from the parts of the
 * servers, so readers need no lock. The look-up tables of the whole are made on first use: a burst of changes at
 * start costs one build, not one per server.
 */
export class Catalog {
  static readonly empty = new Catalog(0, new Map());

  readonly version: number;
  /** Enabled servers whose offering is known, in order of name. */
  readonly servers: readonly string[];
  readonly #parts: ReadonlyMap<string, CatalogPart>;
  #tools: readonly Tool[] | undefined;
  #toolsById: ReadonlyMap<string, Tool> | undefined;
  #toolsByName: ReadonlyMap<string, Tool | "ambiguous"> | undefined;
  #prompts: readonly CatalogPrompt[] | undefined;
  #promptsById: ReadonlyMap<string, CatalogPrompt> | undefined;
  #resourceIndex: ResourceIndex | undefined;

  private constructor(version: number, parts: ReadonlyMap<string, CatalogPart>) {
    this.version = version;
    this.#parts = parts;
    this.servers = [...parts.keys()];
  }

  /** The same catalog with some servers' parts exchanged; `undefined` takes a server out. */
  with(changes: ReadonlyMap<string, CatalogPart | undefined>): Catalog {
    const parts = new Map(this.#parts);
    for (const [server, part] of changes) {
      if (part === undefined) parts.delete(server);
      else parts.set(server, part);
    }
    const sorted = [...parts].sort(([a], [b]) => (a < b ? -1 : 1));
    return new Catalog(this.version + 1, new Map(sorted));
  }

  part(server: string): CatalogPart | undefined {
    return this.#parts.get(server);
  }

  /** In order of server name, then as the upstream lists them. */
  get tools(): readonly Tool[] {
    return (this.#tools ??= [...this.#parts.values()].flatMap((part) => [...part.tools.values()]));
  }

  tool(id: string): Tool | undefined {
    this.#toolsById ??= new Map(this.tools.map((tool) => [tool.id, tool]));
    return this.#toolsById.get(id);
  }

  /** By the upstream's own name. */
  toolOf(server: string, name: string): Tool | undefined {
    return this.#parts.get(server)?.tools.get(name);
  }

  toolsOf(server: string): readonly Tool[] {
    return [...(this.#parts.get(server)?.tools.values() ?? [])];
  }

  /** By id, or by a bare name that only one server uses. */
  findTool(nameOrId: string): Tool | undefined {
    const tool = this.tool(nameOrId);
    if (tool !== undefined) return tool;
    this.#toolsByName ??= byUniqueName(this.tools);
    const named = this.#toolsByName.get(nameOrId);
    return named === "ambiguous" ? undefined : named;
  }

  get prompts(): readonly CatalogPrompt[] {
    return (this.#prompts ??= [...this.#parts.values()].flatMap((part) => [...part.prompts.values()]));
  }

  prompt(id: string): CatalogPrompt | undefined {
    this.#promptsById ??= new Map(this.prompts.map((prompt) => [prompt.id, prompt]));
    return this.#promptsById.get(id);
  }

  promptOf(server: string, name: string): CatalogPrompt | undefined {
    return this.#parts.get(server)?.prompts.get(name);
  }

  get resources(): readonly CatalogResource[] {
    return this.#resources.resources;
  }

  get templates(): readonly CatalogTemplate[] {
    return this.#resources.templates;
  }

  /** Whose resource a public URI is: an exact one, a wrapped one, or one that a template matches. */
  resolveResource(publicUri: string): UpstreamUri | undefined {
    return this.#resources.resolve(publicUri);
  }

  resolveTemplate(publicTemplate: string): UpstreamUri | undefined {
    return this.#resources.resolveTemplate(publicTemplate);
  }

  /** How a URI that an upstream named is shown to callers of the merged endpoint. */
  publicUri(server: string, upstreamUri: string): string {
    return this.#resources.publicUri(server, upstreamUri);
  }

  get #resources(): ResourceIndex {
    return (this.#resourceIndex ??= new ResourceIndex([...this.#parts.values()]));
  }
}

function byUniqueName(tools: readonly Tool[]): ReadonlyMap<string, Tool | "ambiguous"> {
  const byName = new Map<string, Tool | "ambiguous">();
  for (const tool of tools) byName.set(tool.name, byName.has(tool.name) ? "ambiguous" : tool);
  return byName;
}
