import { expect } from "chai";

import { Flag, Words, count, queryOf } from "../../src/http/query.ts";

describe("queryOf", () => {
  for (const [url, query] of [
    ["/x", {}],
    ["/x?", {}],
    ["/x?a=1&b=%C3%BC+y", { a: "1", b: "ü y" }],
    ["/x?a=1&a=2&a=3", { a: ["1", "2", "3"] }],
    ["/x?a", { a: "" }],
    ["/x?a=b?c", { a: "b?c" }],
  ] as const) {
    it(`reads ${url}`, () => {
      expect(queryOf(url)).to.deep.equal(query);
    });
  }

  it("makes a field of a name that is the prototype's", () => {
    expect(Object.keys(queryOf("/x?__proto__=1"))).to.deep.equal(["__proto__"]);
  });

  it("knows flags, numbers and lists of words", () => {
    expect([Flag.parse("true"), Flag.parse("false")]).to.deep.equal([true, false]);
    expect(() => Flag.parse("yes")).to.throw();
    expect(count(1, 5).parse("3")).to.equal(3);
    for (const bad of ["0", "6", "1.5", "x", ""]) expect(() => count(1, 5).parse(bad), bad).to.throw();
    expect([Words.parse("a,b,,c"), Words.parse(["a", "b,c"])]).to.deep.equal([
      ["a", "b", "c"],
      ["a", "b", "c"],
    ]);
  });
});
