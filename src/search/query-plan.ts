import type { KeywordIndex } from "./keyword-index.ts";
import type { Lexicon } from "./lexicon.ts";
import { nearMisses } from "./near-miss.ts";
import type { Postings } from "./postings.ts";
import type { Clause, QueryWord } from "./query-text.ts";
import type { View } from "./tool-shelf.ts";

const MAX_TERMS = 64;
/** Looking for near misses reads much of the vocabulary, so junk in a query must not ask for it again and again. */
const MAX_UNKNOWN_WORDS = 8;
const JOINED_WEIGHT = 0.8;
const FAMILY_WEIGHT = 0.4;
const PART_WEIGHT = 0.6;
const MISS_WEIGHTS: readonly number[] = [1, 0.6, 0.4];
const COMMON_COUNT = 100;
const COMMON_SHARE = 0.03;
const MIN_PART_LENGTH = 3;
/** A question has many everyday words and few that matter: those count somewhat more than BM25 has it. */
const RARITY_POWER = 1.2;

/** One posting list to be read, and how much each of its impacts counts. */
export interface PlanTerm {
  readonly postings: Postings;
  readonly weight: number;
  /** The caller's word that led here. */
  readonly word: string;
  /** Found through the lexicon. */
  readonly related: boolean;
}

export interface QueryPlan {
  readonly whole: readonly PlanTerm[];
  /** Empty unless the query has more than one clause. */
  readonly clauses: readonly (readonly PlanTerm[])[];
  /** What a tool would score that is about every word of the query and nothing else. */
  readonly attainable: number;
}

/** Decides which posting lists answer a query, looking only at tools that the caller may see. */
export class QueryPlanner {
  readonly #index: KeywordIndex;
  readonly #lexicon: Lexicon;
  readonly #view: View;
  readonly #counts = new Map<Postings, number>();
  readonly #resolved = new Map<string, readonly PlanTerm[]>();
  #unknownWords = 0;

  constructor(deps: { index: KeywordIndex; lexicon: Lexicon; view: View }) {
    this.#index = deps.index;
    this.#lexicon = deps.lexicon;
    this.#view = deps.view;
  }

  plan(clauses: readonly Clause[]): QueryPlan {
    const { terms, attainable } = this.#chooseTerms(clauses);
    const planned = clauses.map((clause) => this.#planClause(clause, terms));
    return { whole: unite(planned), clauses: planned.length > 1 ? planned : [], attainable };
  }

  /** The 64 rarest terms stand for the query; a word that nothing is about counts as the rarest. */
  #chooseTerms(clauses: readonly Clause[]): { terms: ReadonlySet<string>; attainable: number } {
    const all = clauses.flat();
    const meant = all.some((word) => !word.stop) ? all.filter((word) => !word.stop) : all;
    const rarities = new Map<string, number>();
    for (const { term } of meant) rarities.set(term, this.#rarity(this.#index.postingsOf(term)));
    const chosen = [...rarities].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, MAX_TERMS);
    return {
      terms: new Set(chosen.map(([term]) => term)),
      attainable: chosen.reduce((sum, [, rarity]) => sum + rarity, 0),
    };
  }

  #planClause(clause: Clause, terms: ReadonlySet<string>): PlanTerm[] {
    const planned = new Map<Postings, PlanTerm>();
    for (const [position, word] of clause.entries()) {
      if (!terms.has(word.term)) continue;
      for (const term of this.#resolve(word)) addHeavier(planned, term);
      this.#addFamily(word, planned);
      const next = clause[position + 1];
      if (next !== undefined && terms.has(next.term)) this.#join(word, next, planned);
    }
    this.#addRelated(clause, planned);
    return [...planned.values()];
  }

