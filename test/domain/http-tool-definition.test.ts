import { expect } from "chai";

import { httpToolDefinition, inputSchemaOf, outputSchemaOf } from "../../src/domain/http-tool-definition.ts";
import { type HttpTool, NewHttpTool } from "../../src/domain/http-tool.ts";

function toolOf(more: Record<string, unknown> = {}): HttpTool {
  const tool = NewHttpTool.parse({
    name: "query",
    description: "Runs",
    endpoint: "http://x.example.com",
    ...more,
  });
  return { ...tool, id: "tool_1", revision: 1, created_at: "", updated_at: "" };
}

describe("inputSchemaOf", () => {
  for (const [what, input, schema] of [
    ["nothing", {}, { type: "object" }],
    ["a whole schema", { type: "object", required: ["a"] }, { type: "object", required: ["a"] }],
    ["a schema without its type", { properties: { a: {} } }, { type: "object", properties: { a: {} } }],
    ["properties only", { a: { type: "string" } }, { type: "object", properties: { a: { type: "string" } } }],
    [
      "properties of which one is called type",
      { type: { type: "string" } },
      { type: "object", properties: { type: { type: "string" } } },
    ],
    [
      "properties of which one is called properties",
      { properties: { type: "array" } },
      { type: "object", properties: { properties: { type: "array" } } },
    ],
    ["a reference", { $ref: "#/$defs/a", $defs: {} }, { type: "object", $ref: "#/$defs/a", $defs: {} }],
    ["alternatives", { anyOf: [{}] }, { type: "object", anyOf: [{}] }],
  ] as const) {
    it(`makes an object schema of ${what}`, () => {
      expect(inputSchemaOf(toolOf({ schema: { input } }))).to.deep.equal(schema);
    });
  }
});

describe("outputSchemaOf", () => {
  it("promises nothing when nothing was said", () => {
    expect(outputSchemaOf(toolOf())).to.equal(undefined);
  });

  it("is an object schema", () => {
    expect(outputSchemaOf(toolOf({ schema: { output: { a: { type: "string" } } } }))).to.deep.equal({
      type: "object",
      properties: { a: { type: "string" } },
    });
  });
});

describe("httpToolDefinition", () => {
  it("is an MCP tool, with what MCP has no field for in its _meta", () => {
    const tool = toolOf({
      tags: ["a"],
      category: "c",
      author: "me",
      capabilities: ["read"],
      security_level: 2,
      annotations: { title: "T", readOnlyHint: true },
      schema: { output: { type: "object" } },
    });

    expect(httpToolDefinition(tool)).to.deep.equal({
      name: "query",
      title: "T",
      description: "Runs",
      inputSchema: { type: "object" },
      outputSchema: { type: "object" },
      annotations: { title: "T", readOnlyHint: true },
      _meta: {
        "switchgear/http-tool": {
          version: "1.0.0",
          category: "c",
          author: "me",
          tags: ["a"],
          capabilities: ["read"],
          security_level: 2,
        },
      },
    });
  });

  it("tells no caller where it leads and with which headers", () => {
    const tool = toolOf({ endpoint: "http://inner.example.com/x", headers: { authorization: "secret" } });

    expect(JSON.stringify(httpToolDefinition(tool))).to.not.match(/inner|secret/);
  });
});
