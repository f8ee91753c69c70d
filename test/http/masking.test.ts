import { expect } from "chai";

import { InvalidRequest } from "../../src/domain/errors.ts";
import { maskArgs, maskUrl, maskValue, maskValues, restoreMasked } from "../../src/http/masking.ts";

describe("masking", () => {
  for (const value of ["${TOKEN}", "Bearer ${TOKEN}", "bearer ${secret:github.token}", "Basic ${B64}"]) {
    it(`shows the reference ${value}`, () => {
      expect(maskValue(value)).to.equal(value);
    });
  }

  for (const value of [
    "secret",
    "",
    "Bearer secret",
    "${TOKEN:-secret}",
    "${TOKEN}secret",
    "secret ${TOKEN}",
    "$TOKEN",
  ]) {
    it(`hides ${JSON.stringify(value)}`, () => {
      expect(maskValue(value)).to.equal("***");
    });
  }

  it("keeps the names of values", () => {
    expect(maskValues({ A: "1", B: "${B}" })).to.deep.equal({ A: "***", B: "${B}" });
  });

  for (const [url, shown] of [
    ["https://a.example.com/mcp", "https://a.example.com/mcp"],
    ["https://u:p@a.example.com/mcp", "https://***@a.example.com/mcp"],
    ["https://token@a.example.com", "https://***@a.example.com"],
    ["https://a.example.com/x?key=s&flag", "https://a.example.com/x?key=***&flag"],
    ["https://a.example.com/x?a=1&b=${B}#part", "https://a.example.com/x?a=***&b=${B}#part"],
    ["https://a.example.com/x?q={q}", "https://a.example.com/x?q={q}"],
    ["https://a.example.com/@me", "https://a.example.com/@me"],
  ] as const) {
    it(`shows ${url} as ${shown}`, () => {
      expect(maskUrl(url)).to.equal(shown);
    });
  }

  for (const [args, shown] of [
    [
      ["--token", "s"],
      ["--token", "***"],
    ],
    [["--api-key=s"], ["--api-key=***"]],
    [
      ["--github-token", "${T}"],
      ["--github-token", "${T}"],
    ],
    [
      ["--password", "--verbose"],
      ["--password", "--verbose"],
    ],
    [
      ["-y", "pkg", "--root", "/data"],
      ["-y", "pkg", "--root", "/data"],
    ],
    [["--tokens-file=x"], ["--tokens-file=***"]],
    [[], []],
  ] as const) {
    it(`shows the arguments ${args.join(" ")} as ${shown.join(" ")}`, () => {
      expect(maskArgs(args)).to.deep.equal(shown);
    });
  }
});

describe("restoreMasked", () => {
  const stored = { env: { A: "1", B: "2" }, args: ["--token", "s"], url: "https://x?k=s" };
  const shown = { env: { A: "***", B: "***" }, args: ["--token", "***"], url: "https://x?k=***" };

  it("puts back what was sent as it was shown", () => {
    expect(restoreMasked(shown, shown, stored)).to.deep.equal(stored);
    expect(restoreMasked(structuredClone(shown), shown, stored)).to.deep.equal(stored);
  });

  it("takes what was changed, and drops what was left out", () => {
    const sent = { env: { A: "new" }, args: ["--token", "***", "-v"], url: "https://y" };

    expect(restoreMasked(sent, shown, stored)).to.deep.equal({
      env: { A: "new" },
      args: ["--token", "s", "-v"],
      url: "https://y",
    });
  });

  it("refuses a mask that stands for nothing", () => {
    expect(() => restoreMasked({ env: { C: "***" } }, shown, stored)).to.throw(InvalidRequest);
    expect(() => restoreMasked({ args: ["***", "--token"] }, shown, stored)).to.throw(InvalidRequest);
    expect(() => restoreMasked({ url: "https://y?k=***" }, shown, stored)).to.throw(InvalidRequest);
  });

  it("leaves a value alone that is a mask in truth", () => {
    const odd = { env: { A: "***" } };

    expect(restoreMasked(odd, odd, odd)).to.deep.equal(odd);
  });

  for (const value of [null, 5, "text", [], undefined]) {
    it(`passes on ${JSON.stringify(value) ?? "nothing"} that stands for something else`, () => {
      expect(restoreMasked({ env: value }, shown, stored)).to.deep.equal({ env: value });
    });
  }
});
