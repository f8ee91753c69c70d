import { type Json, type JsonObject, isJsonObject, stringAt } from "../../domain/json.ts";
import { EmbedderFailure } from "./embedder.ts";

type Normalise = (text: string) => string;

const CHINESE = /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[\u{20000}-\u{2fa1f}]/gu;
const CONTROLS = /\ufffd|(?![\t\n\r])\p{C}/gu;
const MARKS = /\p{Mn}/gu;

/** The normalisers of a `tokenizer.json`, by their type. */
const NORMALISERS: Readonly<Record<string, (settings: JsonObject) => Normalise>> = {
  BertNormalizer: bertNormaliser,
  Sequence: (settings) => {
    const listed = settings["normalizers"];
    const all = Array.isArray(listed) ? (listed as readonly Json[]).map(normaliserOf) : [];
    return (text) => all.reduce((before, normalise) => normalise(before), text);
  },
  Lowercase: () => (text) => text.toLowerCase(),
  NFC: () => (text) => text.normalize("NFC"),
  NFD: () => (text) => text.normalize("NFD"),
  NFKC: () => (text) => text.normalize("NFKC"),
  NFKD: () => (text) => text.normalize("NFKD"),
  StripAccents: () => (text) => text.replace(MARKS, ""),
  Strip: () => (text) => text.trim(),
  // SentencePiece's own table differs from NFKC in a few signs that tools do not use.
  Precompiled: () => (text) => text.normalize("NFKC").replace(CONTROLS, "").replace(/\s/g, " "),
  Replace: replacer,
  Prepend: (settings) => {
    const prefix = stringAt(settings, "prepend") ?? "";
    return (text) => (text === "" ? "" : prefix + text);
  },
};

/** The normaliser that the file describes; absent: texts stay as they are. */
export function normaliserOf(settings: Json | undefined): Normalise {
  if (!isJsonObject(settings)) return (text) => text;
  const type = stringAt(settings, "type") ?? "";
  const make = Object.hasOwn(NORMALISERS, type) ? NORMALISERS[type] : undefined;
  if (make === undefined) throw new EmbedderFailure(`Tokenizers with the normalizer ${type} cannot be read.`);
  return make(settings);
}

function bertNormaliser(settings: JsonObject): Normalise {
  const lowercase = settings["lowercase"] !== false;
  const steps: Normalise[] = [];
  if (settings["clean_text"] !== false) {
    steps.push((text) => text.replace(CONTROLS, "").replace(/\s/g, " "));
  }
  if (settings["handle_chinese_chars"] !== false) steps.push((text) => text.replace(CHINESE, " $& "));
  if (settings["strip_accents"] === true || (settings["strip_accents"] !== false && lowercase)) {
    steps.push((text) => text.normalize("NFD").replace(MARKS, ""));
  }
  if (lowercase) steps.push((text) => text.toLowerCase());
  return (text) => steps.reduce((before, step) => step(before), text);
}

function replacer(settings: JsonObject): Normalise {
  const pattern = settings["pattern"];
  const content = stringAt(settings, "content") ?? "";
  const literal = isJsonObject(pattern) ? stringAt(pattern, "String") : undefined;
  const expression = isJsonObject(pattern) ? stringAt(pattern, "Regex") : undefined;
  if (literal !== undefined) return (text) => text.replaceAll(literal, () => content);
  const compiled = compile(expression ?? "");
  return (text) => text.replace(compiled, () => content);
}

/** The patterns come with the model that the operator chose. */
export function compile(expression: string): RegExp {
  try {
    return new RegExp(expression, "gu");
  } catch (cause) {
    throw new EmbedderFailure("A pattern of the model's tokenizer.json cannot be read.", { cause });
  }
}
