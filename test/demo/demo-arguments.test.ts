import { expect } from "chai";

import {
  BadArgument,
  type Schema,
  checkArguments,
  integerOf,
  numberOf,
  textOf,
} from "../../src/demo/demo-arguments.ts";

const schema: Schema = {
  type: "object",
  properties: {
    text: { type: "string", maxLength: 3 },
    whole: { type: "integer", minimum: 1, maximum: 5 },
    number: { type: "number" },
  },
  required: ["text"],
};

function problem(args: Record<string, unknown>): string | undefined {
  try {
    checkArguments(schema, args);
    return undefined;
  } catch (error) {
    if (error instanceof BadArgument) return error.message;
    throw error;
  }
}

describe("checkArguments", () => {
  for (const args of [
    { text: "" },
    { text: "abc", whole: 1 },
    { text: "abc", whole: 5, number: -0.5 },
    { text: "abc", number: 1e300 },
  ]) {
    it(`accepts ${JSON.stringify(args)}`, () => {
      expect(problem(args)).to.equal(undefined);
    });
  }

  for (const [args, expected] of [
    [{}, 'The argument "text" is missing.'],
    [{ text: null }, 'The argument "text" must be a text.'],
    [{ text: "abcd" }, 'The argument "text" must be at most 3 characters long.'],
    [{ text: "a", whole: "1" }, 'The argument "whole" must be a number.'],
    [{ text: "a", whole: 1.5 }, 'The argument "whole" must be a whole number.'],
    [{ text: "a", whole: 0 }, 'The argument "whole" must be from 1 to 5.'],
    [{ text: "a", whole: 6 }, 'The argument "whole" must be from 1 to 5.'],
    [{ text: "a", number: [] }, 'The argument "number" must be a number.'],
    [{ text: "a", other: 1 }, 'There is no argument "other"; the arguments are "text", "whole", "number".'],
    [
      { text: "a", toString: 1 },
      'There is no argument "toString"; the arguments are "text", "whole", "number".',
    ],
  ] as const) {
    it(`says: ${expected}`, () => {
      expect(problem(args)).to.equal(expected);
    });
  }
});

describe("the values of arguments", () => {
  it("are what was given, if it is of the right type", () => {
    expect(textOf({ a: "x" }, "a")).to.equal("x");
    expect(numberOf({ a: 1.5 }, "a")).to.equal(1.5);
    expect(integerOf({ a: 7 }, "a", 1)).to.equal(7);
  });

  it("fall back otherwise", () => {
    expect(textOf({ a: 1 }, "a", "none")).to.equal("none");
    expect(textOf({}, "a")).to.equal("");
    expect(numberOf({ a: "1" }, "a", 9)).to.equal(9);
    expect(integerOf({}, "a", 3)).to.equal(3);
  });
});
