import { type Json, type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";
import { EmbedderFailure } from "./embedder.ts";
import { normaliserOf } from "./text-normaliser.ts";
import { splitterOf } from "./text-splitter.ts";
import { unigramPieces } from "./unigram.ts";
import type { WordCutter } from "./word-cutter.ts";
import { wordPieces } from "./word-pieces.ts";

/** More of a text is not looked at: what counts stands at its beginning. */
const MAX_TEXT_LENGTH = 8_000;

/** Words come again and again, so their tokens are remembered up to here. */
const MAX_REMEMBERED = 10_000;

/** Texts to tokens, as the `tokenizer.json` of a model says. */
export class Tokenizer {
  readonly #normalise: (text: string) => string;
  readonly #split: (text: string) => readonly string[];
  readonly #cut: WordCutter;
  readonly #remembered = new Map<string, readonly number[]>();

  constructor(parts: {
    normalise: (text: string) => string;
    split: (text: string) => readonly string[];
    cut: WordCutter;
  }) {
    this.#normalise = parts.normalise;
    this.#split = parts.split;
    this.#cut = parts.cut;
  }

  /** The tokens of the text, without those that only mark its beginning and end, and without unknown ones. */
  tokens(text: string, limit: number): number[] {
    const tokens: number[] = [];
    for (const word of this.#split(this.#normalise(text.slice(0, MAX_TEXT_LENGTH)))) {
      for (const token of this.#tokensOf(word)) {
        if (tokens.length === limit) return tokens;
        tokens.push(token);
      }
    }
    return tokens;
  }

  #tokensOf(word: string): readonly number[] {
    const known = this.#remembered.get(word);
    if (known !== undefined) return known;
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    const tokens = this.#cut(word);
    this.#remembered.set(word, tokens);
    return tokens;
  }
}

/** Rejects what it would misread: a wrong cut gives vectors that look right and find nothing. */
export function readTokenizer(file: JsonObject): Tokenizer {
  return new Tokenizer({
    normalise: normaliserOf(file["normalizer"]),
    split: splitterOf(file["pre_tokenizer"]),
    cut: cutterOf(file["model"]),
  });
}

function cutterOf(model: Json | undefined): WordCutter {
  if (!isJsonObject(model)) throw new EmbedderFailure("The model's tokenizer.json has no model.");
  const type = stringAt(model, "type") ?? (Array.isArray(model["vocab"]) ? "Unigram" : "WordPiece");
  if (type === "WordPiece") return wordPieces(model);
  if (type === "Unigram") return unigramPieces(model);
  throw new EmbedderFailure(`Tokenizers of the kind ${type} cannot be read: only WordPiece and Unigram.`);
}
