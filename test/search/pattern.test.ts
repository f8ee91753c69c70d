import { expect } from "chai";
import * as fc from "fast-check";

import { InvalidRequest } from "../../src/domain/errors.ts";
import { Pattern } from "../../src/search/pattern.ts";

function fits(source: string, text: string): boolean | undefined {
  return Pattern.from(`/${source}/`)?.test(text);
}

/** Patterns of everything that is supported, over a small alphabet so that they often fit. */
const anyPattern = fc.letrec<{ choice: string; sequence: string; repeat: string; one: string }>((tie) => ({
  choice: fc.array(tie("sequence"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("|")),
  sequence: fc.array(tie("repeat"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("")),
  repeat: fc
    .tuple(tie("one"), fc.constantFrom("", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "+?"))
    .map(([one, count]) => one + count),
  one: fc.oneof(
    { maxDepth: 2, depthSize: "small" },
    fc.constantFrom(
      "a",
      "b",
      "_",
      "A",
      ".",
      "\\d",
      "\\w",
      "\\W",
      "\\s",
      "[ab]",
      "[^a]",
      "[a-c_]",
      "[^\\d]",
      "\\.",
    ),
    tie("choice").map((inner) => `(${inner})`),
    tie("choice").map((inner) => `(?:${inner})`),
  ),
})).choice;

const SIGNS = "a b 1 ^ $ . * + ? ( ) [ ] { } | \\ - , d w /".split(" ");

describe("search/pattern", () => {
  it("takes /…/ for a pattern and anything else for words", () => {
    expect(Pattern.from("/^get_/")).to.not.equal(undefined);
    expect(Pattern.from("/get/i")).to.not.equal(undefined);
    expect(Pattern.from("/a\\/b/")).to.not.equal(undefined);
    for (const text of ["get_", "/get", "get/", "//", "/", "", "/usr/local/", "/etc/hosts", "/a/g"]) {
      expect(Pattern.from(text), text).to.equal(undefined);
    }
  });

  it("fits anywhere unless it is anchored", () => {
    expect(fits("issue", "create_issue_comment")).to.equal(true);
    expect(fits("^issue", "create_issue")).to.equal(false);
    expect(fits("issue$", "create_issue")).to.equal(true);
    expect(fits("^create_issue$", "create_issue")).to.equal(true);
    expect(fits("^create$", "create_issue")).to.equal(false);
  });

  it("does not care about upper and lower case", () => {
    expect(fits("ISSUE", "createIssue")).to.equal(true);
    expect(fits("[A-Z]{5}", "issue")).to.equal(true);
    expect(fits("[^A-Z]", "issue")).to.equal(false);
  });

  it("knows choices, groups, sets, counts and escapes", () => {
    expect(fits("^(get|list)_.+s$", "list_issues")).to.equal(true);
    expect(fits("^(get|list)_.+s$", "create_issues")).to.equal(false);
    expect(fits("v\\d{2,3}$", "api_v2")).to.equal(false);
    expect(fits("v\\d{2,3}$", "api_v20")).to.equal(true);
    expect(fits("a\\.b", "a.b")).to.equal(true);
    expect(fits("a\\.b", "axb")).to.equal(false);
    expect(fits("[a\\]-]+!", "]-a!")).to.equal(true);
    expect(fits("x{,2}", "x{,2}")).to.equal(true);
  });

  it("fits texts in any script", () => {
    expect(fits("^搜索", "搜索_files")).to.equal(true);
    expect(fits("^..$", "文件")).to.equal(true);
  });

  it("agrees with RegExp", () => {
    const anyText = fc.string({
      unit: fc.constantFrom("a", "b", "c", "_", "7", ".", " ", "B"),
      maxLength: 8,
    });
    const anchored = fc.tuple(fc.constantFrom("", "^"), anyPattern, fc.constantFrom("", "$"));

    fc.assert(
      fc.property(anchored, anyText, ([start, pattern, end], text) => {
        const source = `${start}(${pattern})${end}`;
        fc.pre(source.length <= 60);

        expect(fits(source, text), source).to.equal(new RegExp(source, "i").test(text));
      }),
      { numRuns: 600 },
    );
  });

  it("agrees with RegExp about anchors in odd places", () => {
    for (const source of ["$^", "a|^b|c$", "(^a|b)c", "a($|b)", "^^a", "(a$)|b", "()", "a||b"]) {
      for (const text of ["", "a", "b", "c", "ac", "bc", "xbc", "ab", "xab", "cb"]) {
        expect(fits(source, text), `${source} on "${text}"`).to.equal(new RegExp(source, "i").test(text));
      }
    }
  });

  it("is not hung by patterns that hang a backtracking matcher", () => {
    const text = `${"a".repeat(250)}!`;

    for (const source of [
      "(a+)+$",
      "^(a|a)*$",
      "(a*)*b",
      "(.*.*.*.*.*)=x",
      "(a?){50}a{50}b",
      "([a-z]+)*_$",
    ]) {
      const started = performance.now();

      for (let round = 0; round < 200; round++) expect(fits(source, text), source).to.equal(false);
      expect(performance.now() - started, source).to.be.below(2_000);
    }
  });

  it("gives up on a pattern whose states multiply without end", () => {
    const texts = Array.from({ length: 2_000 }, (_, seed) =>
      Array.from({ length: 60 }, (__, at) => "ab"[((seed + 1) * (at + 7) * 2_654_435_761) % 2] ?? "a").join(
        "",
      ),
    );
    const random = fc.sample(
      fc.string({ unit: fc.constantFrom("a", "b"), minLength: 200, maxLength: 250 }),
      300,
    );
    const pattern = Pattern.from("/(a|b)*a(a|b){60}c/");
    const started = performance.now();

    expect(() => [...texts, ...random].map((text) => pattern?.test(text))).to.throw(
      InvalidRequest,
      "ambiguous",
    );
    expect(performance.now() - started).to.be.below(3_000);
  });

  it("reads no more than 256 characters of a name", () => {
    expect(fits("b", `${"a".repeat(255)}b`)).to.equal(true);
    expect(fits("b", `${"a".repeat(256)}b`)).to.equal(false);
  });

  const REFUSED: Readonly<Record<string, string>> = {
    "(": "a group is not closed",
    ")": "there is no group to close",
    "a)": "there is no group to close",
    "[ab": "a set is not closed",
    "*a": "there is nothing to repeat",
    "a**": "a quantifier follows a quantifier",
    "^*": "an anchor cannot be repeated",
    "(?=a)": "look-around",
    "(?<name>a)": "look-around",
    "(a)\\1": "the escape \\1",
    "\\bword": "the escape \\b",
    "\\p": "the escape \\p",
    "a{3,2}": "a count must rise",
    "a{500}": "a count must rise",
    "[z-a]": "wrong way round",
    "(a{90}){90}": "too large",
  };

  for (const [source, reason] of Object.entries(REFUSED)) {
    it(`refuses /${source}/ and says why`, () => {
      expect(() => Pattern.from(`/${source}/`)).to.throw(InvalidRequest, reason);
    });
  }

  it("refuses a pattern of more than 200 characters and one nested too deep", () => {
    expect(() => Pattern.from(`/${"a".repeat(201)}/`)).to.throw(InvalidRequest, "200");
    expect(() => Pattern.from(`/${"(".repeat(50)}a${")".repeat(50)}/`)).to.throw(InvalidRequest, "nested");
  });

  it("answers any pattern with a verdict or an InvalidRequest", () => {
    const anySource = fc.string({ unit: fc.constantFrom(...SIGNS), maxLength: 20 });

    fc.assert(
      fc.property(anySource, (source) => {
        try {
          const verdict = Pattern.from(`/${source}/`)?.test("ab1 a");
          return verdict === undefined || typeof verdict === "boolean";
        } catch (error) {
          return error instanceof InvalidRequest;
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
