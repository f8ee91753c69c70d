import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../../support/temporary-folder.ts";
import { bytesField, numberField } from "./protobuf.ts";

/** Words of one group mean the same to the made models: they have the same vector, and groups are at right angles. */
export const GROUPS: readonly (readonly string[])[] = [
  ["delete", "remove", "erase"],
  ["file", "document"],
  ["weather", "forecast", "sky"],
  ["mail", "letter", "message"],
  ["send", "post"],
  ["city", "town"],
  ["picture", "photo", "image"],
  ["money", "cash"],
];
const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
/** Pieces of words, as WordPiece has them. */
const PIECES = ["##s", "##ing"];

const WORDS = [...SPECIAL, ...GROUPS.flat(), ...PIECES];
export const DIMENSIONS = GROUPS.length;

/** One row for each word; special signs and pieces mean nothing. */
function table(words: readonly string[], dimensions = DIMENSIONS): Float32Array {
  const values = new Float32Array(words.length * dimensions);
  for (const [row, word] of words.entries()) {
    const group = GROUPS.findIndex((members) => members.includes(word.replace("▁", "")));
    if (group >= 0) values[row * dimensions + group] = 1;
  }
  return values;
}

export interface TensorSketch {
  readonly dtype?: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export function floats(values: ArrayLike<number>): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

/** A safetensors file. */
export function safetensors(tensors: Readonly<Record<string, TensorSketch>>): Buffer {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  for (const [name, { dtype = "F32", shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...Object.values(tensors).map(({ bytes }) => bytes)]);
}

function wordPieceTokenizer(change: object = {}): object {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({
      id,
      content,
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: null,
    decoder: null,
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
    },
    ...change,
  };
}

/** A model2vec folder with a WordPiece tokenizer. */
export function wordPieceModel(
  change: { tokenizer?: object; tensors?: Record<string, TensorSketch> } = {},
): string {
  const folder = temporaryFolder();
  const embeddings = { shape: [WORDS.length, DIMENSIONS], bytes: floats(table(WORDS)) };
  writeFileSync(join(folder, "model.safetensors"), safetensors({ embeddings, ...change.tensors }));
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(wordPieceTokenizer(change.tokenizer)));
  writeFileSync(join(folder, "config.json"), JSON.stringify({ model_type: "model2vec", normalize: true }));
  return folder;
}

/** A model2vec folder with a SentencePiece-like tokenizer. */
export function unigramModel(): string {
  const folder = temporaryFolder();
  const pieces = ["<unk>", "▁", ...GROUPS.flat().map((word) => `▁${word}`), "s", "ing"];
  writeFileSync(
    join(folder, "model.safetensors"),
    safetensors({ embeddings: { shape: [pieces.length, DIMENSIONS], bytes: floats(table(pieces)) } }),
  );
  const tokenizer = {
    normalizer: { type: "Sequence", normalizers: [{ type: "Precompiled" }, { type: "Lowercase" }] },
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    model: {
      type: "Unigram",
      unk_id: 0,
      vocab: pieces.map((piece, id) => [piece, id === 0 ? 0 : -(3 + id / 100)]),
      byte_fallback: false,
    },
  };
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
  return folder;
}

/** A folder as the hub has them: an ONNX model that looks up each token's vector, and a BERT tokenizer. */
export function onnxModel(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "onnx"));
  writeFileSync(join(folder, "onnx", "model.onnx"), lookUpModel(table(WORDS), WORDS.length));
  writeFileSync(
    join(folder, "tokenizer.json"),
    JSON.stringify(wordPieceTokenizer({ post_processor: CLS_SEP })),
  );
  const tokenizer = {
    tokenizer_class: "BertTokenizer",
    do_lower_case: true,
    model_max_length: 64,
    ...Object.fromEntries(
      ["pad", "unk", "cls", "sep"].map((name) => [`${name}_token`, `[${name.toUpperCase()}]`]),
    ),
  };
  writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify(tokenizer));
  const config = { model_type: "bert", architectures: ["BertModel"], hidden_size: DIMENSIONS };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  return folder;
}

const token = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
const text = (id: string) => ({ Sequence: { id, type_id: 0 } });
const CLS_SEP = {
  type: "TemplateProcessing",
  single: [token("[CLS]"), text("A"), token("[SEP]")],
  pair: [token("[CLS]"), text("A"), token("[SEP]"), text("B"), token("[SEP]")],
  special_tokens: {
    "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] },
    "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] },
  },
};

const FLOAT = 1;
const INT64 = 7;

/** `last_hidden_state = table[input_ids]`, in the ONNX format (onnx.proto3). */
function lookUpModel(values: Float32Array, rows: number): Buffer {
  const tensor = Buffer.concat([
    numberField(1, rows),
    numberField(1, values.length / rows),
    numberField(2, FLOAT),
    bytesField(8, "table"),
    bytesField(9, Buffer.from(values.buffer)),
  ]);
  const node = Buffer.concat([
    bytesField(1, "table"),
    bytesField(1, "input_ids"),
    bytesField(2, "last_hidden_state"),
    bytesField(3, "look_up"),
    bytesField(4, "Gather"),
  ]);
  const graph = Buffer.concat([
    bytesField(1, node),
    bytesField(2, "made"),
    bytesField(5, tensor),
    ...["input_ids", "attention_mask", "token_type_ids"].map((name) =>
      bytesField(11, valueInfo(name, INT64, ["batch", "tokens"])),
    ),
    bytesField(12, valueInfo("last_hidden_state", FLOAT, ["batch", "tokens", values.length / rows])),
  ]);
  const opset = numberField(2, 13);
  return Buffer.concat([
    numberField(1, 8),
    bytesField(2, "test"),
    bytesField(7, graph),
    bytesField(8, opset),
  ]);
}

function valueInfo(name: string, type: number, dims: readonly (string | number)[]): Buffer {
  const shape = dims.map((dim) =>
    bytesField(1, typeof dim === "string" ? bytesField(2, dim) : numberField(1, dim)),
  );
  const tensor = Buffer.concat([numberField(1, type), bytesField(2, Buffer.concat(shape))]);
  return Buffer.concat([bytesField(1, name), bytesField(2, bytesField(1, tensor))]);
}
