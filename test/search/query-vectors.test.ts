import { expect } from "chai";

import { EmbedderFailure } from "../../src/search/embedders/embedder.ts";
import { QueryVectors } from "../../src/search/query-vectors.ts";
import { MadeEmbedder } from "./made-embedder.ts";

describe("QueryVectors", () => {
  let embedder: MadeEmbedder;
  let queries: QueryVectors;

  beforeEach(() => {
    embedder = new MadeEmbedder();
    queries = new QueryVectors({ embedder, budgetMs: 1_000 });
  });

  it("remembers vectors, whatever the blanks in the query", async () => {
    const { vector } = await queries.find("sky  above");

    expect((await queries.find(" sky above ")).vector).to.equal(vector);
    expect(embedder.queries).to.deep.equal(["sky above"]);
  });

  it("asks once for what several want at the same time", async () => {
    await Promise.all([queries.find("sky"), queries.find("sky")]);

    expect(embedder.queries).to.deep.equal(["sky"]);
  });

  it("remembers the 512 that were used last", async () => {
    for (let index = 0; index < 512; index++) await queries.find(`q${index}`);
    await queries.find("q0");
    await queries.find("one more");

    await queries.find("q0");
    await queries.find("q1");

    expect(embedder.queries.filter((text) => text === "q0")).to.have.length(1);
    expect(embedder.queries.filter((text) => text === "q1")).to.have.length(2);
  });

  it("does not remember failures", async () => {
    embedder.failure = new EmbedderFailure("away");
    expect(await queries.find("sky")).to.deep.equal({ vector: undefined, isLate: false });

    embedder.failure = undefined;

    expect((await queries.find("sky")).vector).to.be.an.instanceOf(Float32Array);
  });

  it("cuts what no model would read", async () => {
    await queries.find("x".repeat(5_000));

    expect(embedder.queries[0]).to.have.length(2_000);
  });

  it("forgets everything for another model, also what is on its way", async () => {
    await queries.find("old");
    const onItsWay = queries.find("late");
    queries.forget();
    await onItsWay;

    await queries.find("old");
    await queries.find("late");

    expect(embedder.queries).to.deep.equal(["old", "late", "old", "late"]);
  });
});