  /** "web hook" is also `webhook`. */
  #join(word: QueryWord, next: QueryWord, planned: Map<Postings, PlanTerm>): void {
    const postings =
      this.#index.postingsOf(word.word + next.word) ?? this.#index.postingsOf(word.word + next.term);
    if (postings === undefined || !this.#isKnown(postings)) return;
    addHeavier(planned, this.#term(postings, JOINED_WEIGHT, `${word.word} ${next.word}`));
  }

  #addFamily(word: QueryWord, planned: Map<Postings, PlanTerm>): void {
    for (const postings of this.#index.familyOf(word.term)) {
      if (this.#isTelling(postings)) addHeavier(planned, this.#term(postings, FAMILY_WEIGHT, word.word));
    }
  }

  #addRelated(clause: Clause, planned: Map<Postings, PlanTerm>): void {
    for (const { term, word, weight } of this.#lexicon.relatedTo(clause.map((asked) => asked.term))) {
      const postings = this.#index.postingsOf(term);
      if (postings === undefined || planned.has(postings) || !this.#isTelling(postings)) continue;
      planned.set(postings, { ...this.#term(postings, weight, word), related: true });
    }
  }

  /** A word that no visible tool knows may be two words written as one, or a typing error. */
  #resolve(word: QueryWord): readonly PlanTerm[] {
    const known = this.#resolved.get(word.term);
    if (known !== undefined) return known;
    const postings = this.#index.postingsOf(word.term);
    const resolved =
      postings !== undefined && this.#isKnown(postings)
        ? [this.#term(postings, 1, word.word)]
        : this.#resolveUnknown(word);
    this.#resolved.set(word.term, resolved);
    return resolved;
  }

  #resolveUnknown(word: QueryWord): readonly PlanTerm[] {
    if (++this.#unknownWords > MAX_UNKNOWN_WORDS) return [];
    const parts = this.#partsOf(word.term);
    if (parts.length > 0) return parts.map((part) => this.#term(part, PART_WEIGHT, word.word));
    return nearMisses(word.term, this.#index, (postings) => this.#isKnown(postings)).map((miss) =>
      this.#term(miss.postings, MISS_WEIGHTS[miss.edits] ?? 0, word.word),
    );
  }

  #partsOf(term: string): readonly Postings[] {
    for (let cut = MIN_PART_LENGTH; cut <= term.length - MIN_PART_LENGTH; cut++) {
      const head = this.#index.postingsOf(term.slice(0, cut));
      const tail = this.#index.postingsOf(term.slice(cut));
      if (head !== undefined && tail !== undefined && this.#isKnown(head) && this.#isKnown(tail))
        return [head, tail];
    }
    return [];
  }

  #term(postings: Postings, weight: number, word: string): PlanTerm {
    return { postings, weight: weight * this.#rarity(postings), word, related: false };
  }

  #isKnown(postings: Postings): boolean {
    return this.#count(postings) > 0;
  }

  /** In a large catalog a related term that stands everywhere costs time and decides nothing. */
  #isTelling(postings: Postings): boolean {
    const count = this.#count(postings);
    return count > 0 && count <= COMMON_COUNT + COMMON_SHARE * this.#view.visibleCount;
  }

  /** BM25's IDF, sharpened, over the visible tools alone. */
  #rarity(postings: Postings | undefined): number {
    const count = postings === undefined ? 0 : this.#count(postings);
    return Math.log(1 + (this.#view.visibleCount - count + 0.5) / (count + 0.5)) ** RARITY_POWER;
  }

  #count(postings: Postings): number {
    if (this.#view.complete) return postings.length;
    const known = this.#counts.get(postings);
    if (known !== undefined) return known;
    const count = postings.countIn(this.#view.visible);
    this.#counts.set(postings, count);
    return count;
  }
}

function addHeavier(planned: Map<Postings, PlanTerm>, term: PlanTerm): void {
  const present = planned.get(term.postings);
  if (present === undefined || present.weight < term.weight) planned.set(term.postings, term);
}

/** A term counts once, however many clauses name it; a word of the query goes before a related one. */
function unite(clauses: readonly (readonly PlanTerm[])[]): readonly PlanTerm[] {
  const only = clauses[0];
  if (only !== undefined && clauses.length === 1) return only;
  const united = new Map<Postings, PlanTerm>();
  for (const clause of clauses) for (const term of clause) addHeavier(united, term);
  return [...united.values()];
}
