import { expect } from "chai";

import type { JsonObject } from "../../../src/domain/json.ts";
import { readTokenizer } from "../../../src/search/embedders/tokenizer.ts";
import { refusal } from "../../support/refusal.ts";

const VOCABULARY = [
  "[UNK]",
  "play",
  "##ing",
  "##ed",
  "re",
  "##play",
  "!",
  "'",
  "cafe",
  "中",
  "文",
  "2",
  "##5",
];
const wordPiece: JsonObject = {
  type: "WordPiece",
  unk_token: "[UNK]",
  vocab: Object.fromEntries(VOCABULARY.map((piece, id) => [piece, id])),
};
const bert: JsonObject = {
  normalizer: { type: "BertNormalizer" },
  pre_tokenizer: { type: "BertPreTokenizer" },
  model: wordPiece,
};

const pieces = (file: JsonObject, text: string, vocabulary = VOCABULARY) =>
  readTokenizer(file)
    .tokens(text, 100)
    .map((id) => vocabulary[id]);

describe("WordPiece tokenizers", () => {
  it("take the longest piece, again and again", () => {
    expect(pieces(bert, "replaying played")).to.deep.equal(["re", "##play", "##ing", "play", "##ed"]);
  });

  it("leave out a word that has a gap, and nothing else", () => {
    expect(pieces(bert, "playfully play")).to.deep.equal(["play"]);
  });

  it("fold case and accents, and cut at punctuation and Chinese signs", () => {
    expect(pieces(bert, "Café!play\t中文25")).to.deep.equal(["cafe", "!", "play", "中", "文", "2", "##5"]);
  });

  it("keep case and accents when the file says so", () => {
    const cased = { ...bert, normalizer: { type: "BertNormalizer", lowercase: false } };

    expect(pieces(cased, "Play play café")).to.deep.equal(["play"]);
  });

  it("drop control signs, and words that are too long", () => {
    expect(pieces(bert, "pl\u0000ay\u200b")).to.deep.equal(["play"]);
    expect(pieces(bert, `${"play".repeat(30)} play`)).to.deep.equal(["play"]);
  });

  it("stop at the limit, and give the same again", () => {
    const tokenizer = readTokenizer(bert);

    expect(tokenizer.tokens("replay replay", 3)).to.deep.equal([4, 5, 4]);
    expect(tokenizer.tokens("replay replay", 3)).to.deep.equal([4, 5, 4]);
  });

  it("are known by their vocabulary when their kind is not said", () => {
    expect(pieces({ ...bert, model: { vocab: wordPiece["vocab"] ?? {} } }, "play")).to.deep.equal(["play"]);
  });
});

describe("Unigram tokenizers", () => {
  const entries: readonly (readonly [string, number])[] = [
    ["<unk>", 0],
    ["▁", -2],
    ["▁play", -4],
    ["▁pl", -3],
    ["ay", -3],
    ["ing", -3],
    ["i", -5],
    ["n", -5],
    ["g", -5],
  ];
  const unigram: JsonObject = {
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "Precompiled" },
        { type: "Lowercase" },
        { type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
      ],
    },
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
    model: { type: "Unigram", unk_id: 0, vocab: entries },
  };
  const names = entries.map(([piece]) => piece);

  it("take the most probable way to cut a word, not the longest pieces", () => {
    expect(pieces(unigram, "playing", names)).to.deep.equal(["▁play", "ing"]);
    const rare = entries.map(([piece, score]) => [piece, piece === "▁play" ? -9 : score] as const);
    const other = { ...unigram, model: { type: "Unigram", unk_id: 0, vocab: rare } };
    expect(pieces(other, "playing", names)).to.deep.equal(["▁pl", "ay", "ing"]);
  });

  it("leave out signs that no piece has, and go on after them", () => {
    expect(pieces(unigram, "Play😀ing  play", names)).to.deep.equal(["▁play", "ing", "▁play"]);
  });

  it("spell unknown signs in bytes where the model has them", () => {
    const model = {
      type: "Unigram",
      unk_id: 0,
      byte_fallback: true,
      vocab: [...entries, ["<0xC3>", -20], ["<0xA9>", -20]],
    };

    expect(readTokenizer({ ...unigram, model }).tokens("playé", 10)).to.deep.equal([2, 9, 10]);
  });

  it("have a vocabulary, or are refused", () => {
    const broken = (model: JsonObject) => refusal(() => readTokenizer({ ...unigram, model })).message;

    expect(broken({ type: "Unigram" })).to.contain("no vocabulary");
    expect(broken({ type: "Unigram", vocab: [["<unk>", 0]], unk_id: 0 })).to.contain("empty");
    expect(broken({ type: "WordPiece" })).to.contain("no vocabulary");
  });
});

