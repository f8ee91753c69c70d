import { type JsonObject, isJsonObject } from "../../domain/json.ts";
import { EmbedderFailure } from "./embedder.ts";
import type { WordCutter } from "./word-cutter.ts";

/** What a sign costs that no piece has: dearer than the rarest piece. */
const UNKNOWN_PENALTY = 10;
const BYTE_PIECE = /^<0x([0-9A-F]{2})>$/;

interface Vocabulary {
  readonly pieces: ReadonlyMap<string, { readonly id: number; readonly score: number }>;
  readonly bytes: ReadonlyMap<number, number>;
  readonly longest: number;
  readonly unknownScore: number;
}

interface Step {
  readonly score: number;
  readonly start: number;
  /** Absent for a sign that no piece has. */
  readonly id: number | undefined;
}

/** SentencePiece's way: of all ways to cut the word into pieces, the most probable one (Viterbi). */
export function unigramPieces(model: JsonObject): WordCutter {
  const vocabulary = readVocabulary(model);
  return (word) => {
    const best = bestSteps(word, vocabulary);
    const tokens: number[][] = [];
    for (let end = word.length; end > 0;) {
      const step = best[end];
      if (step === undefined) return [];
      if (step.id !== undefined) tokens.push([step.id]);
      else tokens.push(bytesOf(word.slice(step.start, end), vocabulary));
      end = step.start;
    }
    return tokens.toReversed().flat();
  };
}

function readVocabulary(model: JsonObject): Vocabulary {
  const listed = model["vocab"];
  if (!Array.isArray(listed)) throw new EmbedderFailure("The model's tokenizer.json has no vocabulary.");
  const pieces = new Map<string, { id: number; score: number }>();
  const bytes = new Map<number, number>();
  const unknown = model["unk_id"];
  let longest = 1;
  let lowest = 0;
  for (const [id, entry] of (listed as unknown[]).entries()) {
    const [piece, score] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof piece !== "string" || typeof score !== "number" || id === unknown) continue;
    const byte = model["byte_fallback"] === true ? BYTE_PIECE.exec(piece)?.[1] : undefined;
    if (byte !== undefined) bytes.set(Number.parseInt(byte, 16), id);
    else pieces.set(piece, { id, score });
    longest = Math.max(longest, piece.length);
    lowest = Math.min(lowest, score);
  }
  if (pieces.size === 0 || isJsonObject(listed)) {
    throw new EmbedderFailure("The vocabulary of the model's tokenizer.json is empty.");
  }
  return { pieces, bytes, longest, unknownScore: lowest - UNKNOWN_PENALTY };
}

/** For each position the best way to get there. */
function bestSteps(word: string, { pieces, longest, unknownScore }: Vocabulary): (Step | undefined)[] {
  const best: (Step | undefined)[] = [{ score: 0, start: 0, id: undefined }];
  for (let start = 0; start < word.length; start++) {
    const from = best[start]?.score;
    if (from === undefined) continue;
    const sign = (word.codePointAt(start) ?? 0) > 0xffff ? 2 : 1;
    const offer = (end: number, score: number, id: number | undefined): void => {
      if (score > (best[end]?.score ?? -Infinity)) best[end] = { score, start, id };
    };
    offer(start + sign, from + unknownScore, undefined);
    for (let end = start + 1; end <= Math.min(word.length, start + longest); end++) {
      const piece = pieces.get(word.slice(start, end));
      if (piece !== undefined) offer(end, from + piece.score, piece.id);
    }
  }
  return best;
}

function bytesOf(sign: string, { bytes }: Vocabulary): number[] {
  if (bytes.size === 0) return [];
  return [...Buffer.from(sign)].flatMap((byte) => bytes.get(byte) ?? []);
}
