import type { Analyzer } from "./analyzer.ts";
import { STOP_WORDS } from "./stop-words.ts";
import { words } from "./tokens.ts";

/** How much a related term counts against the word itself. */
const RELATED_WEIGHT = 0.35;
/** A term that several words of the query hint at counts more, but never as much as a word of the query. */
const MAX_RELATED_WEIGHT = 0.7;
const MAX_ENTRY_WORDS = 3;

export interface RelatedTerm {
  readonly term: string;
  /** The term as a reader knows it, not its stem. */
  readonly word: string;
  readonly weight: number;
}

/** Knows which terms mean nearly the same, so that "remove a folder" finds `delete_directory`. */
export class Lexicon {
  /** The terms of an entry, joined by a space → what is related to it. */
  readonly #related = new Map<string, Map<string, RelatedTerm>>();
  /** The first terms of entries of several words. */
  readonly #openers = new Set<string>();
  readonly #analyzer: Analyzer;

  constructor(groups: Iterable<readonly string[]>, analyzer: Analyzer) {
    this.#analyzer = analyzer;
    for (const group of groups) this.#learn(group.map(wordsOf));
  }

  /** What is related to a run of terms (stop words and all), without the terms that stand in it. */
  relatedTo(terms: readonly string[]): Iterable<RelatedTerm> {
    const found = new Map<string, RelatedTerm>();
    for (const [start, term] of terms.entries()) {
      this.#collect(term, found);
      const longest = this.#openers.has(term) ? Math.min(MAX_ENTRY_WORDS, terms.length - start) : 1;
      for (let length = 2; length <= longest; length++) {
        this.#collect(terms.slice(start, start + length).join(" "), found);
      }
    }
    for (const term of terms) found.delete(term);
    return found.values();
  }

  #collect(entry: string, found: Map<string, RelatedTerm>): void {
    for (const related of this.#related.get(entry)?.values() ?? []) {
      const present = found.get(related.term)?.weight ?? 0;
      const weight = Math.min(MAX_RELATED_WEIGHT, present + related.weight);
      found.set(related.term, { ...related, weight });
    }
  }

  #learn(group: readonly (readonly string[])[]): void {
    for (const entry of group) {
      const [first = "", ...rest] = entry.map((word) => this.#analyzer.stem(word));
      const key = [first, ...rest].join(" ");
      if (rest.length > 0) this.#openers.add(first);
      const related = this.#related.get(key) ?? new Map<string, RelatedTerm>();
      this.#related.set(key, related);
      for (const other of group) if (other !== entry) this.#relate(related, other);
    }
  }

  /** A word of a longer entry counts less: "look" and "up" each say little of "look up". */
  #relate(related: Map<string, RelatedTerm>, other: readonly string[]): void {
    const weight = RELATED_WEIGHT / other.length;
    for (const word of other) {
      const term = this.#analyzer.stem(word);
      if (STOP_WORDS.has(word) || weight <= (related.get(term)?.weight ?? 0)) continue;
      related.set(term, { term, word, weight });
    }
  }
}

/** A compound like `s3` is one word here: in a query it is found whole, too. */
function wordsOf(entry: string): string[] {
  return entry.split(" ").flatMap((word) => words(word).slice(-1));
}
