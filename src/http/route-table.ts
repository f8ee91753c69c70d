import type { Route } from "./route.ts";

/** All routes by path and method, a literal path before one with a parameter in its place. */
export type RouteTable = ReadonlyMap<string, ReadonlyMap<string, Route>>;

export function byPath(routes: readonly Route[]): RouteTable {
  const table = new Map<string, Map<string, Route>>();
  for (const route of routes) {
    for (const path of [route.path, ...(route.aliases ?? [])]) {
      const methods = table.get(path) ?? new Map<string, Route>();
      methods.set(route.method, route);
      table.set(path, methods);
    }
  }
  return new Map([...table].sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1)));
}

/** `~` sorts after every character of a path. */
function rank(path: string): string {
  return path.replaceAll(/\{\w+\}/g, "~");
}

/** Only the very path of a public route is public: whatever is spelled otherwise meets the authentication. */
export function isPublic(table: RouteTable, method: string, path: string): boolean {
  return table.get(path)?.get(method === "HEAD" ? "GET" : method)?.action === "public";
}
