import { matchesAny } from "../domain/glob.ts";
import type { Profile } from "../domain/profile.ts";
import type { Catalog } from "./catalog.ts";
import { ProfileView } from "./profile-view.ts";

export interface ProfilesDeps {
  readonly profiles: Readonly<Record<string, Profile>>;
  readonly catalog: () => Catalog;
}

/** The profiles of the config file, each with its view of the present catalog. */
export class Profiles {
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #catalog: () => Catalog;
  readonly #views = new Map<string, ProfileView>();
  readonly #choices: readonly (readonly [name: string, globs: readonly string[]])[];

  constructor({ profiles, catalog }: ProfilesDeps) {
    this.#profiles = new Map(Object.entries(profiles));
    this.#catalog = catalog;
    this.#choices = [...this.#profiles].flatMap(([name, { clients = [] }]) =>
      clients.length === 0 ? [] : [[name, clients.map((glob) => glob.toLowerCase())] as const],
    );
  }

  get names(): readonly string[] {
    return [...this.#profiles.keys()];
  }

  find(name: string): Profile | undefined {
    return this.#profiles.get(name);
  }

  /** Worked out once per catalog; nothing for a profile that does not exist. */
  view(name: string): ProfileView | undefined {
    const catalog = this.#catalog();
    const known = this.#views.get(name);
    if (known?.catalog === catalog) return known;
    const profile = this.#profiles.get(name);
    if (profile === undefined) return undefined;
    const view = new ProfileView(catalog, profile);
    this.#views.set(name, view);
    return view;
  }

  /** Whether any profile is chosen by the client's name. */
  get choosesByClient(): boolean {
    return this.#choices.length > 0;
  }

  /** The profile that a client of this name gets where it names none: the first of the config file that wants it. */
  forClient(client: string): string | undefined {
    const wanted = client.toLowerCase();
    return this.#choices.find(([, globs]) => matchesAny(globs, wanted))?.[0];
  }
}
