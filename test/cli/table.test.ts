import { expect } from "chai";

import { oneLine, printable } from "../../src/cli/printable.ts";
import { cut, formatTable } from "../../src/cli/table.ts";

const red = (text: string) => `<${text}>`;

describe("formatTable", () => {
  it("aligns columns by what is seen, not by what colours add", () => {
    const table = formatTable(
      ["A", "B"],
      [
        [{ text: "long name", paint: red }, "x"],
        ["é", "y"],
      ],
    );

    expect(table.split("\n")).to.deep.equal(["A          B", "<long name>  x", "é          y"]);
  });

  it("cuts the last column at the edge, and no other", () => {
    const [, row] = formatTable(["NAME", "TEXT"], [["name", "x".repeat(100)]], 30).split("\n");

    expect(row).to.equal(`name  ${"x".repeat(23)}…`);
  });

  it("leaves a little of the last column on a very narrow terminal", () => {
    expect(formatTable(["NAME", "T"], [["n".repeat(50), "abcdefghijklmnopq"]], 20)).to.contain(
      "abcdefghijk…",
    );
  });

  it("keeps rows on one line", () => {
    expect(formatTable(["A"], [["one\ntwo\r\n  three"]])).to.equal("A\none two three");
  });

  it("has a heading alone when there are no rows", () => {
    expect(formatTable(["A", "B"], [])).to.equal("A  B");
  });

  it("does not cut through a character outside the basic plane", () => {
    expect(cut("😀😀😀", 2)).to.equal("😀…");
  });
});

describe("printable", () => {
  for (const [what, text, shown] of [
    ["colours", "\u001B[31mred\u001B[0m", "red"],
    ["a window title", "\u001B]0;owned\u0007text", "text"],
    ["a hyperlink", "\u001B]8;;https://evil\u001B\\click\u001B]8;;\u001B\\", "click"],
    ["a cleared screen", "a\u001B[2J\u001B[Hb", "ab"],
    ["a lone escape", "a\u001B", "a"],
    ["backspaces and bells", "safe\b\b\u0007", "safe"],
    ["C1 controls", "a\u009B31mb", "a31mb"],
    ["a carriage return", "real\rfake", "realfake"],
    ["text that runs backwards", "a\u202Egnp.exe", "agnp.exe"],
    ["lines and tabs, which stay", "a\tb\r\nc\n", "a\tb\nc\n"],
  ] as const) {
    it(`is safe with ${what}`, () => {
      expect(printable(text)).to.equal(shown);
    });
  }

  it("makes one line", () => {
    expect(oneLine("  a\n\n b\t c ")).to.equal("a b c");
  });
});
