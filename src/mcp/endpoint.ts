/** What a URL offers: everything that is registered, or one upstream under its own names. */
export type Endpoint = { readonly kind: "all" } | { readonly kind: "server"; readonly server: string };

const ALL: Endpoint = { kind: "all" };
const SERVER_PATH = "/mcp/s/";

/** The endpoint of a request's URL, or nothing if the path is not one of MCP's. */
export function endpointOf(url: string): Endpoint | undefined {
  if (url === "/mcp") return ALL;
  const query = url.indexOf("?");
  const path = query < 0 ? url : url.slice(0, query);
  if (path === "/mcp" || path === "/mcp/") return ALL;
  if (!path.startsWith(SERVER_PATH)) return undefined;
  const server = path.slice(SERVER_PATH.length);
  return /^[\w-]+$/.test(server) ? { kind: "server", server } : undefined;
}

export function covers(endpoint: Endpoint, server: string): boolean {
  return endpoint.kind === "all" || endpoint.server === server;
}

/** The part of the catalog that an endpoint shows, and the names that it uses. */
export function keyOf(endpoint: Endpoint): string {
  return endpoint.kind === "all" ? "*" : endpoint.server;
}
