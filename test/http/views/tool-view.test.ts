import { expect } from "chai";

import { type HttpTool, NewHttpTool } from "../../../src/domain/http-tool.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import type { Tool } from "../../../src/domain/offering.ts";
import { ToolDetail, ToolSummary, toolDetail, toolSummary } from "../../../src/http/views/tool-view.ts";

function toolOf(definition: JsonObject = {}, more: Partial<Tool> = {}): Tool {
  return {
    id: "weather__forecast",
    server: "weather",
    name: "forecast",
    description: "Forecasts",
    definition: { name: "forecast", inputSchema: { type: "object" }, ...definition },
    readOnly: true,
    idempotent: false,
    destructive: false,
    tags: ["sky"],
    hash: "abc",
    ...more,
  };
}

describe("toolSummary", () => {
  it("is as its schema says, and without schemas: lists are long", () => {
    const shown = toolSummary(toolOf(), true);

    expect(ToolSummary.strict().safeParse(shown).error).to.equal(undefined);
    expect(shown).to.not.have.any.keys("input_schema", "definition");
  });

  for (const [what, definition, title] of [
    ["its own title", { title: "A", annotations: { title: "B" } }, "A"],
    ["that of its annotations", { annotations: { title: "B" } }, "B"],
    ["no title", {}, undefined],
    ["no title that is no text", { title: 5, annotations: [] }, undefined],
  ] as const) {
    it(`has ${what}`, () => {
      expect(toolSummary(toolOf(definition), true).title).to.equal(title);
    });
  }
});

describe("toolDetail", () => {
  it("is as its schema says, with the definition as the upstream gave it", () => {
    const definition = { outputSchema: { type: "object" }, annotations: { readOnlyHint: true }, extra: [1] };

    const shown = toolDetail(toolOf(definition), false, undefined);

    expect(ToolDetail.strict().safeParse(shown).error).to.equal(undefined);
    expect(shown).to.deep.include({ available: false, output_schema: { type: "object" }, hash: "abc" });
    expect(shown.definition["extra"]).to.deep.equal([1]);
  });

  it("survives a definition that is not what it should be", () => {
    const shown = toolDetail(
      toolOf({ inputSchema: "none", outputSchema: [], annotations: null }),
      true,
      undefined,
    );

    expect(shown.input_schema).to.deep.equal({ type: "object" });
    expect(shown).to.not.have.any.keys("output_schema", "annotations");
  });

  it("shows a registration without its secrets", () => {
    const definition = NewHttpTool.parse({
      name: "forecast",
      description: "d",
      endpoint: "https://x.example.com/{city}?key=secret&unit={unit}",
      headers: { authorization: "secret", "x-ref": "${REF}" },
      category: "weather",
      timeout_ms: 500,
    });
    const times = { created_at: "2026-01-01", updated_at: "2026-01-02" };
    const registered: HttpTool = { ...definition, ...times, id: "tool_1", revision: 2 };

    const shown = toolDetail(toolOf(), true, registered);

    expect(ToolDetail.strict().safeParse(shown).error).to.equal(undefined);
    expect(shown.registration).to.deep.include({
      endpoint: "https://x.example.com/{city}?key=***&unit={unit}",
      headers: { authorization: "***", "x-ref": "${REF}" },
      category: "weather",
      timeout_ms: 500,
      revision: 2,
    });
    expect(JSON.stringify(shown)).to.not.include("secret");
  });
});
