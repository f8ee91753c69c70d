import { expect } from "chai";
import * as fc from "fast-check";

import { Analyzer } from "../../src/search/analyzer.ts";
import { MAX_QUERY_LENGTH, readClauses } from "../../src/search/query-text.ts";

function clausesOf(text: string): readonly string[] {
  const clauses = readClauses(text, new Analyzer());
  return clauses.map((clause) =>
    clause
      .filter((word) => !word.stop)
      .map((word) => word.word)
      .join(" "),
  );
}

describe("search/query-text", () => {
  it("reads a simple question as one clause", () => {
    expect(clausesOf("create a GitHub issue")).to.deep.equal(["create git hub issue github"]);
  });

  it("parts sentences and tasks that follow one another", () => {
    const text =
      "Find a flight to Rome. Then book a hotel there, after that convert 100 euros; finally mail the bill";

    expect(clausesOf(text)).to.deep.equal([
      "find flight rome",
      "book hotel",
      "convert 100 euros",
      "mail bill",
    ]);
  });

  it("keeps a dot within a name or a number", () => {
    expect(clausesOf("open config.yaml and set ratio 1.5")).to.deep.equal(["open config yaml set ratio 1 5"]);
  });

  it("gives a clause of fewer than two words to the one before", () => {
    expect(clausesOf("List my open issues. Please! Thanks.")).to.deep.equal(["list open issues"]);
    expect(clausesOf("Search mail\nAnna")).to.deep.equal(["search mail anna"]);
  });

  it("has six clauses at most; the last takes what is left", () => {
    const clauses = clausesOf("read file one. ".repeat(9));

    expect(clauses).to.have.length(6);
    expect(clauses[5]).to.equal("read file one read file one read file one read file one");
  });

  it("marks stop words and gives each word its term", () => {
    const [clause = []] = readClauses("listing the files", new Analyzer());

    expect(clause).to.deep.equal([
      { word: "listing", term: "list", stop: false },
      { word: "the", term: "the", stop: true },
      { word: "files", term: "file", stop: false },
    ]);
  });

  it("reads 4,000 characters and no more", () => {
    const [clause = []] = readClauses("word ".repeat(5_000), new Analyzer());

    expect(clause).to.have.length(MAX_QUERY_LENGTH / 5);
  });

  it("finds no clause in a text without words", () => {
    for (const text of ["", " \n\t ", "?!.;", "🙂"]) expect(clausesOf(text)).to.deep.equal([]);
  });

  it("survives any text, and long runs of the signs that part clauses", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => clausesOf(text).length <= 6),
    );
    for (const sign of [" ", "\n", ".", ". ", ", ", "then ", ";", "?!"]) {
      const started = performance.now();

      expect(clausesOf(sign.repeat(4_000)).length, JSON.stringify(sign)).to.be.at.most(1);
      expect(performance.now() - started, JSON.stringify(sign)).to.be.below(500);
    }
  });
});
