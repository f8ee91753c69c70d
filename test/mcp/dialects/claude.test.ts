import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import * as fc from "fast-check";

import type { JsonObject } from "../../../src/domain/json.ts";
import { claude } from "../../../src/mcp/dialects/claude.ts";
import { NASTY, inputSchemas } from "./nasty-schemas.ts";

const limits = { schemaBytes: 64 * 1024, schemaDepth: 32 };
const write = (schema: JsonObject): JsonObject => claude(schema, limits).schema;
const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false });

/** What the API refuses, as its errors tell it; the draft itself says what a schema may look like. */
function checkAccepted(schema: JsonObject): void {
  expect(schema["type"]).to.equal("object");
  expect(schema).to.not.have.any.keys("anyOf", "oneOf", "allOf");
  for (const name of Object.keys(schema["properties"] as JsonObject))
    expect(name).to.match(/^[a-zA-Z0-9_.-]{1,64}$/);
}

/** Not of the draft, and nothing that a tool needs: the dialect leaves them to whoever wrote them. */
const BEYOND = new Set(["types of all sorts", "values of all sorts", "formats and bounds"]);

describe("claude", () => {
  for (const [name, schema] of Object.entries(NASTY)) {
    it(`writes what is accepted of ${name}`, () => {
      const written = write(schema);

      checkAccepted(written);
      const { $schema: _, ...undated } = written;
      if (!BEYOND.has(name)) expect(ajv.validateSchema(undated), JSON.stringify(ajv.errors)).to.equal(true);
    });
  }

  it("writes what is accepted whatever comes", () => {
    fc.assert(
      fc.property(inputSchemas, (schema) => checkAccepted(write(schema))),
      { numRuns: 500 },
    );
  });

  it("leaves a plain schema as it is, references and alternatives below the top included", () => {
    const schema = {
      type: "object",
      properties: { a: { anyOf: [{ $ref: "#/$defs/A" }, { type: "null" }] }, "b.c-d_1": { allOf: [{}] } },
      required: ["a"],
      $defs: { A: { type: "object", properties: { "any name": {} } } },
    };

    expect(write(schema)).to.deep.equal(schema);
  });

  it("shows names that the API refuses as others, and remembers which", () => {
    const { schema, keys } = claude(NASTY["names that models refuse"] ?? {}, limits);
    const shown = Object.keys(schema["properties"] as JsonObject);

    expect(shown.slice(0, 4)).to.satisfy(
      ([a, b, c, d]: string[]) =>
        a === "filter_id_" && /^filter_id__[0-9a-f]{8}$/.test(b ?? "") && c === "_top" && d === "user_name",
    );
    expect(schema["required"]).to.deep.equal(["filter_id_", "ok", "_top"]);
    expect(keys?.get("filter_id_")).to.equal("filter[id]");
    expect(keys?.get("_top")).to.equal("$top");
    expect(keys?.has("ok")).to.equal(false);
  });

  it("resolves a reference to a property that gets another name", () => {
    expect(write(NASTY["pointers into itself"] ?? {})["properties"]).to.deep.equal({
      from_date: { type: "string", format: "date" },
      to: { type: "string", format: "date" },
    });
  });

  it("writes tuples and bounds as draft 2020-12 has them", () => {
    const schema = {
      type: "object",
      properties: {
        pair: { type: "array", items: [{ type: "string" }, { type: "number" }], additionalItems: false },
        count: { type: "integer", minimum: 0, exclusiveMinimum: true, exclusiveMaximum: false },
      },
    };

    expect(write(schema)["properties"]).to.deep.equal({
      pair: { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], items: false },
      count: { type: "integer", minimum: 0 },
    });
  });
});
