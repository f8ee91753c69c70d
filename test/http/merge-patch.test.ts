import { expect } from "chai";

import { mergePatch } from "../../src/http/merge-patch.ts";

describe("mergePatch", () => {
  // The examples of RFC 7396, appendix A.
  const examples: readonly (readonly [unknown, unknown, unknown])[] = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, result] of examples) {
    it(`makes ${JSON.stringify(result)} of ${JSON.stringify(target)} and ${JSON.stringify(patch)}`, () => {
      expect(mergePatch(target, patch)).to.deep.equal(result);
    });
  }

  it("makes a field of a key that names the prototype", () => {
    const patch = JSON.parse('{"__proto__":{"polluted":true}}') as unknown;

    const merged = mergePatch({ a: 1 }, patch) as object;

    expect(Object.keys(merged)).to.have.members(["a", "__proto__"]);
    expect((merged as { polluted?: unknown }).polluted).to.equal(undefined);
    expect(Object.getPrototypeOf(merged)).to.equal(Object.prototype);
  });

  it("does not change its input", () => {
    const target = { a: { b: 1 } };

    mergePatch(target, { a: { b: 2 } });

    expect(target).to.deep.equal({ a: { b: 1 } });
  });
});
