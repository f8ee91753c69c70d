import type { Ranked } from "./ranking.ts";

/** Chance alone puts some tool this near. A tool that only its meaning speaks for must be nearer. */
const CHANCE_SIMILARITY = 0.15;
/** Where the best tool is this near, the semantic leg has its whole share. */
const TELLING_SIMILARITY = 0.4;

/** What one way of searching contributed. */
export interface LegPart {
  /** As the leg measured it: BM25F's sum, or a cosine. */
  readonly raw: number;
  /** The leg's best has 1. */
  readonly normalised: number;
  /** How much of the score it is. */
  readonly weight: number;
}

export interface Fused {
  readonly slot: number;
  /** Relative: the best has 1. */
  readonly score: number;
  readonly confidence: number;
  readonly keyword: LegPart;
  /** Absent: the tool has no vector yet. */
  readonly semantic: LegPart | undefined;
}

export interface FusionInput {
  /** The keyword leg's slots, best first. Pinned ones may be among them without a score. */
  readonly ranked: readonly Ranked[];
  /** Slots of the semantic leg that are not among the best of the keyword leg, but match. */
  readonly others: ReadonlyMap<number, Ranked>;
  readonly nearest: readonly { readonly slot: number; readonly score: number }[];
  /** The similarity of a slot that only the keyword leg found; nothing if it has no vector. */
  readonly similarity: (slot: number) => number | undefined;
  /** How much the semantic leg counts, 0 to 1. */
  readonly share: number;
  readonly pinned: ReadonlySet<number>;
  readonly precedes: (slot: number, other: number) => boolean;
  readonly limit: number;
}

/**
 * The weighted sum of both legs, each measured by its own best. A tool without a vector keeps its keyword score whole,
 * or it would sink while the vectors are still being made; so does every tool when the query means nothing to the model.
 */
export function fuse(input: FusionInput): { items: readonly Fused[]; onlyByMeaning: number } {
  const highest = input.nearest[0]?.score ?? 0;
  const share = input.share === 1 ? 1 : input.share * evidence(highest);
  const keyword = new Map(input.ranked.map((ranked) => [ranked.slot, ranked]));
  const byMeaning = input.nearest.filter(({ slot, score }) => {
    return score >= CHANCE_SIMILARITY || keyword.has(slot) || input.others.has(slot);
  });
  const similarities = new Map(byMeaning.map(({ slot, score }) => [slot, score]));
  const slots = new Set([...keyword.keys(), ...similarities.keys()]);
  const parts = [...slots].map((slot) => {
    const ranked = keyword.get(slot) ?? input.others.get(slot);
    const similarity = similarities.get(slot) ?? input.similarity(slot);
    return partsOf(slot, { ranked, similarity, highest, share });
  });
  const isMeant = (one: Fused) => one.score > 0 || input.pinned.has(one.slot);
  const found = parts.filter(isMeant).sort((one, other) => compare(one, other, input));
  const best = Math.max(...found.map(({ score }) => score)) || 1;
  const items = found.slice(0, input.limit).map((one) => ({ ...one, score: one.score / best }));
  const isOnlyByMeaning = ({ slot }: { slot: number }) => !keyword.has(slot) && !input.others.has(slot);
  return { items, onlyByMeaning: found.filter(isOnlyByMeaning).length };
}

/** Made relative, the best of nothing would look as good as the best of all. */
function evidence(highest: number): number {
  const above = (highest - CHANCE_SIMILARITY) / (TELLING_SIMILARITY - CHANCE_SIMILARITY);
  return Math.max(0, Math.min(1, above));
}

interface Measured {
  readonly ranked: Ranked | undefined;
  readonly similarity: number | undefined;
  readonly highest: number;
  readonly share: number;
}

function partsOf(slot: number, { ranked = NONE, similarity, highest, share }: Measured): Fused {
  const keyword = { raw: ranked.raw, normalised: ranked.score };
  if (similarity === undefined || highest <= 0) {
    const semantic = similarity === undefined ? undefined : { raw: similarity, normalised: 0, weight: 0 };
    const { score, confidence } = ranked;
    return { slot, score, confidence, keyword: { ...keyword, weight: 1 }, semantic };
  }
  const similar = Math.max(0, Math.min(1, similarity));
  const semantic = { raw: similarity, normalised: Math.max(0, similarity) / highest, weight: share };
  return {
    slot,
    score: (1 - share) * keyword.normalised + share * semantic.normalised,
    confidence: (1 - share) * ranked.confidence + share * similar,
    keyword: { ...keyword, weight: 1 - share },
    semantic,
  };
}

/** A tool in which no word of the query was found. */
const NONE: Ranked = { slot: -1, score: 0, confidence: 0, raw: 0 };

function compare(one: Fused, other: Fused, { pinned, precedes }: FusionInput): number {
  const isPinned = pinned.has(one.slot);
  if (isPinned !== pinned.has(other.slot)) return isPinned ? -1 : 1;
  return other.score - one.score || (precedes(one.slot, other.slot) ? -1 : 1);
}
