import type { Tool } from "../domain/offering.ts";
import { Analyzer } from "./analyzer.ts";
import { EVERYDAY_WORDS } from "./everyday-words.ts";
import { exactSlots } from "./exact-name.ts";
import { impactsOf } from "./impacts.ts";
import { KeywordIndex } from "./keyword-index.ts";
import { Lexicon } from "./lexicon.ts";
import { Pattern } from "./pattern.ts";
import type { PlanTerm } from "./query-plan.ts";
import { QueryPlanner } from "./query-plan.ts";
import { MAX_QUERY_LENGTH, readClauses } from "./query-text.ts";
import { Ranking } from "./ranking.ts";
import { fieldsOf } from "./tool-fields.ts";
import type { Filter, View } from "./tool-shelf.ts";
import { ToolShelf } from "./tool-shelf.ts";
import { WORK_WORDS } from "./work-words.ts";

export interface ToolQuery extends Filter {
  /** Plain words, the id or name of a tool, or `/pattern/`. What is beyond 4,000 characters is not read. */
  readonly text: string;
  readonly limit: number;
  /** Names related words among the matched ones, too: `~directory`. */
  readonly explain?: boolean | undefined;
}

export interface FoundTool {
  readonly tool: Tool;
  /** Relative to this answer: the top hit has 1. */
  readonly score: number;
  /** Absolute, 0 to 1: the share of the query that the tool answers to. A right answer to a long question often has .2. */
  readonly confidence: number;
  /** The words of the query that were found in the tool. */
  readonly matched: readonly string[];
  /** What each way of searching gave, best 1. */
  readonly scores: { readonly keyword: number };
}

export interface SearchAnswer {
  readonly items: readonly FoundTool[];
  /** How many visible tools match at all. */
  readonly total: number;
  readonly tookMs: number;
}

type Findings = Omit<SearchAnswer, "tookMs">;

/** Finds tools by what a caller wants to do. Everything is in memory and a query never waits. */
export class ToolSearch {
  readonly #now: () => number;
  readonly #analyzer = new Analyzer();
  readonly #lexicon: Lexicon;
  readonly #shelf = new ToolShelf();
  readonly #index = new KeywordIndex();
  readonly #ranking = new Ranking();

  /** `synonyms` are further groups of words that mean nearly the same; `now` is a clock in milliseconds. */
  constructor(deps: { synonyms?: readonly (readonly string[])[]; now?: () => number } = {}) {
    this.#now = deps.now ?? (() => performance.now());
    const groups = [...WORK_WORDS, ...EVERYDAY_WORDS, ...(deps.synonyms ?? [])];
    this.#lexicon = new Lexicon(groups, this.#analyzer);
  }

  get size(): number {
    return this.#shelf.size;
  }

  /** Makes these the tools of the server. Only those whose text changed are indexed anew. */
  replaceServer(server: string, tools: readonly Tool[]): void {
    const wanted = new Map(tools.map((tool) => [tool.id, tool]));
    for (const [id, slot] of this.#shelf.slotsOf(server)) {
      const tool = wanted.get(id);
      if (tool === undefined || !isSame(tool, this.#shelf.tool(slot))) this.#shelf.remove(server, id);
    }
    for (const tool of wanted.values()) this.#put(server, tool);
    this.#compact();
  }

  removeServer(server: string): void {
    this.replaceServer(server, []);
  }

  /** Throws InvalidRequest for a pattern that cannot be used. */
  find(query: ToolQuery): SearchAnswer {
    const started = this.#now();
    const findings = this.#find(query);
    return { ...findings, tookMs: this.#now() - started };
  }

  #find(query: ToolQuery): Findings {
    const text = query.text.slice(0, MAX_QUERY_LENGTH).trim();
    const limit = Math.max(0, Math.trunc(query.limit) || 0);
    if (text === "" || this.#shelf.size === 0) return { items: [], total: 0 };
    const pattern = Pattern.from(text);
    const view = this.#shelf.view(query);
    return pattern === undefined
      ? this.#findWords({ text, limit, explain: query.explain === true }, view)
      : this.#findPattern(pattern, { text, limit }, view);
  }

  #findWords(query: { text: string; limit: number; explain: boolean }, view: View): Findings {
    const index = this.#index;
    const planner = new QueryPlanner({ index, lexicon: this.#lexicon, view });
    const plan = planner.plan(readClauses(query.text, this.#analyzer));
    const candidate = (slot: number) => (view.candidates[slot] === 1 ? this.#shelf.tool(slot) : undefined);
    const named = exactSlots(query.text, { analyzer: this.#analyzer, index, candidate });
    const pinned = new Set([...named, ...this.#shelf.slotsOfId(query.text)]);
    const { items, total } = this.#ranking.rank(plan, {
      candidates: view.candidates,
      end: this.#shelf.end,
      limit: query.limit,
      pinned,
      precedes: (slot, other) => (candidate(slot)?.id ?? "") < (candidate(other)?.id ?? ""),
    });
    const found = items.flatMap(({ slot, score, confidence }): FoundTool[] => {
      const tool = candidate(slot);
      if (tool === undefined) return [];
      const matched = matchedWords(plan.whole, slot, query.explain);
      const sure = pinned.has(slot) ? { score: 1, confidence: 1 } : { score, confidence };
      return [{ tool, ...sure, matched, scores: { keyword: score } }];
    });
    return { items: found, total };
  }

  #findPattern(pattern: Pattern, query: { text: string; limit: number }, view: View): Findings {
    const tools: Tool[] = [];
    for (let slot = 0; slot < this.#shelf.end; slot++) {
      const tool = view.candidates[slot] === 1 ? this.#shelf.tool(slot) : undefined;
      if (tool !== undefined && (pattern.test(tool.id) || pattern.test(tool.name))) tools.push(tool);
    }
    tools.sort((a, b) => (a.id < b.id ? -1 : 1));
    const certain = { score: 1, confidence: 1, matched: [query.text], scores: { keyword: 1 } };
    return { items: tools.slice(0, query.limit).map((tool) => ({ tool, ...certain })), total: tools.length };
  }

  #put(server: string, tool: Tool): void {
    const present = this.#shelf.slotsOf(server).get(tool.id);
    if (present !== undefined) this.#shelf.refresh(present, tool);
    else this.#index.add(this.#shelf.add(server, tool), impactsOf(fieldsOf(tool), this.#analyzer));
  }

  #compact(): void {
    const moved = this.#shelf.compact();
    if (moved !== undefined) this.#index.renumber(moved);
  }
}

/** Whether the two read the same to the index; flags like `readOnly` are looked up when a query filters. */
function isSame(tool: Tool, known: Tool | undefined): boolean {
  return (
    known !== undefined &&
    tool.hash === known.hash &&
    tool.name === known.name &&
    tool.description === known.description &&
    tool.tags.join(" ") === known.tags.join(" ")
  );
}

/** The caller's words that led to the tool, in their order; related words last and marked. */
function matchedWords(terms: readonly PlanTerm[], slot: number, withRelated: boolean): string[] {
  const found = new Set<string>();
  for (const { postings, word, related } of terms) {
    if ((!related || withRelated) && postings.has(slot)) found.add(related ? `~${word}` : word);
  }
  return [...found];
}
