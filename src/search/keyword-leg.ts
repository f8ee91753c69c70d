import type { Tool } from "../domain/offering.ts";
import { Analyzer } from "./analyzer.ts";
import { EVERYDAY_WORDS } from "./everyday-words.ts";
import { exactSlots } from "./exact-name.ts";
import { impactsOf } from "./impacts.ts";
import { KeywordIndex } from "./keyword-index.ts";
import { Lexicon } from "./lexicon.ts";
import { QueryPlanner } from "./query-plan.ts";
import { readClauses } from "./query-text.ts";
import { Ranking, type Ranks } from "./ranking.ts";
import { fieldsOf } from "./tool-fields.ts";
import type { ToolShelf, View } from "./tool-shelf.ts";
import { WORK_WORDS } from "./work-words.ts";

/** What a query's words found. */
export interface WordRanks extends Ranks {
  /** Slots of tools whose id or name is the very query. */
  readonly pinned: ReadonlySet<number>;
  /** The caller's words that led to the slot, in their order; related words last and marked, if they are wanted. */
  matched(slot: number, withRelated: boolean): readonly string[];
}

/** Searches by words: BM25F over the fields of tools, with a lexicon. */
export class KeywordLeg {
  readonly #shelf: ToolShelf;
  readonly #analyzer = new Analyzer();
  readonly #lexicon: Lexicon;
  readonly #index = new KeywordIndex();
  readonly #ranking = new Ranking();

  constructor(deps: { shelf: ToolShelf; synonyms: readonly (readonly string[])[] }) {
    this.#shelf = deps.shelf;
    this.#lexicon = new Lexicon([...WORK_WORDS, ...EVERYDAY_WORDS, ...deps.synonyms], this.#analyzer);
  }

  add(slot: number, tool: Tool): void {
    this.#index.add(slot, impactsOf(fieldsOf(tool), this.#analyzer));
  }

  renumbered(moved: Int32Array): void {
    this.#index.renumber(moved);
  }

  rank(text: string, view: View, options: { limit: number; others?: Iterable<number> }): WordRanks {
    const planner = new QueryPlanner({ index: this.#index, lexicon: this.#lexicon, view });
    const plan = planner.plan(readClauses(text, this.#analyzer));
    const candidate = (slot: number) => (view.candidates[slot] === 1 ? this.#shelf.tool(slot) : undefined);
    const named = exactSlots(text, { analyzer: this.#analyzer, index: this.#index, candidate });
    const pinned = new Set([...named, ...this.#shelf.slotsOfId(text)]);
    const ranks = this.#ranking.rank(plan, {
      ...options,
      pinned,
      candidates: view.candidates,
      end: this.#shelf.end,
      precedes: (slot, other) => this.#shelf.precedes(slot, other),
    });
    const matched: WordRanks["matched"] = (slot, withRelated) => {
      const found = new Set<string>();
      for (const { postings, word, related } of plan.whole) {
        if ((!related || withRelated) && postings.has(slot)) found.add(related ? `~${word}` : word);
      }
      return [...found];
    };
    return { ...ranks, pinned, matched };
  }
}
