import { expect } from "chai";

import { matchesAny } from "../../src/domain/glob.ts";

describe("matchesAny", () => {
  const cases: readonly [pattern: string, name: string, expected: boolean][] = [
    ["read_file", "read_file", true],
    ["read_file", "read_files", false],
    ["get_*", "get_", true],
    ["get_*", "get_user", true],
    ["get_*", "forget_user", false],
    ["*_user", "get_user", true],
    ["*a*b*", "xxaxxbxx", true],
    ["*a*b*", "xxbxxaxx", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["*", "", true],
    ["**", "anything", true],
    ["a.c", "abc", false],
    ["[ab]", "a", false],
    ["", "", true],
    ["", "a", false],
  ];
  for (const [pattern, name, expected] of cases) {
    it(`${expected ? "finds" : "does not find"} "${name}" under "${pattern}"`, () => {
      expect(matchesAny([pattern], name)).to.equal(expected);
    });
  }

  it("needs one of the patterns, and finds nothing under none", () => {
    expect(matchesAny(["a*", "b*"], "bee")).to.equal(true);
    expect(matchesAny(["a*", "b*"], "see")).to.equal(false);
    expect(matchesAny([], "a")).to.equal(false);
  });
});
