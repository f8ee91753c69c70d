import type { ProfileView, Profiles } from "../registry/registry.ts";

export type ListKind = "tools" | "resources" | "prompts";
export const LIST_KINDS: readonly ListKind[] = ["tools", "resources", "prompts"];

/** What a list showed: of each entry its name or URI and its definition, in turn. */
type Shown = readonly unknown[];

/**
 * What the profiles that somebody listens to showed at the last look. A change of a server is no news where the
 * profile shows none of it, and may rename something that the profile takes from another server.
 */
export class ProfileLists {
  readonly #profiles: Profiles | undefined;
  readonly #seen = new Map<string, Readonly<Record<ListKind, Shown>>>();

  constructor(profiles: Profiles | undefined) {
    this.#profiles = profiles;
  }

  watch(profile: string): void {
    const view = this.#seen.has(profile) ? undefined : this.#profiles?.view(profile);
    if (view !== undefined) this.#seen.set(profile, shownBy(view));
  }

  /** Which lists of each watched profile are other than at the last look. */
  takeChanges(): ReadonlyMap<string, ReadonlySet<ListKind>> {
    const changes = new Map<string, ReadonlySet<ListKind>>();
    for (const [profile, before] of this.#seen) {
      const view = this.#profiles?.view(profile);
      if (view === undefined) continue;
      const after = shownBy(view);
      this.#seen.set(profile, after);
      changes.set(profile, new Set(LIST_KINDS.filter((list) => !isSame(before[list], after[list]))));
    }
    return changes;
  }
}

function shownBy({ tools, prompts, resources, templates }: ProfileView): Readonly<Record<ListKind, Shown>> {
  return {
    tools: tools.flatMap(({ name, item }) => [name, item]),
    prompts: prompts.flatMap(({ name, item }) => [name, item]),
    resources: [
      ...resources.flatMap(({ uri, definition }) => [uri, definition]),
      ...templates.flatMap(({ uriTemplate, definition }) => [uriTemplate, definition]),
    ],
  };
}

function isSame(a: Shown, b: Shown): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}
