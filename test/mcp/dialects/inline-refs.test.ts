import { expect } from "chai";

import type { JsonObject } from "../../../src/domain/json.ts";
import { hasRefs, inlineRefs } from "../../../src/mcp/dialects/inline-refs.ts";
import { NASTY } from "./nasty-schemas.ts";

const limits = { schemaBytes: 64 * 1024, schemaDepth: 32 };
const inlined = (schema: JsonObject | undefined): JsonObject => inlineRefs(schema ?? {}, limits);

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe("inlineRefs", () => {
  it("puts what is named in its place, and what stands beside it on top", () => {
    expect(inlined(NASTY["references, also to references"])).to.deep.equal({
      type: "object",
      properties: {
        a: {
          description: "the first",
          type: "object",
          properties: { c: { type: "string" } },
          required: ["c"],
        },
        b: { type: "object", properties: { c: { type: "string" } }, required: ["c"] },
      },
    });
  });

  it("cuts what contains itself to anything of its type, with a note", () => {
    const nested = { type: "object", description: "(Nested as above.)" };

    expect(inlined(NASTY["itself"])).to.deep.equal({ type: "object", properties: { inner: nested } });
    expect(inlined(NASTY["a tree"])).to.deep.nested.include({
      "properties.root.properties.children.items": nested,
    });
    expect(inlined(NASTY["two that name each other"])).to.deep.nested.include({
      "properties.a.properties.b.properties.a": nested,
    });
  });

  it("lets a reference that leads nowhere stand for anything", () => {
    expect(inlined(NASTY["references that lead nowhere"])["properties"]).to.deep.equal({
      far: { description: "(Any JSON.)" },
      gone: { description: "(Any JSON.)" },
      odd: { description: "(Any JSON.)" },
    });
  });

  it("keeps the description that a reference has of its own", () => {
    const schema = { type: "object", properties: { a: { $ref: "#/nowhere", description: "Something." } } };

    expect(inlined(schema)).to.nested.include({ "properties.a.description": "Something. (Any JSON.)" });
  });

  it("follows pointers, anchors and ids", () => {
    expect(inlined(NASTY["anchors"])).to.deep.equal({
      type: "object",
      properties: { a: { type: "boolean" }, b: { type: "boolean" } },
    });
    expect(inlined(NASTY["pointers into itself"])).to.deep.nested.include({
      "properties.to": { type: "string", format: "date" },
    });
    const escaped = {
      type: "object",
      properties: { a: { $ref: "#/$defs/x~1y~0z" }, b: { $ref: "#/anyOf/1" } },
      anyOf: [{}, { type: "number" }],
      $defs: { "x/y~z": { type: "integer" } },
    };
    expect(inlined(escaped)["properties"]).to.deep.equal({ a: { type: "integer" }, b: { type: "number" } });
  });

  it("knows the references of drafts 2019 and 2020", () => {
    const schema = {
      type: "object",
      properties: { a: { $dynamicRef: "#node" }, b: { $recursiveRef: "#" } },
      $defs: { N: { $dynamicAnchor: "node", type: "string" } },
    };

    expect(inlined(schema)["properties"]).to.deep.equal({
      a: { type: "string" },
      b: { type: "object", description: "(Nested as above.)" },
    });
  });

  it("takes no property for a keyword", () => {
    const { properties } = inlined(NASTY["properties with the names of keywords"]);

    expect(properties).to.deep.equal(NASTY["properties with the names of keywords"]?.["properties"]);
  });

  it("leaves examples, defaults and values as they are", () => {
    const value = { $ref: "#/$defs/A", $defs: {} };
    const schema = { type: "object", default: value, examples: [value], properties: { a: { const: value } } };

    expect(inlined(schema)).to.deep.equal(schema);
  });

  it("stays within the size and the depth that a schema may have", () => {
    const large = inlined(NASTY["doubling references"]);

    expect(JSON.stringify(large).length).to.be.below(6 * limits.schemaBytes);
    const chain = Array.from({ length: 100 }, (_, at) => [
      `C${at}`,
      { type: "object", properties: { next: { $ref: `#/$defs/C${at + 1}` } } },
    ]);
    const deep = inlined({
      type: "object",
      properties: { first: { $ref: "#/$defs/C0" } },
      $defs: Object.fromEntries(chain) as JsonObject,
    });
    expect(depthOf(deep)).to.be.below(3 * limits.schemaDepth);
  });

  it("keeps a deep schema that has no references", () => {
    let schema: JsonObject = { type: "string" };
    for (let level = 0; level < 60; level++) schema = { type: "array", items: schema };

    expect(inlined(schema)).to.deep.equal(schema);
  });
});

describe("hasRefs", () => {
  it("finds references wherever a schema may stand, and nowhere else", () => {
    expect(hasRefs({ anyOf: [{ items: { $ref: "#" } }] })).to.equal(true);
    expect(hasRefs({ properties: { $ref: { type: "string" } }, default: { $ref: "#" } })).to.equal(false);
  });
});
