import { expect } from "chai";
import * as fc from "fast-check";

import { KeywordIndex } from "../../src/search/keyword-index.ts";
import { editsBetween, nearMisses } from "../../src/search/near-miss.ts";

function missesOf(term: string, ...vocabulary: readonly string[]): readonly string[] {
  const index = new KeywordIndex();
  index.add(0, new Map(vocabulary.map((known) => [known, 0.5])));
  return nearMisses(term, index, () => true).map((miss) => miss.postings.term);
}

/** The textbook recursion, exponential but plainly right. */
function slowEdits(a: string, b: string): number {
  if (a === "" || b === "") return a.length + b.length;
  if (a.at(-1) === b.at(-1)) return slowEdits(a.slice(0, -1), b.slice(0, -1));
  const edits = [
    slowEdits(a.slice(0, -1), b),
    slowEdits(a, b.slice(0, -1)),
    slowEdits(a.slice(0, -1), b.slice(0, -1)),
  ];
  if (a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1)) {
    edits.push(slowEdits(a.slice(0, -2), b.slice(0, -2)));
  }
  return 1 + Math.min(...edits);
}

describe("search/near-miss", () => {
  it("finds a term with a letter too many, too few, wrong or swapped", () => {
    for (const typed of ["repositori", "repossitory", "repostory", "rebository", "repositroy"]) {
      expect(missesOf(typed, "repository", "directory"), typed).to.deep.equal(["repository"]);
    }
  });

  it("allows two errors in a long term only", () => {
    expect(missesOf("callandar", "calendar")).to.deep.equal(["calendar"]);
    expect(missesOf("wethr", "weather")).to.deep.equal([]);
  });

  it("leaves short terms, numbers and terms with digits alone", () => {
    expect(missesOf("file", "files", "filer")).to.deep.equal([]);
    expect(missesOf("20251", "20252")).to.deep.equal([]);
    expect(missesOf("sha256", "sha255")).to.deep.equal([]);
  });

  it("wants the same first letter", () => {
    expect(missesOf("bonitor", "monitor")).to.deep.equal([]);
  });

  it("gives the nearest three, fewest errors first, then by the alphabet", () => {
    const found = missesOf("transform", "transforms", "transforma", "transfor", "transfora", "translate");

    expect(found).to.deep.equal(["transfor", "transfora", "transforma"]);
  });

  it("asks whether a term may be known before it names it", () => {
    const index = new KeywordIndex();
    index.add(0, new Map([["repository", 0.5]]));

    expect(nearMisses("repositry", index, () => false)).to.deep.equal([]);
  });

  it("counts the edits as the textbook does, up to its limit", () => {
    const shortWord = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });

    fc.assert(
      fc.property(shortWord, shortWord, fc.integer({ min: 1, max: 3 }), (a, b, limit) => {
        expect(editsBetween(a, b, limit)).to.equal(Math.min(slowEdits(a, b), limit + 1));
      }),
    );
  });
});
