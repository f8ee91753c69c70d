import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { DEFAULT_LIMITS } from "../../src/domain/limits.ts";
import { CHECKS, bounded } from "../../src/upstream/definition-check.ts";

const LIMITS = { ...DEFAULT_LIMITS, schemaBytes: 1_000, schemaDepth: 5, descriptionBytes: 100 };
const tool = (changes: JsonObject = {}): string | undefined =>
  CHECKS.tools({ name: "a", inputSchema: { type: "object" }, ...changes }, LIMITS);

function nested(levels: number): JsonObject {
  let value: JsonObject = {};
  for (let i = 1; i < levels; i++) value = { a: value };
  return value;
}

describe("the check of a tool's definition", () => {
  it("lets a good one pass, with all that it does not know", () => {
    expect(tool()).to.equal(undefined);
    expect(
      tool({ title: "A", annotations: { readOnlyHint: true }, outputSchema: { type: "array" }, new: [1] }),
    ).to.equal(undefined);
  });

  const bad: readonly (readonly [string, JsonObject, RegExp])[] = [
    ["no name", { name: undefined }, /name is not a string/],
    ["a name that is a number", { name: 5 }, /name is not a string/],
    ["an empty name", { name: "" }, /name/],
    ["an endless name", { name: "x".repeat(1_000) }, /name is longer than 256/],
    ["a description that is an object", { description: {} }, /description is not a string/],
    ["a description that is too long, in bytes", { description: "ä".repeat(51) }, /longer than 100 bytes/],
    [
      "what the official SDK would refuse the whole list for: a null",
      { description: null },
      /schema: description: /,
    ],
    [
      "properties that are a list",
      { inputSchema: { type: "object", properties: [] } },
      /schema: inputSchema\.properties/,
    ],
    ["a hint that is a word", { annotations: { readOnlyHint: "yes" } }, /schema: annotations\.readOnlyHint/],
    ["an icon without a source", { icons: [{}] }, /schema: icons\.0\.src/],
    ["no schema", { inputSchema: undefined }, /inputSchema is not an object/],
    ["a schema of true", { inputSchema: true }, /inputSchema is not an object/],
    ["a schema that is a list", { inputSchema: [] }, /inputSchema is not an object/],
    ["a schema without a type", { inputSchema: { properties: {} } }, /not of the type "object"/],
    ["a schema of another type", { inputSchema: { type: "string" } }, /not of the type "object"/],
    [
      "a schema that is too large",
      { inputSchema: { type: "object", x: "y".repeat(1_000) } },
      /inputSchema is larger than 1000 bytes/,
    ],
    [
      "a schema that is too deep",
      { inputSchema: { type: "object", a: nested(5) } },
      /nested deeper than 5 levels/,
    ],
    ["an output schema that is a list", { outputSchema: [] }, /outputSchema is not an object/],
    ["an output schema that is too deep", { outputSchema: nested(6) }, /outputSchema is nested/],
    ["icons that are too large", { icons: [{ src: "x".repeat(4_000) }] }, /larger than 3100 bytes/],
    ["anything that is absurdly deep", { annotations: nested(11) }, /too deeply/],
  ];
  for (const [what, changes, reason] of bad) {
    it(`finds ${what}`, () => {
      expect(tool(changes)).to.match(reason);
    });
  }

  it("lets what is just within the limits pass", () => {
    expect(tool({ description: "x".repeat(100), inputSchema: { type: "object", a: nested(4) } })).to.equal(
      undefined,
    );
  });

  it("survives depth that would not even be written as text again", () => {
    const text = `{"name":"a","inputSchema":{"type":"object"},"x":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;

    expect(CHECKS.tools(JSON.parse(text) as JsonObject, LIMITS)).to.match(/too deeply/);
    expect(bounded(JSON.parse(text) as JsonObject, LIMITS)).to.deep.equal({});
  });
});

describe("the checks of other definitions", () => {
  it("ask for what the definition is known by", () => {
    expect(CHECKS.prompts({ name: "a" }, LIMITS)).to.equal(undefined);
    expect(CHECKS.prompts({ title: "a" }, LIMITS)).to.match(/name/);
    expect(CHECKS.resources({ uri: "file:///a", name: "a" }, LIMITS)).to.equal(undefined);
    expect(CHECKS.resources({ name: "a" }, LIMITS)).to.match(/uri/);
    expect(CHECKS.resourceTemplates({ uriTemplate: "file:///{a}", name: "a" }, LIMITS)).to.equal(undefined);
    expect(CHECKS.resourceTemplates({ uriTemplate: 5 }, LIMITS)).to.match(/uriTemplate/);
  });

  it("look at descriptions and sizes", () => {
    expect(CHECKS.prompts({ name: "a", description: "x".repeat(101) }, LIMITS)).to.match(/description/);
    expect(CHECKS.resources({ uri: "a", blob: "x".repeat(9_999) }, LIMITS)).to.match(/larger/);
    expect(CHECKS.resources({ uri: "x".repeat(9_000) }, LIMITS)).to.match(/uri is longer/);
  });
});

describe("bounded", () => {
  it("keeps what is within the limits, and leaves out what is not", () => {
    const capabilities = { tools: { listChanged: true } };

    expect(bounded(capabilities, LIMITS)).to.equal(capabilities);
    expect(bounded({ a: "x".repeat(2_000) }, LIMITS)).to.deep.equal({});
    expect(bounded(nested(7), LIMITS)).to.deep.equal({});
  });
});
