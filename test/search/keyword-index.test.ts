import { expect } from "chai";

import { KeywordIndex } from "../../src/search/keyword-index.ts";

function indexOf(...tools: readonly string[]): KeywordIndex {
  const index = new KeywordIndex();
  for (const [slot, terms] of tools.entries()) {
    index.add(slot, new Map(terms.split(" ").map((term) => [term, 0.5])));
  }
  return index;
}

function slotsOf(index: KeywordIndex, term: string): readonly number[] {
  return [...(index.postingsOf(term)?.slots() ?? [])];
}

describe("search/keyword-index", () => {
  it("finds the slots of a term", () => {
    const index = indexOf("read file", "write file", "send mail");

    expect(slotsOf(index, "file")).to.deep.equal([0, 1]);
    expect(slotsOf(index, "mail")).to.deep.equal([2]);
    expect(index.postingsOf("calendar")).to.equal(undefined);
  });

  it("knows the terms that continue a term or are its beginning, by name", () => {
    const index = indexOf("environ environment environs", "envelope env", "transport");

    const family = index.familyOf("environ").map((postings) => postings.term);

    expect(family).to.deep.equal(["environment", "environs"]);
    expect(index.familyOf("environment").map((postings) => postings.term)).to.deep.equal(["environ"]);
  });

  it("gives no family to terms of less than four letters or for endings of more than four", () => {
    const index = indexOf("env envelope s sql", "author authorisation");

    expect(index.familyOf("env")).to.deep.equal([]);
    expect(index.familyOf("s")).to.deep.equal([]);
    expect(index.familyOf("author")).to.deep.equal([]);
  });

  it("gives the terms with the same first letter as neighbours", () => {
    const index = indexOf("read repo", "write");

    expect(index.neighboursOf("rapid").map((postings) => postings.term)).to.have.members(["read", "repo"]);
    expect(index.neighboursOf("zip")).to.deep.equal([]);
  });

  it("forgets a term when its last tool is gone", () => {
    const index = indexOf("read file", "send mail");

    index.renumber(new Int32Array([-1, 0]));

    expect(index.postingsOf("file")).to.equal(undefined);
    expect(index.neighboursOf("find")).to.deep.equal([]);
    expect(slotsOf(index, "mail")).to.deep.equal([0]);
    expect(index.neighboursOf("mole").map((postings) => postings.term)).to.deep.equal(["mail"]);
  });
});
