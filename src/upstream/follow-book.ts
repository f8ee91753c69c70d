import { type Caller, clientKey } from "./sharing.ts";

/** A resource that one caller follows. */
export interface FollowedResource {
  readonly uri: string;
  readonly who: Caller;
  /** How often. */
  readonly count: number;
}

/** What is followed on every server. It outlives the server's connections, so that others can take up what these followed. */
export class FollowBook {
  readonly #servers = new Map<string, Map<string, FollowedResource>>();

  of(server: string): readonly FollowedResource[] {
    return [...(this.#servers.get(server)?.values() ?? [])];
  }

  countOf(server: string, uri: string, who: Caller): number {
    return this.#servers.get(server)?.get(keyOf(uri, who))?.count ?? 0;
  }

  add(server: string, uri: string, who: Caller): void {
    const count = this.countOf(server, uri, who) + 1;
    const resources = this.#servers.get(server) ?? new Map<string, FollowedResource>();
    this.#servers.set(server, resources.set(keyOf(uri, who), { uri, who, count }));
  }

  remove(server: string, uri: string, who: Caller): void {
    const resources = this.#servers.get(server);
    const count = this.countOf(server, uri, who) - 1;
    if (count > 0) resources?.set(keyOf(uri, who), { uri, who, count });
    else resources?.delete(keyOf(uri, who));
    if (resources?.size === 0) this.#servers.delete(server);
  }

  /** The scope has ended. */
  release(scope: string): void {
    for (const [server, resources] of this.#servers) {
      for (const [key, { who }] of resources) if (who.scope === scope) resources.delete(key);
      if (resources.size === 0) this.#servers.delete(server);
    }
  }
}

function keyOf(uri: string, who: Caller): string {
  return JSON.stringify([who.scope, clientKey(who), uri]);
}
