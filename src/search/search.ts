import type { Tool } from "../domain/offering.ts";
import type { Logger } from "../observability/logger.ts";
import type { VectorStore } from "../storage/storage.ts";
import type { Embedder } from "./embedders/embedder.ts";
import { fuse, type Fused } from "./fusion.ts";
import { KeywordLeg, type WordRanks } from "./keyword-leg.ts";
import { Pattern } from "./pattern.ts";
import { MAX_QUERY_LENGTH } from "./query-text.ts";
import type { FoundTool, SearchAnswer, ToolQuery, TypedAnswer, TypedQuery } from "./search-types.ts";
import { REASONS, type Reason, SemanticLeg, type SemanticStatus } from "./semantic-leg.ts";
import { Suggestions } from "./suggestions.ts";
import { ToolShelf, type View } from "./tool-shelf.ts";

export { openEmbedder } from "./embedders/open-embedder.ts";
export type {
  FoundTool,
  SearchAnswer,
  SearchType,
  ToolQuery,
  TypedAnswer,
  TypedQuery,
} from "./search-types.ts";
export type { SemanticStatus } from "./semantic-leg.ts";

type Findings = Omit<SearchAnswer, "tookMs">;

/** So many of the best of either leg are weighed against each other. */
const FUSED = 200;
const NOTHING: Findings = { items: [], total: 0 };
const OFF: SemanticStatus = { state: "off", model: undefined, reason: undefined, embedded: 0 };

/** What a search by meaning needs. */
export interface Semantics {
  readonly embedder: Embedder;
  readonly vectors: VectorStore;
  readonly logger: Logger;
  /** What meaning counts in a hybrid search, 0 to 1. */
  readonly share: number;
  /** Time to embed a query. */
  readonly budgetMs: number;
}

/**
 * Finds tools by what a caller wants to do. Everything is in memory: a search by words never waits, one by meaning
 * waits only for the query's vector, and goes by words alone when that does not come in time.
 */
export class ToolSearch {
  readonly #now: () => number;
  readonly #shelf = new ToolShelf();
  readonly #words: KeywordLeg;
  readonly #meaning: SemanticLeg | undefined;
  readonly #share: number;
  readonly #suggestions = new Suggestions();

