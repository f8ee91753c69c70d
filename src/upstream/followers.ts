/** Which resources are followed on one connection, and by whom. A scope may follow one several times over. */
export class Followers {
  readonly #uris = new Map<string, Map<string, number>>();

  get isEmpty(): boolean {
    return this.#uris.size === 0;
  }

  get uris(): readonly string[] {
    return [...this.#uris.keys()];
  }

  has(uri: string, scope?: string): boolean {
    const scopes = this.#uris.get(uri);
    return scope === undefined ? scopes !== undefined : scopes?.has(scope) === true;
  }

  scopesOf(uri: string): readonly string[] {
    return [...(this.#uris.get(uri)?.keys() ?? [])];
  }

  add(uri: string, scope: string): void {
    const scopes = this.#uris.get(uri) ?? new Map<string, number>();
    scopes.set(scope, (scopes.get(scope) ?? 0) + 1);
    this.#uris.set(uri, scopes);
  }

  /** True if nobody follows the resource any more. */
  remove(uri: string, scope: string): boolean {
    const scopes = this.#uris.get(uri);
    const count = scopes?.get(scope);
    if (scopes === undefined || count === undefined) return false;
    if (count > 1) scopes.set(scope, count - 1);
    else scopes.delete(scope);
    return this.#forgotten(uri, scopes);
  }

  /** The resources that nobody follows any more now that the scope has gone. */
  removeScope(scope: string): readonly string[] {
    const left = [...this.#uris].filter(
      ([uri, scopes]) => scopes.delete(scope) && this.#forgotten(uri, scopes),
    );
    return left.map(([uri]) => uri);
  }

  /**
   * The followed resource that an upstream's notification is about: a server may name a part of the one that was
   * subscribed to (MCP 2025-11-25, server/resources). The longest one counts.
   */
  match(uri: string): string | undefined {
    if (this.#uris.has(uri)) return uri;
    let best: string | undefined;
    for (const followed of this.#uris.keys()) {
      if (followed.length > (best?.length ?? 0) && isBelow(uri, followed)) best = followed;
    }
    return best;
  }

  #forgotten(uri: string, scopes: ReadonlyMap<string, number>): boolean {
    return scopes.size === 0 && this.#uris.delete(uri);
  }
}

function isBelow(uri: string, followed: string): boolean {
  return uri.startsWith(followed) && (followed.endsWith("/") || uri[followed.length] === "/");
}
