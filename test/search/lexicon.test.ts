import { expect } from "chai";

import { Analyzer } from "../../src/search/analyzer.ts";
import { EVERYDAY_WORDS } from "../../src/search/everyday-words.ts";
import { Lexicon } from "../../src/search/lexicon.ts";
import { STOP_WORDS } from "../../src/search/stop-words.ts";
import { WORK_WORDS } from "../../src/search/work-words.ts";

const analyzer = new Analyzer();

function relatedTo(text: string, ...groups: readonly (readonly string[])[]): Record<string, number> {
  const related = [...new Lexicon(groups, analyzer).relatedTo(analyzer.allTerms(text))];
  return Object.fromEntries(related.map(({ word, weight }) => [word, weight]));
}

describe("search/lexicon", () => {
  it("relates the words of a group in every direction and form", () => {
    const group = ["delete", "remove", "erase"];

    expect(relatedTo("deleting", group)).to.have.keys("remove", "erase");
    expect(relatedTo("erased", group)).to.have.keys("delete", "remove");
  });

  it("does not chain groups", () => {
    const related = relatedTo("repository", ["repository", "project"], ["project", "board"]);

    expect(related).to.have.keys("project");
  });

  it("knows entries of several words, stop words included", () => {
    const groups = [
      ["enable", "turn on"],
      ["disable", "turn off"],
    ];

    expect(relatedTo("turn on the lamp", ...groups)).to.have.keys("enable");
    expect(relatedTo("turn the lamp", ...groups)).to.deep.equal({});
  });

  it("counts the words of a longer entry less and leaves its stop words out", () => {
    const related = relatedTo("enable", ["enable", "turn on", "activate"]);

    expect(related).to.have.keys("turn", "activate");
    expect(related["turn"]).to.be.below(related["activate"] ?? 0);
  });

  it("finds a compound with a digit", () => {
    expect(relatedTo("k8s", ["kubernetes", "k8s"])).to.have.keys("kubernetes");
    expect(relatedTo("kubernetes", ["kubernetes", "k8s"])).to.have.keys("k8s");
  });

  it("counts a term more when several words hint at it, but never as much as a word itself", () => {
    const groups = Array.from({ length: 6 }, (_, index) => [`hint${"abcdef"[index]}`, "target"]);

    const one = relatedTo("hinta", ...groups)["target"] ?? 0;
    const two = relatedTo("hinta hintb", ...groups)["target"] ?? 0;
    const all = relatedTo("hinta hintb hintc hintd hinte hintf", ...groups)["target"] ?? 0;

    expect(two).to.be.above(one);
    expect(all).to.be.at.least(two).and.below(1);
  });

  it("relates nothing to the words that stand in the text already", () => {
    expect(relatedTo("delete or remove", ["delete", "remove"])).to.deep.equal({});
  });

  it("is empty for an empty text and for empty groups", () => {
    expect(relatedTo("", ["a", "b"])).to.deep.equal({});
    expect(relatedTo("delete", [], ["delete"], ["", "delete"])).to.deep.equal({});
  });
});

for (const [file, groups] of Object.entries({ "work-words": WORK_WORDS, "everyday-words": EVERYDAY_WORDS })) {
  describe(`search/${file}`, () => {
    it("has groups of at least two entries of one to three words", () => {
      for (const group of groups) {
        expect(group.length, group.join()).to.be.at.least(2);
        for (const entry of group) expect(entry, group.join()).to.match(/^[a-z0-9]+( [a-z0-9]+){0,2}$/);
      }
    });

    it("says nothing twice within a group", () => {
      for (const group of groups) expect(new Set(group).size, group.join()).to.equal(group.length);
    });

    it("has no entry of stop words alone but for the words of a question", () => {
      const idle = groups.flat().filter((entry) => entry.split(" ").every((word) => STOP_WORDS.has(word)));

      expect(["when", "where", "now", "to do", "how much"]).to.include.members(idle);
    });
  });
}
