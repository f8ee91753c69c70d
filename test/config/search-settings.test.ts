import { expect } from "chai";

import { parseConfigText } from "../../src/config/config.ts";
import { refusal } from "../support/refusal.ts";

const searchOf = (search: object, env: Readonly<Record<string, string>> = {}) =>
  parseConfigText(JSON.stringify({ gateway: { search } }), {
    env,
    cwd: "/work",
    home: "/home/anna",
    file: "/etc/switchgear/switchgear.jsonc",
  }).gateway.search;
const embedderOf = (embedder: object, env: Readonly<Record<string, string>> = {}) =>
  searchOf({ embedder }, env).embedder;

const COMMON = { batch: 32, queryPrefix: "", documentPrefix: "" };

describe("gateway.search", () => {
  it("goes by words alone unless a model is named", () => {
    expect(searchOf({})).to.deep.equal({
      synonyms: [],
      semanticShare: 0.3,
      queryBudgetMs: 150,
      embedder: { type: "none" },
    });
  });

  it("takes synonyms, the share of meaning and the budget of a query", () => {
    const search = searchOf({ synonyms: [["deploy", "ship"]], semanticShare: 0.5, queryBudget: "1s" });

    expect(search).to.deep.include({
      synonyms: [["deploy", "ship"]],
      semanticShare: 0.5,
      queryBudgetMs: 1_000,
    });
  });

  for (const [path, folder] of [
    ["models/potion", "/etc/switchgear/models/potion"],
    ["~/potion", "/home/anna/potion"],
    ["/models/potion", "/models/potion"],
  ] as const) {
    it(`finds the static model ${path}, from the file's folder`, () => {
      expect(embedderOf({ type: "static", model: path })).to.deep.equal({
        ...COMMON,
        type: "static",
        folder,
      });
    });
  }

  it("tells a folder of a transformers model from a name on the hub", () => {
    const named = embedderOf({
      type: "transformers",
      model: "Xenova/all-MiniLM-L6-v2",
      allowRemoteModels: true,
    });
    const folder = embedderOf({ type: "transformers", model: "./minilm", dtype: "q8", pooling: "cls" });

    expect(named).to.deep.equal({
      ...COMMON,
      type: "transformers",
      model: "Xenova/all-MiniLM-L6-v2",
      isFolder: false,
      allowRemoteModels: true,
      dtype: "auto",
      pooling: "mean",
      cacheDir: "/home/anna/.switchgear/models",
    });
    expect(folder).to.deep.include({
      model: "/etc/switchgear/minilm",
      isFolder: true,
      dtype: "q8",
      pooling: "cls",
    });
    expect(folder).to.deep.include({ allowRemoteModels: false });
  });

  it("takes the key of a service from the environment", () => {
    const embedder = embedderOf(
      {
        type: "http",
        url: "https://api.example.com/v1",
        model: "small",
        apiKey: "${EMBED_KEY}",
        timeout: "2s",
      },
      { EMBED_KEY: "s3cret" },
    );

    expect(embedder).to.deep.equal({
      ...COMMON,
      type: "http",
      model: "small",
      url: "https://api.example.com/v1",
      api: "openai",
      apiKey: "s3cret",
      timeoutMs: 2_000,
    });
  });

  for (const [what, search, path] of [
    ["a static embedder without a model", { embedder: { type: "static" } }, "gateway.search.embedder.model"],
    [
      "a transformers embedder without one",
      { embedder: { type: "transformers" } },
      "gateway.search.embedder.model",
    ],
    ["a service without an address", { embedder: { type: "http" } }, "gateway.search.embedder.url"],
    ["an address that is none", { embedder: { url: "ftp://x" } }, "gateway.search.embedder.url"],
    ["an unknown embedder", { embedder: { type: "magic" } }, "gateway.search.embedder.type"],
    ["a share above 1", { semanticShare: 2 }, "gateway.search.semanticShare"],
    ["a group of one word", { synonyms: [["alone"]] }, "gateway.search.synonyms"],
    ["a batch of none", { embedder: { batch: 0 } }, "gateway.search.embedder.batch"],
  ] as const) {
    it(`refuses ${what}, and says where`, () => {
      const error = refusal(() => searchOf(search));

      expect(error.code).to.equal("config_invalid");
      expect(error.message).to.contain(path);
    });
  }
});
