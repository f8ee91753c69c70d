import { expect } from "chai";
import * as fc from "fast-check";

import { scanMembers } from "../../src/wire/frame-scan.ts";

function membersOf(text: string): readonly (readonly [string, unknown])[] {
  const bytes = Buffer.from(text);
  return scanMembers(bytes).map(
    ({ key, start, end }) => [key, JSON.parse(bytes.toString("utf8", start, end))] as const,
  );
}

describe("scanMembers", () => {
  it("finds the bounds of every member of any object", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.constantFrom(undefined, 2, "\t"),
        (object, indent) => {
          const text = JSON.stringify(object, undefined, indent);
          const parsed = JSON.parse(text) as object;
          expect(membersOf(text)).to.deep.equal(Object.entries(parsed).map(([key, value]) => [key, value]));
        },
      ),
    );
  });

  it("gives duplicates as they stand", () => {
    expect(membersOf('{"a":1,"b":[2],"a":3}')).to.deep.equal([
      ["a", 1],
      ["b", [2]],
      ["a", 3],
    ]);
  });

  it("is not misled by quotes, backslashes and brackets in strings", () => {
    const object = { 'a"]}': '\\"}{', b: { c: '"}', d: ["\\\\", "]"] }, "\\": "\\" };

    expect(membersOf(JSON.stringify(object))).to.deep.equal(Object.entries(object));
  });

  it("gives positions in bytes, not in characters", () => {
    expect(membersOf('{"ä€😀":"€","b":"😀"}')).to.deep.equal([
      ["ä€😀", "€"],
      ["b", "😀"],
    ]);
  });

  it("finds nothing in an empty object", () => {
    expect(scanMembers(Buffer.from("  { }  "))).to.deep.equal([]);
  });

  it("comes to an end on text that is no JSON", () => {
    for (const text of ['{"a":[1', '{"a":"x', "{", '{"a"', "", '{"a":{"b":"'] as const) {
      expect(() => scanMembers(Buffer.from(text))).not.to.throw();
    }
  });
});
