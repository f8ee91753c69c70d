import type { JsonObject } from "../domain/json.ts";
import type { CatalogPart } from "./catalog-part.ts";
import type { UriTemplate } from "./uri-template.ts";
import { isUiUri, isWrapped, type UpstreamUri, unwrapUri, wrapUri } from "./wrapped-uris.ts";

export interface CatalogResource {
  /** As callers of the merged endpoint see it. */
  readonly uri: string;
  readonly server: string;
  readonly upstreamUri: string;
  readonly definition: JsonObject;
}

export interface CatalogTemplate {
  /** As callers of the merged endpoint see it. */
  readonly uriTemplate: string;
  readonly server: string;
  readonly upstreamUriTemplate: string;
  readonly definition: JsonObject;
}

interface Route {
  readonly server: string;
  readonly matcher: UriTemplate;
  /** Other servers offer the very same template, so a match does not tell whose resource is meant. */
  readonly shared: boolean;
}

/**
 * All resources under public URIs. A URI passes through as it is, unless more than one server offers it, or it looks
 * like one of our wrapped ones: then it is wrapped, so that no upstream can take another's place.
 */
export class ResourceIndex {
  readonly resources: readonly CatalogResource[];
  readonly templates: readonly CatalogTemplate[];
  readonly #servers: ReadonlySet<string>;
  /** Servers of which URIs can be read that they do not list: links of their answers, and views of apps. */
  readonly #readers: ReadonlySet<string>;
  readonly #offerers: ReadonlyMap<string, number>;
  readonly #byUri: ReadonlyMap<string, UpstreamUri>;
  readonly #byTemplate: ReadonlyMap<string, UpstreamUri>;
  readonly #routes: readonly Route[];

  constructor(parts: readonly CatalogPart[]) {
    this.#servers = new Set(parts.map(({ server }) => server));
    this.#readers = new Set(parts.flatMap(({ server, reads }) => (reads ? [server] : [])));
    this.#offerers = count(parts.flatMap(({ resources }) => [...resources.keys()]));
    const sharers = count(parts.flatMap(({ templates }) => [...templates.keys()]));

    this.resources = parts.flatMap(({ server, resources }) =>
      [...resources.values()].map(({ uri: upstreamUri, definition }) => {
        const uri = isShared(upstreamUri, this.#offerers) ? wrapUri(server, upstreamUri) : upstreamUri;
        return { uri, server, upstreamUri, definition };
      }),
    );
    this.templates = parts.flatMap(({ server, templates }) =>
      [...templates.values()].map(({ uriTemplate: upstreamUriTemplate, definition }) => {
        const shared = isShared(upstreamUriTemplate, sharers);
        const uriTemplate = shared ? wrapUri(server, upstreamUriTemplate) : upstreamUriTemplate;
        return { uriTemplate, server, upstreamUriTemplate, definition };
      }),
    );
    this.#byUri = new Map(this.resources.map((r) => [r.uri, { server: r.server, uri: r.upstreamUri }]));
    this.#byTemplate = new Map(
      this.templates.map((t) => [t.uriTemplate, { server: t.server, uri: t.upstreamUriTemplate }]),
    );
    this.#routes = parts.flatMap(({ server, templates }) =>
      [...templates.values()].flatMap(({ uriTemplate, matcher }) =>
        matcher === undefined ? [] : [{ server, matcher, shared: isShared(uriTemplate, sharers) }],
      ),
    );
  }

  /** Whose resource a public URI is: listed as such, wrapped, or matched by a template that only one server offers. */
  resolve(publicUri: string): UpstreamUri | undefined {
    const listed = this.#byUri.get(publicUri);
    if (listed !== undefined) return listed;
    const wrapped = unwrapUri(publicUri);
    if (wrapped !== undefined) return this.#servers.has(wrapped.server) ? wrapped : undefined;
    const route = this.#match(publicUri);
    return route === undefined || route.shared ? undefined : { server: route.server, uri: publicUri };
  }

  resolveTemplate(publicTemplate: string): UpstreamUri | undefined {
    return this.#byTemplate.get(publicTemplate);
  }

  /** How a URI in an upstream's answer is shown, so that reading it leads back to the same upstream. */
  publicUri(server: string, uri: string): string {
    if (isWrapped(uri)) return wrapUri(server, uri);
    if (this.#offerers.has(uri)) return this.#byUri.get(uri)?.server === server ? uri : wrapUri(server, uri);
    const route = this.#match(uri);
    if (route !== undefined) return route.server === server && !route.shared ? uri : wrapUri(server, uri);
    return isUiUri(uri) || (this.#readers.has(server) && !isWebUri(uri)) ? wrapUri(server, uri) : uri;
  }

  #match(uri: string): Route | undefined {
    let best: Route | undefined;
    for (const route of this.#routes) {
      const isBetter = best === undefined || route.matcher.literalLength > best.matcher.literalLength;
      if (isBetter && route.matcher.matches(uri)) best = route;
    }
    return best;
  }
}

/** Links into the web are fetched by the client itself (MCP 2025-06-18, resources, common URI schemes). */
function isWebUri(uri: string): boolean {
  return /^https?:/i.test(uri);
}

function isShared(uri: string, times: ReadonlyMap<string, number>): boolean {
  return (times.get(uri) ?? 0) > 1 || isWrapped(uri);
}

function count(values: readonly string[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  return times;
}
