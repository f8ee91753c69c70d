import { expect } from "chai";
import * as fc from "fast-check";

import type { Json, JsonObject } from "../../../src/domain/json.ts";
import { gemini } from "../../../src/mcp/dialects/gemini.ts";
import { NASTY, everySchema, inputSchemas } from "./nasty-schemas.ts";

const limits = { schemaBytes: 64 * 1024, schemaDepth: 32 };
const MEMBERS = [
  "type",
  "description",
  "nullable",
  "enum",
  "format",
  "items",
  "properties",
  "required",
  "minimum",
  "maximum",
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
];

/** One property, written in the dialect. */
function written(property: Json): JsonObject {
  const { schema } = gemini({ type: "object", properties: { p: property } }, limits);
  return (schema["properties"] as JsonObject)["p"] as JsonObject;
}

/** The subset that the API takes, as its errors tell it. */
function checkSubset(schema: JsonObject): void {
  for (const [place, each] of everySchema(schema)) {
    const { type, enum: values, properties, required, items, format } = each;
    expect(MEMBERS, place).to.include.members(Object.keys(each));
    expect(["string", "number", "integer", "boolean", "array", "object"], place).to.include(type);
    if (values !== undefined) {
      expect(type, place).to.equal("string");
      expect((values as Json[]).length, place).to.be.above(0);
      for (const value of values as Json[]) expect(value, place).to.be.a("string").and.not.equal("");
    }
    if (type === "array") expect(items, place).to.be.an("object");
    else expect(items, place).to.equal(undefined);
    if (type !== "object") expect([properties, required], place).to.deep.equal([undefined, undefined]);
    const names = Object.keys((properties ?? {}) as JsonObject);
    expect(names, place).to.include.members([...((required ?? []) as string[])]);
    if (format !== undefined) expect([type, format], place).to.deep.equal(["string", "date-time"]);
  }
  for (const name of Object.keys(schema["properties"] as JsonObject))
    expect(name).to.match(/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/);
}

