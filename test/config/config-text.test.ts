import { expect } from "chai";

import { ConfigText, showPath } from "../../src/config/config-text.ts";
import { refusal } from "../support/refusal.ts";

const TEXT = `// a comment
{
  "a": { "b": [1, { "c": "x" }] },
  "ä": true, /* two
  lines */ "d": null
}`;

describe("ConfigText", () => {
  const text = new ConfigText(TEXT, "x.jsonc");

  it("reads values", () => {
    expect(text.value).to.deep.equal({ a: { b: [1, { c: "x" }] }, ä: true, d: null });
  });

  for (const [path, line, column] of [
    [["a"], 3, 3],
    [["a", "b"], 3, 10],
    [["a", "b", 0], 3, 16],
    [["a", "b", 1], 3, 19],
    [["a", "b", 1, "c"], 3, 21],
    [["ä"], 4, 3],
    [["d"], 5, 12],
    [[], 2, 1],
  ] as const) {
    it(`knows where ${JSON.stringify(path)} stands`, () => {
      expect(text.position(path)).to.deep.equal({ line, column });
    });
  }

  it("names the parent's place for what is missing", () => {
    expect(text.position(["a", "b", 7])).to.deep.equal({ line: 3, column: 10 });
    expect(text.position(["a", "x", "y"])).to.deep.equal({ line: 3, column: 3 });
    expect(text.position(["x"])).to.deep.equal({ line: 2, column: 1 });
  });

  it("counts lines of Windows as others", () => {
    expect(new ConfigText('{\r\n  "a": 1,\r\n  "b": 2\r\n}', undefined).position(["b"])).to.deep.equal({
      line: 3,
      column: 3,
    });
  });

  it("takes an empty text for an empty object", () => {
    for (const empty of ["", "  \n", "// nothing\n"])
      expect(new ConfigText(empty, undefined).value).to.deep.equal({});
    expect(new ConfigText("", undefined).position(["a"])).to.deep.equal({ line: 1, column: 1 });
  });

  for (const [broken, message] of [
    ["{", 'x.jsonc:1:2 expected "}"'],
    ["[1", 'x.jsonc:1:3 expected "]"'],
    ['{"a" 1}', "x.jsonc:1:6 expected a colon"],
    ['{"a":}', "x.jsonc:1:6 expected a value"],
    ["{a:1}", "x.jsonc:1:2 "],
    ['{"a":1} x', "x.jsonc:1:9 "],
    ['{"a":"x', "x.jsonc:1:6 this text is never closed"],
    ["{} /*", "x.jsonc:1:4 this comment is never closed"],
    ['{"a":1,\n"a":2}', "x.jsonc:2:1 a: this key stands here twice"],
    ['{"l":[{},{"k":1,"k":1}]}', "x.jsonc:1:17 l[1].k: this key stands here twice"],
    ['{"__proto__":{}}', "x.jsonc:1:2 __proto__: this key is not allowed"],
  ] as const) {
    it(`refuses ${JSON.stringify(broken)}`, () => {
      const error = refusal(() => new ConfigText(broken, "x.jsonc"));

      expect(error.code).to.equal("config_invalid");
      expect(error.message.slice(0, message.length)).to.equal(message);
    });
  }

  it("lets two objects have the same key", () => {
    expect(new ConfigText('{"a":{"k":1},"b":{"k":2}}', undefined).value).to.deep.equal({
      a: { k: 1 },
      b: { k: 2 },
    });
  });
});

describe("showPath", () => {
  for (const [path, shown] of [
    [[], ""],
    [["a"], "a"],
    [["a", "b"], "a.b"],
    [["a", 0, "b", 12], "a[0].b[12]"],
    [[0], "[0]"],
  ] as const) {
    it(`writes ${JSON.stringify(path)} as "${shown}"`, () => {
      expect(showPath(path)).to.equal(shown);
    });
  }
});
