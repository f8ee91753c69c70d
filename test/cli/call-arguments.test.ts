import { Readable } from "node:stream";

import { expect } from "chai";
import { assert, asyncProperty, dictionary, jsonValue, string } from "fast-check";

import { isWordy, readArguments } from "../../src/cli/call-arguments.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { rejection } from "../support/refusal.ts";

const schema: JsonObject = {
  properties: {
    zip: { type: "string" },
    count: { type: "integer" },
    any: {},
    odd: true,
    many: { type: ["string", "null"] },
  },
};
const read = (words: readonly string[], stdin = "") => readArguments(words, schema, Readable.from([stdin]));

describe("readArguments", () => {
  for (const [words, value] of [
    [[], {}],
    [['{"a":1}'], { a: 1 }],
    [[' {"a":{"b":[null]}} '], { a: { b: [null] } }],
    [["zip=0123"], { zip: "0123" }],
    [["zip=true"], { zip: "true" }],
    [["count=5"], { count: 5 }],
    [["count=five"], { count: "five" }],
    [["any=null"], { any: null }],
    [["odd=[1,2]"], { odd: [1, 2] }],
    [["many=7"], { many: 7 }],
    [["unknown=Oslo"], { unknown: "Oslo" }],
    [["unknown={bad"], { unknown: "{bad" }],
    [["empty="], { empty: "" }],
    [["a=b=c"], { a: "b=c" }],
    [["a=1", "a=2"], { a: 2 }],
    [["text=two words"], { text: "two words" }],
  ] as const) {
    it(`reads ${JSON.stringify(words)}`, async () => {
      expect(await read(words)).to.deep.equal(value);
    });
  }

  it("reads an object from stdin", async () => {
    expect(await read(["-"], ' {"a":1}\n')).to.deep.equal({ a: 1 });
  });

  for (const words of [
    ["=x"],
    ["x"],
    ["{bad"],
    ["[1]"],
    ["5"],
    ['"x"'],
    ["null"],
    ["{}", "{}"],
    ["-", "a=1"],
    ["a=1", "-"],
  ]) {
    it(`refuses ${JSON.stringify(words)}`, async () => {
      expect(await rejection(() => read(words))).to.include({ exitCode: 2 });
    });
  }

  it("never repeats an argument, which may be a secret", async () => {
    const error = await rejection(() => read(["sk-4242"]));

    expect(JSON.stringify([error.message, error.fix])).not.to.contain("sk-4242");
  });

  it("gives back every JSON object that it is given", async () => {
    await assert(
      asyncProperty(dictionary(string(), jsonValue()), async (value) => {
        const text = JSON.stringify(value);
        expect(await read([text])).to.deep.equal(JSON.parse(text));
      }),
    );
  });
});

describe("isWordy", () => {
  it("tells key=value words from JSON, stdin and nothing", () => {
    expect([[], ["-"], ["{}"], [" {}"]].map(isWordy)).to.deep.equal([false, false, false, false]);
    expect([["a=1"], ["{}", "a=1"], ["x"]].map(isWordy)).to.deep.equal([true, true, true]);
  });
});
