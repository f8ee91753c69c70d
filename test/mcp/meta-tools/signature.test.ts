import { expect } from "chai";

import type { JsonObject } from "../../../src/domain/json.ts";
import { riskOf, signatureOf } from "../../../src/mcp/meta-tools/signature.ts";

const signature = (properties: JsonObject, required: readonly string[] = []) =>
  signatureOf("t", { inputSchema: { type: "object", properties, required } });

describe("a signature", () => {
  it("has the required parameters first, the others marked", () => {
    const properties = {
      body: { type: "string" },
      repo: { type: "string" },
      tags: { type: "array", items: { type: "string" } },
    };

    expect(signature(properties, ["repo"])).to.equal("t(repo: string, body?: string, tags?: string[])");
  });

  it("names choices, unions, constants, references and nested lists", () => {
    const types: readonly (readonly [JsonObject | boolean, string])[] = [
      [{ enum: ["a", 1] }, '"a"|1'],
      [{ const: "x" }, '"x"'],
      [{ type: ["string", "null"] }, "string|null"],
      [{ type: "array", items: { type: "array", items: {} } }, "any[][]"],
      [{ $ref: "#/$defs/Label" }, "Label"],
      [{ anyOf: [] }, "any"],
      [true, "any"],
    ];
    for (const [type, text] of types) expect(signature({ x: type })).to.equal(`t(x?: ${text})`);
  });

  it("is empty for a tool without parameters, or with a schema that says nothing", () => {
    expect(signature({})).to.equal("t()");
    expect(signatureOf("t", {})).to.equal("t()");
    expect(signatureOf("t", { inputSchema: { properties: [] } })).to.equal("t()");
  });

  it("is never long", () => {
    const many = Object.fromEntries(
      Array.from({ length: 200 }, (_, at) => [`parameter_${at}`, { type: "string" }]),
    );

    const text = signature(many);

    expect(text.length).to.be.below(320);
    expect(text).to.match(/, …\d+ more\)$/);
    expect(signature({ x: { enum: ["y".repeat(500)] } }).length).to.be.below(100);
  });
});

describe("the risk of a tool", () => {
  it("is what its hints say, the best first", () => {
    const tool = (readOnly: boolean, destructive: boolean) =>
      riskOf({ readOnly, destructive } as Parameters<typeof riskOf>[0]);

    expect(tool(true, false)).to.equal("read");
    expect(tool(false, true)).to.equal("destructive");
    expect(tool(false, false)).to.equal("write");
  });
});