  /** `synonyms` are further groups of words that mean nearly the same; `now` is a clock in milliseconds. */
  constructor(
    deps: {
      synonyms?: readonly (readonly string[])[];
      now?: () => number;
      /** Absent: every search goes by words. */
      semantics?: Semantics | undefined;
    } = {},
  ) {
    const { semantics, synonyms = [] } = deps;
    this.#now = deps.now ?? (() => performance.now());
    this.#words = new KeywordLeg({ shelf: this.#shelf, synonyms });
    this.#share = semantics?.share ?? 0;
    this.#meaning =
      semantics && new SemanticLeg({ ...semantics, shelf: this.#shelf, store: semantics.vectors });
  }

  /** Begins to load the model and to embed tools, in the background. */
  start(): void {
    this.#meaning?.start();
  }

  async close(): Promise<void> {
    await this.#meaning?.close();
  }

  get size(): number {
    return this.#shelf.size;
  }

  /** How the search by meaning is doing. */
  get semantics(): SemanticStatus {
    return this.#meaning?.status ?? OFF;
  }

  /** Makes these the tools of the server. Only those whose text changed are indexed anew. */
  replaceServer(server: string, tools: readonly Tool[]): void {
    const wanted = new Map(tools.map((tool) => [tool.id, tool]));
    for (const [id, slot] of this.#shelf.slotsOf(server)) {
      const tool = wanted.get(id);
      if (tool !== undefined && isSame(tool, this.#shelf.tool(slot))) continue;
      this.#shelf.remove(server, id);
      this.#meaning?.removed(slot);
      this.#suggestions.remove(id);
    }
    for (const tool of wanted.values()) this.#put(server, tool);
    this.#compact();
    this.#meaning?.changed();
  }

  removeServer(server: string): void {
    this.replaceServer(server, []);
  }

  /** Searches by words. Throws InvalidRequest for a pattern that cannot be used. */
  find(query: ToolQuery): SearchAnswer {
    const started = this.#now();
    const findings = this.#find(query);
    return { ...findings, tookMs: this.#now() - started };
  }

  /** Searches by words, by meaning or by both. Rejects with InvalidRequest for a pattern that cannot be used. */
  async search(query: TypedQuery): Promise<TypedAnswer> {
    const started = this.#now();
    const meant = await this.#findMeant(query);
    const isMeant = typeof meant === "object";
    const findings = isMeant ? meant : this.#find(query);
    const { visible, visibleCount } = this.#shelf.view(query);
    return {
      ...findings,
      effectiveType: isMeant ? query.type : "keyword",
      reason: typeof meant === "string" ? REASONS[meant] : undefined,
      embedded: this.#meaning?.embeddedIn(visible) ?? 0,
      visible: visibleCount,
      tookMs: this.#now() - started,
    };
  }

  /** Tools whose names begin like what somebody is typing; at most 200 characters of it are read. */
  suggest(
    text: string,
    options: { limit: number; visible?: ((tool: Tool) => boolean) | undefined },
  ): Promise<readonly Tool[]> {
    return this.#suggestions.find(text, options);
  }

  #find(query: ToolQuery): Findings {
    const text = textOf(query);
    if (text === "" || this.#shelf.size === 0) return NOTHING;
    const pattern = Pattern.from(text);
    const view = this.#shelf.view(query);
    if (pattern !== undefined) return this.#findPattern(pattern, query, view);
    const ranks = this.#words.rank(text, view, { limit: limitOf(query) });
    const items = ranks.items.flatMap(({ slot, score, confidence, raw }) => {
      const keyword = { raw, normalised: score, weight: 1 };
      return this.#found({ slot, score, confidence, keyword, semantic: undefined }, ranks, query);
    });
    return { items, total: ranks.total };
  }

  /** What was found by meaning, or why nothing could be; nothing at all where meaning has no say. */
  async #findMeant(query: TypedQuery): Promise<Findings | Reason | undefined> {
    const text = textOf(query);
    if (query.type === "keyword" || text === "" || Pattern.from(text) !== undefined) return undefined;
    if (this.#meaning === undefined) return "off";
    if (this.#shelf.size === 0) return undefined;
    const vector = await this.#meaning.vectorOf(text);
    if (typeof vector === "string") return vector;
    const near = await this.#meaning.nearest(vector, this.#shelf.view(query).candidates, FUSED);
    const view = this.#shelf.view(query);
    const nearest = near ?? this.#meaning.nearestNow(vector, view.candidates, FUSED);
    const ranks = this.#words.rank(text, view, {
      limit: FUSED,
      others: nearest.map(({ slot }) => slot),
    });
    const { items, onlyByMeaning } = fuse({
      ranked: ranks.items,
      others: ranks.others,
      pinned: ranks.pinned,
      nearest,
      similarity: (slot) => this.#meaning?.similarity(slot, vector),
      share: query.type === "semantic" ? 1 : this.#share,
      precedes: (slot, other) => this.#shelf.precedes(slot, other),
      limit: limitOf(query),
    });
    const found = items.flatMap((one) => this.#found(one, ranks, query));
    return { items: found, total: ranks.total + onlyByMeaning };
  }

  #found(one: Fused, ranks: WordRanks, { explain }: ToolQuery): readonly FoundTool[] {
    const { slot, keyword, semantic } = one;
    const tool = this.#shelf.tool(slot);
    if (tool === undefined) return [];
    const exact = ranks.pinned.has(slot);
    return [
      {
        tool,
        score: exact ? 1 : one.score,
        confidence: exact ? 1 : one.confidence,
        matched: ranks.matched(slot, explain === true),
        scores: { keyword: keyword.normalised, ...(semantic && { semantic: semantic.normalised }) },
        ...(explain === true && { explanation: { exact, keyword, semantic } }),
      },
    ];
  }

  #findPattern(pattern: Pattern, query: ToolQuery, view: View): Findings {
    const tools: Tool[] = [];
    for (let slot = 0; slot < this.#shelf.end; slot++) {
      const tool = view.candidates[slot] === 1 ? this.#shelf.tool(slot) : undefined;
      if (tool !== undefined && (pattern.test(tool.id) || pattern.test(tool.name))) tools.push(tool);
    }
    tools.sort((a, b) => (a.id < b.id ? -1 : 1));
    const keyword = { raw: 1, normalised: 1, weight: 1 };
    const certain = {
      score: 1,
      confidence: 1,
      matched: [textOf(query)],
      scores: { keyword: 1 },
      ...(query.explain === true && { explanation: { exact: true, keyword, semantic: undefined } }),
    };
    const items = tools.slice(0, limitOf(query)).map((tool) => ({ tool, ...certain }));
    return { items, total: tools.length };
  }

  #put(server: string, tool: Tool): void {
    const present = this.#shelf.slotsOf(server).get(tool.id);
    if (present !== undefined) this.#shelf.refresh(present, tool);
    else this.#words.add(this.#shelf.add(server, tool), tool);
    this.#suggestions.put(tool, present === undefined);
  }

  #compact(): void {
    const moved = this.#shelf.compact();
    if (moved === undefined) return;
    this.#words.renumbered(moved);
    this.#meaning?.renumbered(moved);
  }
}

function textOf({ text }: ToolQuery): string {
  return text.slice(0, MAX_QUERY_LENGTH).trim();
}

function limitOf({ limit }: ToolQuery): number {
  return Math.max(0, Math.trunc(limit) || 0);
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
