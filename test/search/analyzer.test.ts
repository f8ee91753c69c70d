import { expect } from "chai";

import { Analyzer } from "../../src/search/analyzer.ts";

describe("search/analyzer", () => {
  it("gives the stems of the words that mean something, in order", () => {
    const terms = new Analyzer().terms("Could you please list the files in my directories?");

    expect(terms).to.deep.equal(["list", "file", "directori"]);
  });

  it("keeps the stop words of a name", () => {
    const analyzer = new Analyzer();

    expect(analyzer.allTerms("do_it")).to.deep.equal(["do", "it"]);
    expect(analyzer.terms("do_it")).to.deep.equal([]);
  });

  it("gives the same stems after it has forgotten some", () => {
    const analyzer = new Analyzer();
    const before = analyzer.stem("repositories");

    for (let index = 0; index < 30_000; index++) analyzer.stem(`word${index}`);

    expect(analyzer.stem("repositories")).to.equal(before);
  });
});
