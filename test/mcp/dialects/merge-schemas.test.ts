import { expect } from "chai";

import { both, mergeAllOf, valuesOf } from "../../../src/mcp/dialects/merge-schemas.ts";

describe("both", () => {
  it("joins properties and what is required", () => {
    const merged = both(
      { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
      { properties: { a: { minLength: 1 }, b: {} }, required: ["b", "a"] },
    );

    expect(merged).to.deep.equal({
      type: "object",
      properties: { a: { type: "string", minLength: 1 }, b: {} },
      required: ["a", "b"],
    });
  });

  it("takes the narrower bound", () => {
    expect(both({ minimum: 1, maximum: 9 }, { minimum: 3, maximum: 12 })).to.deep.equal({
      minimum: 3,
      maximum: 9,
    });
    expect(both({ maxLength: 5 }, { maxLength: 3, minLength: 1 })).to.deep.equal({
      maxLength: 3,
      minLength: 1,
    });
  });

  it("takes the types and values that both have", () => {
    expect(both({ type: ["string", "null"] }, { type: "string" })).to.deep.equal({ type: "string" });
    expect(both({ type: "number" }, { type: "integer" })).to.deep.equal({ type: "integer" });
    expect(both({ enum: ["a", "b", { c: 1 }] }, { enum: [{ c: 1 }, "b"] })).to.deep.equal({
      enum: ["b", { c: 1 }],
    });
  });

  it("lets the first count where both cannot be said, or have nothing in common", () => {
    expect(both({ type: "string", description: "A" }, { type: "number", description: "B" })).to.deep.equal({
      type: "string",
      description: "A",
    });
    expect(both({ enum: [1] }, { enum: [2] })).to.deep.equal({ enum: [1] });
    expect(both({ anyOf: [{ a: 1 }] }, { anyOf: [{ b: 1 }] })).to.deep.equal({ anyOf: [{ a: 1 }] });
  });

  it("joins items, parts and definitions", () => {
    expect(both({ items: { type: "string" } }, { items: { minLength: 1 } })).to.deep.equal({
      items: { type: "string", minLength: 1 },
    });
    expect(both({ $defs: { A: { a: 1 } } }, { $defs: { A: {}, B: {} } })).to.deep.equal({
      $defs: { A: { a: 1 }, B: {} },
    });
  });

  it("changes neither", () => {
    const first = Object.freeze({ properties: Object.freeze({ a: {} }) });
    const second = Object.freeze({ properties: Object.freeze({ b: {} }) });

    expect(both(first, second)).to.deep.equal({ properties: { a: {}, b: {} } });
  });

  it("makes no prototype of a property", () => {
    const odd = JSON.parse('{"properties":{"__proto__":{"type":"string"}}}') as object;

    const merged = both({ properties: { a: {} } }, odd as Parameters<typeof both>[1]);

    expect(Object.keys(merged["properties"] as object)).to.deep.equal(["a", "__proto__"]);
    expect(({} as Record<string, unknown>)["type"]).to.equal(undefined);
  });
});

describe("mergeAllOf", () => {
  it("folds parts into what holds them, at every depth", () => {
    const schema = {
      type: "object",
      properties: { a: { allOf: [{ type: "string" }, { allOf: [{ minLength: 2 }] }], title: "A" } },
    };

    expect(mergeAllOf(schema)).to.deep.equal({
      type: "object",
      properties: { a: { title: "A", type: "string", minLength: 2 } },
    });
  });

  it("takes parts that are no objects for nothing", () => {
    expect(mergeAllOf({ allOf: [true, false, { type: "string" }] })).to.deep.equal({ type: "string" });
    expect(mergeAllOf({ allOf: [] })).to.deep.equal({});
  });
});

describe("valuesOf", () => {
  it("knows the values of constants and enums", () => {
    expect(valuesOf({ const: null })).to.deep.equal([null]);
    expect(valuesOf({ enum: [1, 2] })).to.deep.equal([1, 2]);
    expect(valuesOf({ type: "string" })).to.equal(undefined);
  });
});
