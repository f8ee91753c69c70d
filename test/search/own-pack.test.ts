import { expect } from "chai";

import { measure } from "../../bench/search/measures.ts";
import { miniSearchDefault, miniSearchTuned } from "../../bench/search/mini-search.ts";
import { readPack } from "../../bench/search/pack.ts";
import { searchOver } from "./sample-search.ts";

describe("search quality: the pack of bench/search", () => {
  const pack = readPack("bench/search/pack");
  const queries = pack.queries["queries"] ?? [];
  const idOf = ({ server, name }: { readonly server: string; readonly name: string }) =>
    pack.idOf.get(`${server}/${name}`) ?? "";

  it("is large enough to tell, and every answer is a tool of it", () => {
    const known = new Set(pack.idOf.values());

    expect(pack.tools.length).to.be.at.least(60);
    expect(queries.length).to.be.at.least(80);
    expect(queries.flatMap(({ relevant }) => relevant).filter((id) => !known.has(id))).to.deep.equal([]);
    expect(new Set(queries.map(({ query }) => query)).size).to.equal(queries.length);
  });

  it("stays above its floors: a little below what was measured (.71, .96 and .85)", () => {
    const search = searchOver(...pack.tools);

    const { recall1, recall5, ndcg10 } = measure(
      queries,
      queries.map(({ query }) => search.find({ text: query, limit: 10 }).items.map(({ tool }) => idOf(tool))),
    );

    expect(recall1, "right tool first").to.be.at.least(0.68);
    expect(recall5, "right tool within five").to.be.at.least(0.93);
    expect(ndcg10).to.be.at.least(0.82);
  });

  it("is far better than MiniSearch, as it comes and tuned", () => {
    const search = searchOver(...pack.tools);
    const ndcgOf = (find: (query: string) => readonly { readonly server: string; readonly name: string }[]) =>
      measure(
        queries,
        queries.map(({ query }) => find(query).map(idOf)),
      ).ndcg10;

    const ours = ndcgOf((text) => search.find({ text, limit: 10 }).items.map(({ tool }) => tool));

    for (const make of [miniSearchDefault, miniSearchTuned]) {
      const find = make(pack.tools);
      expect(ours - ndcgOf((query) => find(query, 10))).to.be.greaterThan(0.2);
    }
  });
});

describe("the measures of the quality bench", () => {
  const query = { id: "q", query: "", relevant: ["a", "b"] };

  it("count what was asked for and found", () => {
    const { recall1, recall5, mrr } = measure([query], [["a", "x", "b"]]);

    expect({ recall1, recall5, mrr }).to.deep.equal({ recall1: 0.5, recall5: 1, mrr: 1 });
  });

  it("give nothing where nothing was found", () => {
    expect(Object.values(measure([query], [["x", "y"]]))).to.deep.equal([0, 0, 0, 0, 0, 0]);
  });

  it("discount what comes later, and weigh grades", () => {
    const graded = { ...query, grades: { a: 2, b: 1 } };

    expect(measure([graded], [["a", "b"]]).ndcg10).to.equal(1);
    expect(measure([graded], [["b", "a"]]).ndcg10).to.be.closeTo(
      (1 + 2 / Math.log2(3)) / (2 + 1 / Math.log2(3)),
      1e-9,
    );
  });

  it("take one tool of a group for all of it", () => {
    const grouped = { ...query, groups: [["a", "b"]] };

    expect(measure([grouped], [["b", "a"]])).to.include({ recall1: 1, ndcg10: 1 });
  });
});
