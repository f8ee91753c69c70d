import { expect } from "chai";
import * as fc from "fast-check";

import type { JsonObject } from "../../../src/domain/json.ts";
import { openai } from "../../../src/mcp/dialects/openai.ts";
import { NASTY, everySchema, inputSchemas } from "./nasty-schemas.ts";

const limits = { schemaBytes: 64 * 1024, schemaDepth: 32 };
const write = (schema: JsonObject): JsonObject => openai(schema, limits).schema;

/** What the API refuses, as its errors tell it. */
function checkAccepted(schema: JsonObject): void {
  expect(schema["type"]).to.equal("object");
  expect(schema["properties"]).to.be.an("object");
  expect(schema).to.not.have.any.keys("anyOf", "oneOf", "allOf", "not", "enum", "const");
  for (const [place, each] of everySchema(schema)) {
    const { type, items, properties } = each;
    const isArray = type === "array" || (Array.isArray(type) && type.includes("array"));
    expect(each, place).to.not.have.property("allOf");
    if (isArray) expect(items, place).to.be.an("object");
    for (const child of Object.values((properties ?? {}) as JsonObject))
      expect(typeof child, place).to.be.oneOf(["object", "boolean"]);
  }
}

describe("openai", () => {
  for (const [name, schema] of Object.entries(NASTY)) {
    it(`writes what is accepted of ${name}`, () => {
      checkAccepted(write(schema));
    });
  }

  it("writes what is accepted whatever comes", () => {
    fc.assert(
      fc.property(inputSchemas, (schema) => checkAccepted(write(schema))),
      { numRuns: 500 },
    );
  });

  it("leaves a plain schema as it is", () => {
    const schema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: {
        a: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
        b: { $ref: "#/$defs/B" },
      },
      required: ["a"],
      additionalProperties: false,
      $defs: { B: { type: "array", items: { type: "string" } } },
    };

    expect(write(schema)).to.deep.equal(schema);
  });

  it("merges alternatives at the top into one object", () => {
    expect(write(NASTY["alternatives at the top"] ?? {})).to.deep.equal({
      type: "object",
      description: "Needs one of: kind and radius; kind and side.",
      properties: {
        kind: { enum: ["circle", "square"] },
        radius: { type: "number" },
        side: { type: "number" },
      },
      required: ["kind"],
    });
  });

  it("keeps alternatives below the top", () => {
    const schema = { type: "object", properties: { a: { oneOf: [{ type: "string" }, { type: "number" }] } } };

    expect(write(schema)).to.deep.equal(schema);
  });

  it("resolves references before it merges, for they would lead nowhere", () => {
    expect(write(NASTY["alternatives by reference"] ?? {})).to.deep.equal({
      type: "object",
      description: "Needs one of: a; b.",
      properties: { a: { type: "string" }, b: { type: "string" } },
    });
  });

  it("says of every list what is in it, and not as a tuple", () => {
    const { properties } = write(NASTY["lists of all sorts"] ?? {}) as { properties: JsonObject };

    expect(properties["bare"]).to.deep.equal({ type: "array", items: {} });
    expect(properties["any"]).to.deep.equal({ type: "array", items: {} });
    expect(properties["tuple"]).to.deep.equal({
      type: "array",
      items: { anyOf: [{ type: "string" }, { type: "number" }] },
    });
  });

  it("drops what is no schema", () => {
    expect(write(NASTY["what is no schema"] ?? {})).to.deep.equal({
      type: "object",
      properties: { type: {}, list: {}, nothing: {} },
    });
  });
});
