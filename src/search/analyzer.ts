import { stem } from "./stemmer.ts";
import { STOP_WORDS } from "./stop-words.ts";
import { words } from "./tokens.ts";

/** Stems are remembered up to here; tool texts use few words again and again. */
const MAX_REMEMBERED = 20_000;

/** Turns text into the terms that are indexed and searched for. */
export class Analyzer {
  readonly #stems = new Map<string, string>();

  /** The terms of a text in order, without stop words. */
  terms(text: string): string[] {
    const terms: string[] = [];
    for (const word of words(text)) if (!STOP_WORDS.has(word)) terms.push(this.stem(word));
    return terms;
  }

  /** The terms of a name keep the stop words: a tool may be called `whoami` or `do_it`. */
  allTerms(text: string): string[] {
    return words(text).map((word) => this.stem(word));
  }

  stem(word: string): string {
    const known = this.#stems.get(word);
    if (known !== undefined) return known;
    if (this.#stems.size >= MAX_REMEMBERED) this.#stems.clear();
    const stemmed = stem(word);
    this.#stems.set(word, stemmed);
    return stemmed;
  }
}
