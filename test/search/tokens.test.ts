import { expect } from "chai";
import * as fc from "fast-check";

import { words } from "../../src/search/tokens.ts";

function wordsOf(text: string): string {
  return words(text).join(" ");
}

describe("search/tokens", () => {
  it("splits camelCase, snake_case, kebab-case and dots", () => {
    expect(wordsOf("createPullRequest")).to.equal("create pull request");
    expect(wordsOf("list_pull_requests")).to.equal("list pull requests");
    expect(wordsOf("get-user.profile/v")).to.equal("get user profile v");
  });

  it("keeps acronyms in one piece, in the plural too", () => {
    expect(wordsOf("getHTTPUrl parseJSON URLs APIs")).to.equal("get http url parse json urls apis");
  });

  it("splits letters from digits and keeps short compounds whole as well", () => {
    expect(words("list_s3_objects")).to.include.members(["list", "s", "3", "objects", "s3"]);
    expect(words("oauth2 k8s 2fa sha256")).to.include.members(["oauth2", "k8s", "2fa", "sha256"]);
    expect(wordsOf("top10results")).to.equal("top 10 results");
  });

  it("keeps a brand name whole beside its parts", () => {
    expect(wordsOf("GitHub issues")).to.equal("git hub issues github");
    expect(words("my_GitHub-YouTube")).to.include.members(["github", "youtube"]);
  });

  it("folds case, accents, ligatures and full-width letters", () => {
    expect(wordsOf("Café ÜBERGRÖSSE ﬁle ＡＢＣ")).to.equal("cafe ubergrosse file abc");
  });

  it("splits camelCase of other alphabets", () => {
    expect(wordsOf("найтиФайл ΑρχείοΚείμενο")).to.equal("наити фаил αρχειο κειμενο");
  });

  it("gives CJK text as pairs of signs, and a lone sign as itself", () => {
    expect(wordsOf("搜索文件")).to.equal("搜索 索文 文件");
    expect(wordsOf("データ検索")).to.equal("デー ータ タ検 検索");
    expect(wordsOf("파일 검색")).to.equal("파일 검색");
    expect(wordsOf("天 search天気")).to.equal("天 search 天気");
  });

  it("reads signs beyond the basic plane whole", () => {
    expect(words("𠮷野家")).to.deep.equal(["𠮷野", "野家"]);
  });

  it("finds nothing in punctuation, spaces and emoji", () => {
    for (const text of ["", "   ", "!?.,;:-_/\\", "🙂 🚀", "\u0000\n\t"])
      expect(words(text)).to.deep.equal([]);
  });

  it("cuts a word at 40 letters", () => {
    expect(wordsOf("x".repeat(500))).to.equal("x".repeat(40));
  });

  it("gives the same words whether or not the text has a sign outside ASCII", () => {
    const anyPlainText = fc.stringMatching(/^[ -~]{0,60}$/);

    fc.assert(
      fc.property(anyPlainText, (text) => {
        expect(
          words(`${text} é`)
            .filter((word) => word !== "e")
            .toSorted(),
        ).to.deep.equal(
          words(text)
            .filter((word) => word !== "e")
            .toSorted(),
        );
      }),
    );
  });

  it("reads any text in bounded time and gives only lower-case words", () => {
    const anyText = fc.string({ unit: "binary", maxLength: 200 });

    fc.assert(
      fc.property(anyText, (text) => words(text).every((word) => word !== "" && word === word.toLowerCase())),
    );
  });

  it("reads a megabyte of one letter, of capitals and of digits without stalling", () => {
    for (const sign of ["a", "A", "7", "_", "Aa", "é", "文"]) {
      const started = performance.now();

      words(sign.repeat(500_000));

      expect(performance.now() - started, sign).to.be.below(1_500);
    }
  });
});