describe("gemini", () => {
  for (const [name, schema] of Object.entries(NASTY)) {
    it(`stays within the subset with ${name}`, () => {
      checkSubset(gemini(schema, limits).schema);
    });
  }

  it("stays within the subset whatever comes", () => {
    fc.assert(
      fc.property(inputSchemas, (schema) => checkSubset(gemini(schema, limits).schema)),
      { numRuns: 500 },
    );
  });

  it("drops the draft and what it says of other properties", () => {
    const { schema } = gemini(NASTY["a closed object with a default and a draft"] ?? {}, limits);

    expect(schema).to.deep.equal({
      type: "object",
      properties: { n: { type: "integer", description: "Default: 5.", minimum: 0, maximum: 10 } },
    });
  });

  it("keeps an object without properties, which is what many tools take", () => {
    expect(gemini({ type: "object" }, limits).schema).to.deep.equal({ type: "object", properties: {} });
    expect(written({ type: "object", additionalProperties: { type: "string" } })).to.deep.equal({
      type: "object",
      description: "Values under any name: string.",
    });
  });

  describe("values", () => {
    it("turns a constant and alternatives of constants into an enum", () => {
      expect(written({ const: "x" })).to.deep.equal({ type: "string", enum: ["x"] });
      expect(written({ anyOf: [{ const: "a" }, { const: "b" }, { enum: ["c", "b"] }] })).to.deep.equal({
        type: "string",
        enum: ["a", "b", "c"],
      });
    });

    it("says values that are no strings in the description", () => {
      expect(written({ type: "integer", enum: [0, 2, 4], description: "A step." })).to.deep.equal({
        type: "integer",
        description: "A step. One of: 0, 2, 4.",
      });
      expect(written({ const: 7 })).to.deep.equal({ type: "number", description: "One of: 7." });
      expect(written({ const: true })).to.deep.equal({ type: "boolean", description: "One of: true." });
    });

    it("has no empty string in an enum, and no empty enum", () => {
      expect(written({ type: "string", enum: ["", "a"] })).to.deep.equal({
        type: "string",
        description: 'One of: "", "a".',
        enum: ["a"],
      });
      expect(written({ type: "string", enum: [] })).to.deep.equal({ type: "string" });
    });

    it("makes null among them nullable", () => {
      expect(written({ enum: ["a", null] })).to.deep.equal({ type: "string", nullable: true, enum: ["a"] });
      expect(written({ const: null })).to.deep.equal({ type: "string", nullable: true });
    });
  });

  describe("types", () => {
    it("takes the first of several, names the others, and makes null nullable", () => {
      expect(written({ type: ["string", "null"] })).to.deep.equal({ type: "string", nullable: true });
      expect(written({ type: ["null", "integer", "string"] })).to.deep.equal({
        type: "integer",
        description: "Or: string.",
        nullable: true,
      });
      expect(written({ type: ["object", "null"], properties: { a: { type: "string" } } })).to.deep.equal({
        type: "object",
        nullable: true,
        properties: { a: { type: "string" } },
      });
    });

    for (const [schema, type] of [
      [{}, "string"],
      [true, "string"],
      [{ type: "file" }, "string"],
      [{ type: "null" }, "string"],
      [{ properties: { a: {} } }, "object"],
      [{ additionalProperties: { type: "string" } }, "object"],
      [{ items: {} }, "array"],
      [{ prefixItems: [{}] }, "array"],
      [{ minimum: 1 }, "number"],
      [{ enum: [[1], [2]] }, "array"],
    ] as const) {
      it(`finds the type ${type} for ${JSON.stringify(schema)}`, () => {
        expect(written(schema)["type"]).to.equal(type);
      });
    }

    it("knows the old form of nullable", () => {
      expect(written({ type: "string", nullable: true })).to.deep.equal({ type: "string", nullable: true });
    });
  });

  describe("alternatives", () => {
    it("makes something-or-null nullable, with the description of the whole", () => {
      const either = { anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }], description: "How many." };

      expect(written(either)).to.deep.equal({
        type: "integer",
        description: "How many.",
        nullable: true,
        minimum: 1,
      });
    });

    it("takes the first object and names the others", () => {
      const either = {
        oneOf: [
          { type: "string" },
          { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
          { type: "array", items: { type: "number" } },
          { type: "object", properties: { name: {}, age: {} } },
        ],
      };

      expect(written(either)).to.deep.equal({
        type: "object",
        description: "Or: string; array of number; object with name, age.",
        properties: { id: { type: "string" } },
        required: ["id"],
      });
    });

    it("takes the first where none is an object", () => {
      expect(written({ anyOf: [{ type: "string" }, { type: "number" }] })).to.deep.equal({
        type: "string",
        description: "Or: number.",
      });
    });

    it("goes through alternatives of alternatives", () => {
      const nested = { oneOf: [{ anyOf: [{ type: "integer" }, { type: "null" }] }, { type: "string" }] };

      expect(written(nested)).to.deep.equal({ type: "integer", description: "Or: string.", nullable: true });
    });

    it("shows at the top the properties of all of them: each can still be called", () => {
      const { schema } = gemini(NASTY["alternatives at the top"] ?? {}, limits);

      expect(schema).to.deep.equal({
        type: "object",
        description: "Needs one of: kind and radius; kind and side.",
        properties: {
          kind: { type: "string", enum: ["circle", "square"] },
          radius: { type: "number" },
          side: { type: "number" },
        },
        required: ["kind"],
      });
    });
  });

  describe("lists", () => {
    it("says what is in a list, and of a tuple what its members are", () => {
      expect(written({ type: "array" })).to.deep.equal({ type: "array", items: { type: "string" } });
      expect(written({ type: "array", items: [{ type: "number" }, { type: "string" }] })).to.deep.equal({
        type: "array",
        description: "Items: number, string.",
        items: { type: "number" },
      });
      expect(written({ type: "array", prefixItems: [{ type: "number" }, { type: "number" }] })).to.deep.equal(
        {
          type: "array",
          items: { type: "number" },
        },
      );
    });

    it("keeps whole bounds only", () => {
      expect(written({ type: "array", items: {}, minItems: 1, maxItems: 1.5 })).to.deep.equal({
        type: "array",
        items: { type: "string" },
        minItems: 1,
      });
    });
  });

  it("says formats and patterns in the description, but for date-time", () => {
    expect(written({ type: "string", format: "uri", description: "Where." })).to.deep.equal({
      type: "string",
      description: "Where. Format: uri.",
    });
    expect(written({ type: "string", pattern: "^a+$" })).to.deep.equal({
      type: "string",
      description: "Pattern: ^a+$",
    });
    expect(written({ type: "string", format: "date-time" })).to.deep.equal({
      type: "string",
      format: "date-time",
    });
  });

  it("takes the narrower of two bounds", () => {
    expect(written({ type: "number", minimum: 1, exclusiveMinimum: 3, maximum: 9 })).to.deep.equal({
      type: "number",
      minimum: 3,
      maximum: 9,
    });
  });

  it("uses the title where there is no description", () => {
    expect(written({ type: "string", title: "Name" })).to.deep.equal({
      type: "string",
      description: "Name",
    });
  });

  it("requires only what is there", () => {
    const { schema } = gemini(NASTY["required but not there"] ?? {}, limits);

    expect(schema["required"]).to.deep.equal(["a"]);
  });

  it("merges the parts of a schema", () => {
    const { schema } = gemini(NASTY["parts in parts"] ?? {}, limits);

    expect(schema).to.deep.equal({
      type: "object",
      properties: { a: { type: "integer", minimum: 1, maximum: 5 }, b: { type: "string" } },
      required: ["a"],
    });
  });

  it("cuts a tree where it contains itself, and says so", () => {
    const { schema } = gemini(NASTY["a tree"] ?? {}, limits);

    expect(schema).to.deep.nested.include({
      "properties.root.properties.children.items": { type: "object", description: "(Nested as above.)" },
    });
  });
});
