import { Postings } from "./postings.ts";

const INITIAL = 1;
const FAMILY_PREFIX = 4;
const MAX_FAMILY_DIFFERENCE = 4;

/** Term → postings. Removed tools stay in the postings as dead slots until `renumber`. */
export class KeywordIndex {
  readonly #postings = new Map<string, Postings>();
  /** By the first letter, and by the first four, of their terms. */
  readonly #byPrefix = new Map<string, Postings[]>();

  add(slot: number, impacts: ReadonlyMap<string, number>): void {
    for (const [term, impact] of impacts) {
      let postings = this.#postings.get(term);
      if (postings === undefined) {
        postings = new Postings(term);
        this.#postings.set(term, postings);
        this.#addPrefixes(postings);
      }
      postings.append(slot, impact);
    }
  }

  postingsOf(term: string): Postings | undefined {
    return this.#postings.get(term);
  }

  /** Terms that begin with the whole of `term`, or it with them: the stemmer leaves astronomi and astronom apart. */
  familyOf(term: string): Postings[] {
    if (term.length < FAMILY_PREFIX) return [];
    const family = this.#byPrefix.get(term.slice(0, FAMILY_PREFIX)) ?? [];
    const kin = family.filter((other) => isKin(term, other.term));
    return kin.sort((a, b) => (a.term < b.term ? -1 : 1));
  }

  /** All terms with the same first letter. */
  neighboursOf(term: string): readonly Postings[] {
    return this.#byPrefix.get(term.slice(0, INITIAL)) ?? [];
  }

  /** `moved[slot]` is the new slot, or -1 where the tool is gone. */
  renumber(moved: Int32Array): void {
    for (const [term, postings] of this.#postings) {
      postings.renumber(moved);
      if (postings.length === 0) this.#postings.delete(term);
    }
    this.#byPrefix.clear();
    for (const postings of this.#postings.values()) this.#addPrefixes(postings);
  }

  #addPrefixes(postings: Postings): void {
    for (const length of [INITIAL, FAMILY_PREFIX]) {
      if (postings.term.length < length) continue;
      const prefix = postings.term.slice(0, length);
      const sharing = this.#byPrefix.get(prefix);
      if (sharing === undefined) this.#byPrefix.set(prefix, [postings]);
      else sharing.push(postings);
    }
  }
}

function isKin(term: string, other: string): boolean {
  if (term === other || Math.abs(term.length - other.length) > MAX_FAMILY_DIFFERENCE) return false;
  return other.startsWith(term) || term.startsWith(other);
}
