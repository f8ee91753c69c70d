import { BestSlots } from "./best-slots.ts";
import { IMPACT_BITS, MAX_IMPACT } from "./postings.ts";
import type { PlanTerm, QueryPlan } from "./query-plan.ts";

/** How much a tool's best clause counts against the query as a whole. */
const CLAUSE_SHARE = 0.5;

export interface Ranked {
  readonly slot: number;
  /** Relative: the best is 1. */
  readonly score: number;
  /** The share of the query that the tool answers to, from 0 to 1. */
  readonly confidence: number;
  /** BM25F's sum over the whole query, before anything is made relative. */
  readonly raw: number;
}

export interface Ranks {
  readonly items: readonly Ranked[];
  /** How many candidates match at all. */
  readonly total: number;
  /** The slots that were asked for besides, and match. */
  readonly others: ReadonlyMap<number, Ranked>;
}

export interface RankOptions {
  /** 1 for each slot that may be in the answer. */
  readonly candidates: Uint8Array;
  /** One more than the highest slot. */
  readonly end: number;
  readonly limit: number;
  /** Slots that go before all others, whatever their scores, even with none. */
  readonly pinned: ReadonlySet<number>;
  /** The order of slots with equal scores. */
  readonly precedes: (slot: number, other: number) => boolean;
  /** Slots whose scores are wanted although they may not be among the best. */
  readonly others?: Iterable<number> | undefined;
}

/**
 * Scores slots. The buffers hold one number per slot and are used again by every query, which is safe because a query
 * never waits. Reading them from end to end is cheaper than keeping lists of the slots that were touched.
 */
export class Ranking {
  #whole = new Float32Array(0);
  #clause = new Float32Array(0);
  #bestClause = new Float32Array(0);

  /** The best `limit` candidates, and how many there are in all. */
  rank(plan: QueryPlan, options: RankOptions): Ranks {
    this.#reserve(options.end);
    accumulate(plan.whole, this.#whole);
    for (const clause of plan.clauses) this.#addClause(clause, options);
    const { best, highest, total, scoreOf } = this.#select(
      plan.clauses.length > 0 ? CLAUSE_SHARE : 0,
      options,
    );
    const toRanked = (slot: number): Ranked => {
      const raw = this.#whole[slot] ?? 0;
      const confidence = Math.min(1, raw / (plan.attainable || 1));
      return { slot, score: scoreOf(slot) / highest, confidence, raw };
    };
    const items = best.map(({ slot }) => toRanked(slot));
    const others = new Map<number, Ranked>();
    for (const slot of options.others ?? []) {
      if (options.candidates[slot] === 1 && (this.#whole[slot] ?? 0) > 0) others.set(slot, toRanked(slot));
    }
    this.#whole.fill(0, 0, options.end);
    this.#bestClause.fill(0, 0, options.end);
    return { items, total, others };
  }

  /** Every clause is measured by its own best tool, so that a short task is heard beside a long one. */
  #addClause(clause: readonly PlanTerm[], { candidates, end }: RankOptions): void {
    const scores = this.#clause;
    const best = this.#bestClause;
    accumulate(clause, scores);
    const highest = highestOf(scores, candidates, end);
    for (let slot = 0; slot < end; slot++) {
      const score = (scores[slot] ?? 0) / highest;
      if (score > (best[slot] ?? 0)) best[slot] = score;
    }
    scores.fill(0, 0, end);
  }

  #select(clauseShare: number, options: RankOptions): Selection {
    const { candidates, end, pinned } = options;
    const scale = (1 - clauseShare) / highestOf(this.#whole, candidates, end);
    const scoreOf = (slot: number): number =>
      scale * (this.#whole[slot] ?? 0) + clauseShare * (this.#bestClause[slot] ?? 0);
    const best = new BestSlots(options);
    const anyPinned = pinned.size > 0;
    let highest = 0;
    let total = 0;
    for (let slot = 0; slot < end; slot++) {
      const whole = this.#whole[slot] ?? 0;
      const isPinned = anyPinned && pinned.has(slot);
      if ((whole === 0 && !isPinned) || candidates[slot] !== 1) continue;
      total++;
      const score = scoreOf(slot);
      if (score > highest) highest = score;
      if (score >= best.threshold || isPinned) best.offer(slot, score);
    }
    return { best: best.slots, highest: highest === 0 ? 1 : highest, total, scoreOf };
  }

  #reserve(end: number): void {
    if (this.#whole.length >= end) return;
    const capacity = Math.ceil(end * 1.5);
    this.#whole = new Float32Array(capacity);
    this.#clause = new Float32Array(capacity);
    this.#bestClause = new Float32Array(capacity);
  }
}

interface Selection {
  readonly best: BestSlots["slots"];
  readonly highest: number;
  readonly total: number;
  readonly scoreOf: (slot: number) => number;
}

/** Adds up weight × impact per slot; whether a slot is a candidate is asked later, once. */
function accumulate(terms: readonly PlanTerm[], scores: Float32Array): void {
  for (const { postings, weight } of terms) {
    const { packed, length } = postings;
    const scale = weight / MAX_IMPACT;
    for (let index = 0; index < length; index++) {
      const posting = packed[index] ?? 0;
      const slot = posting >>> IMPACT_BITS;
      scores[slot] = (scores[slot] ?? 0) + scale * (posting & MAX_IMPACT);
    }
  }
}

function highestOf(scores: Float32Array, candidates: Uint8Array, end: number): number {
  let highest = 0;
  for (let slot = 0; slot < end; slot++) {
    const score = scores[slot] ?? 0;
    if (score > highest && candidates[slot] === 1) highest = score;
  }
  return highest === 0 ? 1 : highest;
}
