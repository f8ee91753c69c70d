import { type Json, type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";
import { EmbedderFailure } from "./embedder.ts";
import { compile } from "./text-normaliser.ts";

type Split = (text: string) => readonly string[];

/** ASCII signs that are neither letter nor digit count as punctuation for BERT, too. */
const WORD_OR_SIGN = /[\p{P}!-/:-@[-`{-~]|[^\s\p{P}!-/:-@[-`{-~]+/gu;
const WORD_OR_SIGNS = /[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]+/gu;

/** The pre-tokenizers of a `tokenizer.json`, by their type. */
const SPLITTERS: Readonly<Record<string, (settings: JsonObject) => Split>> = {
  BertPreTokenizer: () => (text) => text.match(WORD_OR_SIGN) ?? [],
  Whitespace: () => (text) => text.match(WORD_OR_SIGNS) ?? [],
  WhitespaceSplit: () => (text) => text.match(/\S+/gu) ?? [],
  Punctuation: () => (text) => text.match(/[\p{P}!-/:-@[-`{-~]|[^\p{P}!-/:-@[-`{-~]+/gu) ?? [],
  Digits: (settings) => {
    const pattern = settings["individual_digits"] === true ? /\p{Nd}|\P{Nd}+/gu : /\p{Nd}+|\P{Nd}+/gu;
    return (text) => text.match(pattern) ?? [];
  },
  Metaspace: metaspace,
  Split: splitAt,
  Sequence: (settings) => {
    const listed = settings["pretokenizers"];
    const all = Array.isArray(listed) ? (listed as readonly Json[]).map(splitterOf) : [];
    return (text) => all.reduce<readonly string[]>((parts, split) => parts.flatMap(split), [text]);
  },
};

/** The splitter that the file describes; absent: a text is one word. */
export function splitterOf(settings: Json | undefined): Split {
  if (!isJsonObject(settings)) return (text) => (text === "" ? [] : [text]);
  const type = stringAt(settings, "type") ?? "";
  const make = Object.hasOwn(SPLITTERS, type) ? SPLITTERS[type] : undefined;
  if (make === undefined)
    throw new EmbedderFailure(`Tokenizers with the pre-tokenizer ${type} cannot be read.`);
  return make(settings);
}

/** SentencePiece marks where a word begins instead of cutting the blanks away. */
function metaspace(settings: JsonObject): Split {
  const mark = stringAt(settings, "replacement") ?? "▁";
  const scheme = stringAt(settings, "prepend_scheme");
  const prepends = scheme === undefined ? settings["add_prefix_space"] !== false : scheme !== "never";
  const splits = settings["split"] !== false;
  return (text) => {
    const marked = text.replaceAll(" ", mark);
    const whole = prepends && marked !== "" && !marked.startsWith(mark) ? mark + marked : marked;
    if (!splits) return whole === "" ? [] : [whole];
    return whole
      .split(mark)
      .flatMap((word, index) => (index === 0 ? (word === "" ? [] : [word]) : [mark + word]));
  };
}

/** `Isolated` keeps what the pattern finds as words of their own, `Removed` drops it. */
function splitAt(settings: JsonObject): Split {
  const pattern = settings["pattern"];
  const literal = isJsonObject(pattern) ? stringAt(pattern, "String") : undefined;
  const expression = isJsonObject(pattern) ? stringAt(pattern, "Regex") : undefined;
  const behaviour = stringAt(settings, "behavior");
  if (behaviour !== "Isolated" && behaviour !== "Removed") {
    throw new EmbedderFailure(`Tokenizers that split in the way ${behaviour ?? "unknown"} cannot be read.`);
  }
  const found = compile(expression ?? (literal ?? "").replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const keepsOthers = settings["invert"] !== true;
  return (text) => {
    const words: string[] = [];
    let end = 0;
    for (const match of text.matchAll(found)) {
      const kept = keepsOthers || behaviour === "Isolated";
      if (kept && match.index > end) words.push(text.slice(end, match.index));
      if ((behaviour === "Isolated" || !keepsOthers) && match[0] !== "") words.push(match[0]);
      end = match.index + match[0].length;
    }
    if (end < text.length && (keepsOthers || behaviour === "Isolated")) words.push(text.slice(end));
    return words;
  };
}
