import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { loadStaticModel } from "../../../src/search/embedders/static-model.ts";
import { rejection } from "../../support/refusal.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { DIMENSIONS, floats, safetensors, unigramModel, wordPieceModel } from "./made-models.ts";
import { similarity } from "./made-vectors.ts";

async function vectorsOf(folder: string, ...texts: string[]): Promise<Float32Array[]> {
  const model = await loadStaticModel(folder);
  const flat = await model.embed(texts);
  return texts.map((_, row) => flat.slice(row * model.facts.dimensions, (row + 1) * model.facts.dimensions));
}

describe("loadStaticModel", () => {
  for (const [name, makeModel] of [
    ["WordPiece", wordPieceModel],
    ["Unigram", unigramModel],
  ] as const) {
    it(`embeds with a ${name} tokenizer: the mean of the tokens' vectors, of length 1`, async () => {
      const [one, same, mixed, other] = await vectorsOf(
        makeModel(),
        "Delete file",
        "erase document",
        "delete weather",
        "weather",
      );

      expect(one).to.have.length(DIMENSIONS);
      expect(similarity(one, one)).to.be.closeTo(1, 1e-6);
      expect(similarity(one, same)).to.be.closeTo(1, 1e-6);
      expect(similarity(one, mixed)).to.be.closeTo(0.5, 1e-6);
      expect(similarity(one, other)).to.be.closeTo(0, 1e-6);
    });
  }

  it("gives nothing but zeros for a text of which it knows no word", async () => {
    const [unknown, empty] = await vectorsOf(wordPieceModel(), "qwertz", "");

    expect([...(unknown ?? []), ...(empty ?? [])].every((value) => value === 0)).to.equal(true);
  });

  it("weighs tokens where the model has weights", async () => {
    const weights = new Float32Array(40).fill(1);
    weights[4] = 3;
    const folder = wordPieceModel({ tensors: { weights: { shape: [40], bytes: floats(weights) } } });

    const [mixed, heavy] = await vectorsOf(folder, "delete weather", "remove");

    expect(similarity(mixed, heavy)).to.be.closeTo(3 / Math.sqrt(10), 1e-6);
  });

  it("follows the mapping where several tokens share a row", async () => {
    const mapping = BigInt64Array.from({ length: 40 }, (_, token) => (token === 4 ? 9n : BigInt(token)));
    const bytes = new Uint8Array(mapping.buffer);
    const folder = wordPieceModel({ tensors: { mapping: { dtype: "I64", shape: [40], bytes } } });

    const [moved, target] = await vectorsOf(folder, "delete", "weather");

    expect(similarity(moved, target)).to.be.closeTo(1, 1e-6);
  });

  it("reads no more than 512 tokens", async () => {
    const [long] = await vectorsOf(wordPieceModel(), `${"delete ".repeat(512)}${"weather ".repeat(400)}`);
    const [plain] = await vectorsOf(wordPieceModel(), "delete");

    expect(similarity(long, plain)).to.be.closeTo(1, 1e-6);
  });

  it("says which file is missing or broken", async () => {
    const folder = temporaryFolder();
    const reason = async () => (await rejection(() => loadStaticModel(folder))).message;
    expect(await reason()).to.match(/^There is no (?:model\.safetensors|tokenizer\.json) in /);

    writeFileSync(join(folder, "model.safetensors"), "short");
    writeFileSync(join(folder, "tokenizer.json"), "{}");
    expect(await reason()).to.contain("no whole safetensors file");

    writeFileSync(
      join(folder, "model.safetensors"),
      safetensors({ other: { shape: [1, 1], bytes: floats([1]) } }),
    );
    expect(await reason()).to.contain("no model");

    writeFileSync(
      join(folder, "tokenizer.json"),
      JSON.stringify({ model: { type: "WordPiece", vocab: { a: 0 } } }),
    );
    expect(await reason()).to.contain("no table of embeddings; it has: other");

    writeFileSync(join(folder, "tokenizer.json"), "[]");
    expect(await reason()).to.contain("no JSON object");

    const file = join(folder, "folder");
    mkdirSync(file);
    expect((await rejection(() => loadStaticModel(file))).code).to.equal("search_unavailable");
  });
});
