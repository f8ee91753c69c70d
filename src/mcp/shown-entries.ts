import type { JsonObject } from "../domain/json.ts";
import type { Catalog, ProfileView } from "../registry/registry.ts";
import type { WrittenTools } from "./dialects/dialects.ts";
import { type Endpoint, covers } from "./endpoint.ts";
import { uiUriOf, withPublicUi } from "./uris.ts";

export type ListName = "tools" | "resources" | "resourceTemplates" | "prompts";

export interface ShownEntry {
  readonly item: object;
  /** Of all entries of this list another one, and the same in the next catalog. */
  readonly key: string;
  /** An item that is shown the same way twice has the same text. */
  readonly variant: string;
  readonly shown: () => JsonObject;
}

export interface ListSource {
  readonly catalog: Catalog;
  readonly endpoint: Endpoint;
  /** Of a profile's endpoint. */
  readonly view: ProfileView | undefined;
  readonly written: WrittenTools;
}

/** Names and URIs are the public ones, or the profile's; on a server's own endpoint they are the server's. */
export function entriesOf(list: ListName, source: ListSource): readonly ShownEntry[] {
  const { catalog, endpoint } = source;
  switch (list) {
    case "tools":
      return toolEntries(source);
    case "prompts":
      return promptEntries(source);
    case "resources":
      return catalog.resources
        .filter(({ server }) => covers(endpoint, server))
        .map((resource) => {
          const { server, upstreamUri, definition } = resource;
          const uri = endpoint.kind === "server" ? upstreamUri : resource.uri;
          return {
            item: resource,
            key: `${server} ${upstreamUri}`,
            variant: uri,
            shown: () => (uri === upstreamUri ? definition : { ...definition, uri }),
          };
        });
    case "resourceTemplates":
      return catalog.templates
        .filter(({ server }) => covers(endpoint, server))
        .map((template) => {
          const { server, upstreamUriTemplate, definition } = template;
          const uriTemplate = endpoint.kind === "server" ? upstreamUriTemplate : template.uriTemplate;
          return {
            item: template,
            key: `${server} ${upstreamUriTemplate}`,
            variant: uriTemplate,
            shown: () => (uriTemplate === upstreamUriTemplate ? definition : { ...definition, uriTemplate }),
          };
        });
  }
}

function toolEntries({ catalog, endpoint, view, written }: ListSource): readonly ShownEntry[] {
  if (endpoint.kind === "server")
    return catalog.toolsOf(endpoint.server).map((tool) => {
      const { id, definition } = tool;
      return { item: tool, key: id, variant: "own", shown: () => definition };
    });
  const dialect = view?.profile.schema ?? "full";
  const named =
    endpoint.kind === "all" ? catalog.tools.map((item) => ({ name: item.id, item })) : (view?.tools ?? []);
  return named.map(({ name, item: tool }) => {
    // The page of an app is a resource like any other; what it is called depends on what others have.
    const ui = uiUriOf(tool.definition);
    const page = ui === undefined ? "" : catalog.publicUri(tool.server, ui);
    return {
      item: tool,
      key: tool.id,
      variant: `${dialect} ${name} ${page}`,
      shown: () => ({
        ...withPublicUi(written.definition(tool, dialect), (uri) => catalog.publicUri(tool.server, uri)),
        name,
      }),
    };
  });
}

function promptEntries({ catalog, endpoint, view }: ListSource): readonly ShownEntry[] {
  if (endpoint.kind === "server") {
    const own = catalog.prompts.filter(({ server }) => server === endpoint.server);
    return own.map((prompt) => {
      const { id, definition } = prompt;
      return { item: prompt, key: id, variant: "own", shown: () => definition };
    });
  }
  const named =
    endpoint.kind === "all"
      ? catalog.prompts.map((item) => ({ name: item.id, item }))
      : (view?.prompts ?? []);
  return named.map(({ name, item: prompt }) => ({
    item: prompt,
    key: prompt.id,
    variant: name,
    shown: () => ({ ...prompt.definition, name }),
  }));
}
