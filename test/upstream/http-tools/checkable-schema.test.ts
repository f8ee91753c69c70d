import { expect } from "chai";

import { checkableSchema } from "../../../src/upstream/http-tools/checkable-schema.ts";

describe("checkableSchema", () => {
  it("drops what could hold the main loop, at every depth", () => {
    const costly = { pattern: "^(a+)+$", format: "email", uniqueItems: true };
    const schema = {
      type: "object",
      properties: { a: { type: "string", ...costly } },
      items: { ...costly, minItems: 1 },
      prefixItems: [{ ...costly, maxLength: 5 }],
      anyOf: [{ not: { ...costly, const: 1 } }],
      $defs: { b: { ...costly, type: "array" } },
      if: costly,
      propertyNames: { ...costly, maxLength: 9 },
    };

    expect(checkableSchema(schema)).to.deep.equal({
      type: "object",
      properties: { a: { type: "string" } },
      items: { minItems: 1 },
      prefixItems: [{ maxLength: 5 }],
      anyOf: [{ not: { const: 1 } }],
      $defs: { b: { type: "array" } },
      if: {},
      propertyNames: { maxLength: 9 },
    });
  });

  it("does not take the names of properties for keywords", () => {
    const schema = {
      type: "object",
      properties: { pattern: { type: "string" }, format: { type: "string" }, $id: { type: "string" } },
      required: ["pattern"],
    };

    expect(checkableSchema(schema)).to.deep.equal(schema);
  });

  it("does not look into values", () => {
    const value = { pattern: "x", properties: { format: 1 } };
    const schema = { const: value, enum: [value], default: value, examples: [value] };

    expect(checkableSchema(schema)).to.deep.equal(schema);
  });

  it("opens an object whose properties are named by patterns", () => {
    const schema = { type: "object", patternProperties: { "^x-": {} }, additionalProperties: false };

    expect(checkableSchema(schema)).to.deep.equal({ type: "object" });
  });

  it("drops ids, so that no schema is kept under a name", () => {
    const schema = { $schema: "x", $id: "y", $ref: "#/$defs/a", $defs: { a: { $id: "z", type: "object" } } };

    expect(checkableSchema(schema)).to.deep.equal({ $ref: "#/$defs/a", $defs: { a: { type: "object" } } });
  });

  it("keeps boolean schemas", () => {
    const schema = { properties: { a: true, b: false }, additionalProperties: false, allOf: [true] };

    expect(checkableSchema(schema)).to.deep.equal(schema);
  });
});
