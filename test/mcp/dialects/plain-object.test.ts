import { expect } from "chai";

import { mergesTop, plainObject } from "../../../src/mcp/dialects/plain-object.ts";

describe("plainObject", () => {
  it("is an object with properties, whatever it was", () => {
    expect(plainObject({})).to.deep.equal({ type: "object", properties: {} });
  });

  it("requires what every alternative requires", () => {
    const schema = {
      anyOf: [
        { properties: { a: {}, b: {} }, required: ["a", "b"] },
        { properties: { a: {}, c: {} }, required: ["a", "c"] },
      ],
      required: ["z"],
    };

    expect(plainObject(schema)).to.deep.include({
      required: ["z", "a"],
      description: "Needs one of: a and b; a and c.",
    });
  });

  it("allows for a property what any alternative allows for it", () => {
    const { properties } = plainObject({
      oneOf: [
        { properties: { a: { type: "string" }, same: { type: "null" } } },
        { properties: { a: { type: "number" }, same: { type: "null" } } },
      ],
    });

    expect(properties).to.deep.equal({
      a: { anyOf: [{ type: "string" }, { type: "number" }] },
      same: { type: "null" },
    });
  });

  it("narrows a property of its own only where all alternatives do", () => {
    const base = { properties: { kind: { type: "string", description: "Which." }, x: { type: "string" } } };
    const { properties } = plainObject({
      ...base,
      anyOf: [
        { properties: { kind: { const: "a" }, x: { minLength: 3 } } },
        { properties: { kind: { const: "b" } } },
      ],
    });

    expect(properties).to.deep.equal({
      kind: { type: "string", description: "Which.", enum: ["a", "b"] },
      x: { type: "string" },
    });
  });

  it("no longer forbids other properties when it has got some", () => {
    const closed = { properties: { a: {} }, additionalProperties: false };

    expect(plainObject({ ...closed, anyOf: [{ properties: { b: {} } }] })).to.not.have.property(
      "additionalProperties",
    );
    expect(plainObject({ ...closed, anyOf: [{ required: ["a"] }] })).to.have.property(
      "additionalProperties",
      false,
    );
  });

  it("leaves out alternatives that are no objects, for arguments always are", () => {
    const schema = {
      anyOf: [{ type: "string" }, { type: "object", properties: { a: {} } }, { type: "null" }],
    };

    expect(plainObject(schema)).to.deep.equal({ type: "object", properties: { a: {} } });
  });

  it("goes through alternatives within parts", () => {
    const schema = { allOf: [{ anyOf: [{ properties: { a: {} } }, { properties: { b: {} } }] }] };

    expect(plainObject(schema)["properties"]).to.deep.equal({ a: {}, b: {} });
  });
});

describe("mergesTop", () => {
  it("says whether something of the top would move", () => {
    expect(mergesTop({ type: "object", properties: { a: { anyOf: [] } } })).to.equal(false);
    for (const key of ["allOf", "anyOf", "oneOf", "$ref"])
      expect(mergesTop({ type: "object", [key]: [] }), key).to.equal(true);
  });
});
