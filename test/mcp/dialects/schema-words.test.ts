import { expect } from "chai";

import type { JsonObject } from "../../../src/domain/json.ts";
import { describeSchema, listed } from "../../../src/mcp/dialects/schema-words.ts";

describe("describeSchema", () => {
  const cases: readonly (readonly [schema: JsonObject, words: string])[] = [
    [{ type: "string" }, "string"],
    [{ type: ["string", "null"] }, "string or null"],
    [{ type: "array", items: { type: "integer" } }, "array of integer"],
    [{ type: "array" }, "array"],
    [{ type: "object" }, "object"],
    [{ properties: { id: {}, name: {} } }, "object with id, name"],
    [{ enum: ["a", 1] }, '"a", 1'],
    [{ const: null }, "null"],
    [{ anyOf: [{ type: "string" }, { type: "object" }] }, "string or object"],
    [{}, "any JSON"],
  ];
  for (const [schema, words] of cases) {
    it(`says "${words}"`, () => {
      expect(describeSchema(schema)).to.equal(words);
    });
  }

  it("stays short", () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`property_${n}`, {}]));

    expect(describeSchema({ type: "object", properties: many }).length).to.be.at.most(160);
  });
});

describe("listed", () => {
  it("writes values as JSON and ends after twenty", () => {
    expect(listed(["a", 1, null])).to.equal('"a", 1, null');
    expect(listed(Array.from({ length: 30 }, (_, n) => n))).to.match(/, 19 …$/);
  });
});
