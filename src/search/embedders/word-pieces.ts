import { type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";
import { EmbedderFailure } from "./embedder.ts";
import type { WordCutter } from "./word-cutter.ts";

/** BERT's way: the longest piece that the vocabulary has, again and again; a word with a gap is unknown as a whole. */
export function wordPieces(model: JsonObject): WordCutter {
  const vocabulary = model["vocab"];
  if (!isJsonObject(vocabulary)) throw new EmbedderFailure("The model's tokenizer.json has no vocabulary.");
  const ids = new Map(Object.entries(vocabulary).map(([piece, id]) => [piece, Number(id)]));
  const unknown = ids.get(stringAt(model, "unk_token") ?? "[UNK]");
  const inner = stringAt(model, "continuing_subword_prefix") ?? "##";
  const longest =
    typeof model["max_input_chars_per_word"] === "number" ? model["max_input_chars_per_word"] : 100;
  return (word) => {
    if (Array.from(word).length > longest) return [];
    const tokens: number[] = [];
    for (let start = 0; start < word.length;) {
      const found = longestPiece(word, { start, prefix: start === 0 ? "" : inner, ids });
      if (found === undefined) return [];
      if (found.id !== unknown) tokens.push(found.id);
      start = found.end;
    }
    return tokens;
  };
}

function longestPiece(
  word: string,
  { start, prefix, ids }: { start: number; prefix: string; ids: ReadonlyMap<string, number> },
): { id: number; end: number } | undefined {
  for (let end = word.length; end > start; end--) {
    const id = ids.get(prefix + word.slice(start, end));
    if (id !== undefined) return { id, end };
  }
  return undefined;
}