describe("the parts of a tokenizer", () => {
  const split = (preTokenizer: JsonObject, text: string): string[] => {
    const parts = [...text.split(/(?=[^a-z])|(?<=[^a-z])/), ...text.split(" "), "▁b", "▁a", "12", "3"];
    const vocab = Object.fromEntries([...new Set(parts)].map((word, id) => [word, id]));
    const names = Object.keys(vocab).sort((a, b) => (vocab[a] ?? 0) - (vocab[b] ?? 0));
    return readTokenizer({ pre_tokenizer: preTokenizer, model: { type: "WordPiece", vocab } })
      .tokens(text, 50)
      .map((id) => names[id] ?? "");
  };

  for (const [what, settings, text, words] of [
    ["Whitespace", { type: "Whitespace" }, "a-b c", ["a", "-", "b", "c"]],
    ["WhitespaceSplit", { type: "WhitespaceSplit" }, "a-b c", ["a-b", "c"]],
    ["Punctuation", { type: "Punctuation" }, "a-b", ["a", "-", "b"]],
    ["Digits", { type: "Digits", individual_digits: true }, "a3", ["a", "3"]],
    ["Digits together", { type: "Digits" }, "a12", ["a", "12"]],
    ["Metaspace without a first mark", { type: "Metaspace", prepend_scheme: "never" }, "a b", ["a", "▁b"]],
    [
      "Split, isolated",
      { type: "Split", pattern: { String: "-" }, behavior: "Isolated" },
      "a-b",
      ["a", "-", "b"],
    ],
    ["Split, removed", { type: "Split", pattern: { Regex: "-" }, behavior: "Removed" }, "a-b", ["a", "b"]],
    [
      "Split, inverted",
      { type: "Split", pattern: { Regex: "[a-z]+" }, behavior: "Removed", invert: true },
      "a-b",
      ["a", "b"],
    ],
    [
      "Sequence",
      { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, { type: "Punctuation" }] },
      "a-b c",
      ["a", "-", "b", "c"],
    ],
  ] as const) {
    it(`split texts as ${what} does`, () => {
      expect(split(settings, text)).to.deep.equal(words);
    });
  }

  for (const [what, settings, text, normal] of [
    ["NFC", { type: "NFC" }, "e\u0301", "\u00e9"],
    [
      "NFD and StripAccents",
      { type: "Sequence", normalizers: [{ type: "NFD" }, { type: "StripAccents" }] },
      "é",
      "e",
    ],
    ["NFKC", { type: "NFKC" }, "ﬁ", "fi"],
    ["NFKD", { type: "NFKD" }, "ﬁ", "fi"],
    ["Strip", { type: "Strip" }, "  a ", "a"],
    ["Replace", { type: "Replace", pattern: { String: "." }, content: "$&" }, "a.b", "a$&b"],
    ["Prepend", { type: "Prepend", prepend: "_" }, "a", "_a"],
  ] as const) {
    it(`normalise texts as ${what} does`, () => {
      const file = {
        normalizer: settings as JsonObject,
        model: { type: "WordPiece", vocab: { [normal]: 7 } },
      };

      expect(readTokenizer(file).tokens(text, 5)).to.deep.equal([7]);
    });
  }

  for (const [what, file] of [
    ["another kind of model", { model: { type: "BPE", vocab: {} } }],
    ["no model", {}],
    ["an unknown normalizer", { ...bert, normalizer: { type: "Nmt" } }],
    ["an unknown pre-tokenizer", { ...bert, pre_tokenizer: { type: "ByteLevel" } }],
    [
      "a way of splitting that is not known",
      { ...bert, pre_tokenizer: { type: "Split", behavior: "Contiguous" } },
    ],
    ["a pattern that is none", { ...bert, normalizer: { type: "Replace", pattern: { Regex: "(" } } }],
  ] as const) {
    it(`are refused with ${what}, rather than misread`, () => {
      expect(refusal(() => readTokenizer(file)).code).to.equal("search_unavailable");
    });
  }
});
