import { expect } from "chai";

import { InvalidRequest } from "../../src/domain/errors.ts";
import { type HttpTool, NewHttpTool } from "../../src/domain/http-tool.ts";
import { checkSchemas, customOffering } from "../../src/registry/custom-offering.ts";
import { refusal } from "../support/refusal.ts";

const AT = "2026-03-01T10:00:00.000Z";
const LIMITS = { schemaBytes: 1_000, schemaDepth: 8 };

/** As in the request of seed 004. */
const SEED = {
  name: "database_query",
  description: "Execute SQL queries on database",
  endpoint: "http://localhost:8001",
  category: "database",
  capabilities: ["read", "write"],
  security_level: 2,
  schema: { input: {}, output: {} },
  metadata: { version: "1.0.0" },
  version: "1.0.0",
  author: "MetaMCP Team",
  tags: ["database", "sql"],
};

function aTool(change: object): HttpTool {
  const definition = NewHttpTool.parse({ ...SEED, ...change });
  return { ...definition, id: "tool_1", revision: 1, created_at: AT, updated_at: AT };
}
const definitionOf = (change: object) => customOffering([aTool(change)]).tools[0] ?? {};

describe("customOffering", () => {
  it("makes an MCP tool of the request in seed 004", () => {
    expect(definitionOf({})).to.deep.equal({
      name: "database_query",
      description: "Execute SQL queries on database",
      inputSchema: { type: "object" },
      annotations: {},
      _meta: {
        "switchgear/http-tool": {
          version: "1.0.0",
          category: "database",
          author: "MetaMCP Team",
          tags: ["database", "sql"],
          capabilities: ["read", "write"],
          security_level: 2,
        },
      },
    });
  });

  it("tells nobody where the endpoint is and what is sent to it", () => {
    const text = JSON.stringify(
      customOffering([aTool({ headers: { "X-Key": "hunter2" }, metadata: { note: "inner" } })]),
    );

    expect(text).to.not.include("hunter2");
    expect(text).to.not.include("localhost:8001");
    expect(text).to.not.include("inner");
  });

  it("takes a whole JSON Schema, or only its properties", () => {
    const properties = { query: { type: "string" } };
    const whole = { type: "object", properties, required: ["query"], additionalProperties: false };

    expect(definitionOf({ schema: { input: whole } })["inputSchema"]).to.deep.equal(whole);
    expect(definitionOf({ schema: { input: { properties } } })["inputSchema"]).to.deep.equal({
      type: "object",
      properties,
    });
    expect(definitionOf({ schema: { input: properties } })["inputSchema"]).to.deep.equal({
      type: "object",
      properties,
    });
  });

  it("takes arguments that are called like words of JSON Schema", () => {
    const input = { type: { type: "string" }, properties: { type: "object" }, required: { type: "boolean" } };

    expect(definitionOf({ schema: { input } })["inputSchema"]).to.deep.equal({
      type: "object",
      properties: input,
    });
  });

  it("has an output schema only if one was given, of whatever type", () => {
    expect(definitionOf({})).to.not.have.property("outputSchema");
    expect(definitionOf({ schema: { output: { rows: { type: "array" } } } })["outputSchema"]).to.deep.equal({
      type: "object",
      properties: { rows: { type: "array" } },
    });
    expect(definitionOf({ schema: { output: { type: "array" } } })["outputSchema"]).to.deep.equal({
      type: "array",
    });
  });

  it("passes annotations on, with the title where clients look for it", () => {
    const definition = definitionOf({ annotations: { title: "Query", readOnlyHint: true } });

    expect(definition["title"]).to.equal("Query");
    expect(definition["annotations"]).to.deep.equal({ title: "Query", readOnlyHint: true });
  });
});

const refused = (schema: object) =>
  refusal(() => checkSchemas(NewHttpTool.parse({ ...SEED, schema }), LIMITS));

describe("checkSchemas", () => {
  it("accepts what people write", () => {
    for (const schema of [
      {},
      { input: {} },
      { input: { q: { type: "string" } } },
      { input: { $ref: "#/$defs/x" } },
    ]) {
      expect(() => checkSchemas(NewHttpTool.parse({ ...SEED, schema }), LIMITS)).to.not.throw();
    }
  });

  it("refuses arguments that are not an object, and names the field", () => {
    const error = refused({ input: { type: "string" } });

    expect(error).to.be.instanceOf(InvalidRequest);
    expect((error as InvalidRequest).issues[0]?.path).to.equal("schema.input.type");
  });

  it("refuses what is neither a schema nor a map of schemas", () => {
    for (const input of [{ query: "string" }, { query: 7 }, { query: null }, { query: ["string"] }]) {
      expect((refused({ input }) as InvalidRequest).issues[0]?.path).to.equal("schema.input");
    }
    expect((refused({ output: { rows: 1 } }) as InvalidRequest).issues[0]?.path).to.equal("schema.output");
  });

  it("refuses a schema that is too deep or too large", () => {
    const nested = (depth: number): object => (depth === 0 ? {} : { not: nested(depth - 1) });

    expect(refused({ input: { a: nested(20) } }).message).to.include("nested deeper than 8");
    expect(refused({ input: { a: { description: "x".repeat(2_000) } } }).message).to.include(
      "larger than 1000 bytes",
    );
  });
});
