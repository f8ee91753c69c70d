import { expect } from "chai";

import { EmbedderFailure } from "../../src/search/embedders/embedder.ts";
import { withResolvers } from "../support/manual-clock.ts";
import { refusal, rejection } from "../support/refusal.ts";
import { FORECAST, HybridSearch, POST, READ, REMOVE, found } from "./hybrid-search.ts";
import { sampleTool } from "./sample-tools.ts";

describe("ToolSearch with a model", () => {
  let hybrid: HybridSearch;

  beforeEach(() => {
    hybrid = new HybridSearch();
  });
  afterEach(() => hybrid.close());

  it("finds by meaning what shares no word with the query", async () => {
    await hybrid.filled();

    const answer = await hybrid.ask("sky", "semantic");

    expect(found(answer)).to.deep.equal(["forecast"]);
    expect(answer).to.deep.include({ effectiveType: "semantic", reason: undefined, embedded: 4, visible: 4 });
    expect(answer.items[0]).to.deep.include({ score: 1, matched: [], scores: { keyword: 0, semantic: 1 } });
  });

  it("weighs words and meaning against each other in a hybrid search, and explains how", async () => {
    await hybrid.filled();

    const answer = await hybrid.ask("read a file", "hybrid", { explain: true });

    expect(found(answer)[0]).to.equal("read_document");
    expect(found(answer)).to.include("remove_document");
    expect(answer).to.nested.include({
      "items[0].score": 1,
      "items[0].explanation.keyword.normalised": 1,
      "items[0].explanation.keyword.weight": 0.7,
      "items[0].explanation.semantic.normalised": 1,
      "items[0].explanation.semantic.weight": 0.3,
    });
    expect(answer).to.nested.property("items[0].explanation.keyword.raw").that.is.greaterThan(0);
    expect(answer).to.nested.property("items[1].explanation.semantic.raw").that.is.within(0.6, 0.8);
    const [, second] = answer.items.map(({ scores, score }) => ({ ...scores, score }));
    expect(second?.score).to.be.closeTo(0.7 * (second?.keyword ?? 0) + 0.3 * (second?.semantic ?? 0), 1e-6);
  });

  it("explains nothing unless asked", async () => {
    await hybrid.filled();

    expect((await hybrid.ask("read a file", "hybrid")).items[0]).to.not.have.property("explanation");
  });

  it("goes by words alone when the share of meaning is nought", async () => {
    hybrid.search = hybrid.open({ share: 0 });
    hybrid.search.replaceServer("files", [REMOVE, READ]);
    await hybrid.filled();

    const answer = await hybrid.ask("read document", "hybrid");

    expect(answer.items.map(({ score }) => score)).to.deep.equal(
      hybrid.search.find({ text: "read document", limit: 10 }).items.map(({ score }) => score),
    );
  });

  it("leaves a keyword search as it is", async () => {
    await hybrid.filled();

    const answer = await hybrid.ask("document", "keyword");

    expect(answer).to.deep.include({ effectiveType: "keyword", reason: undefined });
    expect(answer.items).to.deep.equal(hybrid.search.find({ text: "document", limit: 10 }).items);
    expect(hybrid.embedder.queries).to.deep.equal([]);
  });

  for (const type of ["hybrid", "semantic"] as const) {
    it(`puts an exact name first in a ${type} search`, async () => {
      await hybrid.filled();

      for (const text of ["post_letter", "office__post_letter", "office/post_letter"]) {
        const { items } = await hybrid.ask(text, type, { explain: true });

        expect(items[0]?.tool.name, text).to.equal("post_letter");
        expect(items[0], text).to.include({ score: 1, confidence: 1 });
        expect(items[0]?.explanation?.exact, text).to.equal(true);
      }
    });

    it(`answers a pattern as a pattern in a ${type} search`, async () => {
      await hybrid.filled();

      const answer = await hybrid.ask("/^re.*_document$/", type, { explain: true });

      expect(found(answer)).to.deep.equal(["read_document", "remove_document"]);
      expect(answer.items[0]?.explanation).to.deep.include({ exact: true });
      expect(hybrid.embedder.queries).to.deep.equal([]);
      expect((await rejection(() => hybrid.ask("/(/", type))).code).to.equal("invalid_request");
    });
  }

  it("refuses a broken pattern in the same way whether it waits or not", () => {
    expect(refusal(() => hybrid.search.find({ text: "/(/", limit: 1 })).code).to.equal("invalid_request");
  });

  it("finds nothing for what no word and no meaning answers to", async () => {
    await hybrid.filled();

    expect(await hybrid.ask("xyzzy", "hybrid")).to.deep.include({
      items: [],
      total: 0,
      effectiveType: "hybrid",
    });
    expect(await hybrid.ask("   ", "hybrid")).to.deep.include({ items: [], total: 0, reason: undefined });
  });

  it("counts what only its meaning speaks for among the matches", async () => {
    await hybrid.filled();

    expect((await hybrid.ask("sky", "hybrid")).total).to.equal(1);
    expect((await hybrid.ask("erase", "hybrid")).total).to.equal(
      hybrid.search.find({ text: "erase", limit: 1 }).total,
    );
  });

  it("lets no hidden tool show in items, counts or scores", async () => {
    await hybrid.filled();
    const visible = (tool: { readonly name: string }) => tool.name !== "remove_document";
    const alone = hybrid.open();
    alone.replaceServer("files", [READ]);
    alone.replaceServer("meteo", [FORECAST]);
    alone.replaceServer("office", [POST]);
    await hybrid.filled(alone);

    for (const type of ["keyword", "semantic", "hybrid"] as const) {
      for (const text of ["erase a document", "remove_document", "read"]) {
        const hidden = await hybrid.ask(text, type, { visible, explain: true });
        const without = await alone.search({ text, type, limit: 10, explain: true });

        expect(hidden, `${type} ${text}`).to.deep.equal(without);
      }
    }
    await alone.close();
  });

  it("keeps the filters of a query", async () => {
    await hybrid.filled();

    expect(found(await hybrid.ask("file", "semantic", { readOnly: true }))).to.deep.equal(["read_document"]);
    expect(found(await hybrid.ask("file", "semantic", { server: "office" }))).to.deep.equal([]);
  });

  it("keeps the keyword score of a tool that has no vector yet whole", async () => {
    await hybrid.filled();
    hybrid.embedder.failure = new EmbedderFailure("away");
    hybrid.search.replaceServer("new", [
      sampleTool("read_article", { server: "new", description: "read document" }),
    ]);
    hybrid.embedder.failure = undefined;
    hybrid.embedder.poison = "article";

    const answer = await hybrid.ask("read", "hybrid", { explain: true });

    const fresh = answer.items.find(({ tool }) => tool.name === "read_article");
    expect(fresh?.explanation?.keyword.weight).to.equal(1);
    expect(fresh?.scores.semantic).to.equal(undefined);
    expect(answer).to.deep.include({ embedded: 4, visible: 5 });
  });

  it("embeds a tool again when its text changes, and only that one", async () => {
    await hybrid.filled();
    const before = hybrid.embedder.documents.length;

    hybrid.search.replaceServer("files", [
      REMOVE,
      sampleTool("read_document", { server: "files", description: "Weather for a town." }),
    ]);
    await hybrid.filled();

    expect(hybrid.embedder.documents).to.have.length(before + 1);
    expect(found(await hybrid.ask("sky", "semantic"))).to.include("read_document");
  });

  it("forgets the vectors of tools that are gone, also when slots move", async () => {
    await hybrid.filled();
    const many = Array.from({ length: 400 }, (_, index) =>
      sampleTool(`tool_${index}`, { server: "many", description: index % 2 === 0 ? "weather" : "cash" }),
    );
    hybrid.search.replaceServer("many", many);
    await hybrid.filled();

    hybrid.search.replaceServer("many", many.slice(300));
    hybrid.search.removeServer("files");

    const answer = await hybrid.ask("sky", "semantic", { limit: 50 });
    expect(hybrid.search.semantics.embedded).to.equal(102);
    expect(answer.items.every(({ tool }) => tool.description.match(/weather|rain/) !== null)).to.equal(true);
    expect(answer.items).to.have.length(50);
  });

  it("asks the model once for each question", async () => {
    await hybrid.filled();

    await Promise.all([
      hybrid.ask("sky", "hybrid"),
      hybrid.ask("sky", "semantic"),
      hybrid.ask(" sky  ", "hybrid"),
    ]);
    await hybrid.ask("sky", "hybrid");

    expect(hybrid.embedder.queries).to.deep.equal(["sky"]);
  });

  it("closes its model", async () => {
    await hybrid.filled();

    await hybrid.search.close();

    expect(hybrid.embedder.closed).to.equal(true);
    expect(hybrid.logged).to.deep.equal([]);
  });

  it("is right when tools come and go while a query waits", async () => {
    await hybrid.filled();
    const gate = withResolvers<void>();
    hybrid.embedder.gate = gate.promise;
    const asked = hybrid.ask("erase", "semantic");

    hybrid.search.removeServer("files");
    hybrid.search.replaceServer("office", []);
    gate.resolve();

    expect(found(await asked)).to.deep.equal([]);
  });
});
