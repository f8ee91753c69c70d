import { expect } from "chai";

import type { Json, JsonObject } from "../../src/domain/json.ts";
import { fieldsOf } from "../../src/search/tool-fields.ts";
import { sampleTool } from "./sample-tools.ts";

function fieldsOfSchema(inputSchema: Json) {
  return fieldsOf(sampleTool("t", { definition: { inputSchema } }));
}

describe("search/tool-fields", () => {
  it("takes name, server, description, parameters and tags", () => {
    const tool = sampleTool("create_issue", {
      server: "github",
      description: "Create an issue.",
      parameters: { repo: "The repository", title: "The headline" },
      tags: ["dev", "tickets"],
    });

    expect(fieldsOf(tool)).to.deep.equal({
      name: "create_issue",
      server: "github",
      description: "Create an issue.",
      parameterNames: "repo title",
      parameterDescriptions: "The repository\nThe headline",
      tags: "dev tickets",
    });
  });

  it("puts the title before the description, its own before the one of the annotations", () => {
    const annotated = sampleTool("t", {
      description: "Does it.",
      definition: { annotations: { title: "Old title" } },
    });
    const titled = sampleTool("t", {
      description: "Does it.",
      definition: { title: "New title", annotations: { title: "Old title" } },
    });

    expect(fieldsOf(annotated).description).to.equal("Old title\nDoes it.");
    expect(fieldsOf(titled).description).to.equal("New title\nDoes it.");
  });

  it("reads nested objects, lists and the values of an enum", () => {
    const fields = fieldsOfSchema({
      type: "object",
      properties: {
        filter: { type: "object", properties: { state: { enum: ["open", "closed", 3, null] } } },
        labels: {
          type: "array",
          items: { type: "object", properties: { colour: { description: "Hex code" } } },
        },
      },
    });

    expect(fields.parameterNames).to.equal("filter state labels colour");
    expect(fields.parameterDescriptions).to.equal("open\nclosed\nHex code");
  });

  it("survives schemas of any shape", () => {
    const shapes: Json[] = [
      null,
      7,
      "object",
      [],
      {},
      { properties: null },
      { properties: [1, 2] },
      { properties: { a: null, b: 5, c: [], d: { description: 9, enum: "x" } } },
      { items: [{ properties: { z: {} } }] },
    ];

    for (const shape of shapes) expect(fieldsOfSchema(shape).parameterDescriptions).to.equal("");
    expect(fieldsOfSchema({ properties: { a: null, b: 5 } }).parameterNames).to.equal("a b");
  });

  it("reads no deeper than five levels and no more than 200 parameters", () => {
    let deep: JsonObject = { properties: { bottom: {} } };
    for (let level = 0; level < 50; level++) deep = { properties: { [`level${level}`]: deep } };
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`p${index}`, {}]));

    expect(fieldsOfSchema(deep).parameterNames.split(" ")).to.have.length(6);
    expect(fieldsOfSchema({ properties: wide }).parameterNames.split(" ")).to.have.length(200);
  });

  it("cuts a description at 8,000 characters", () => {
    const tool = sampleTool("t", { description: "long ".repeat(10_000) });

    expect(fieldsOf(tool).description).to.have.length(8_000);
  });
});
