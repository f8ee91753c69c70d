import { expect } from "chai";

import { InvalidRequest } from "../../../src/domain/errors.ts";
import { NewHttpTool } from "../../../src/domain/http-tool.ts";
import { checkHttpTool } from "../../../src/upstream/http-tools/tool-check.ts";

const tool = (change: Record<string, unknown> = {}) =>
  NewHttpTool.parse({ name: "t", description: "d", endpoint: "https://api.example.com/x", ...change });

/** The path of the field that is refused. */
function refused(change: Record<string, unknown>): string | undefined {
  try {
    checkHttpTool(tool(change));
    return undefined;
  } catch (error) {
    if (error instanceof InvalidRequest) return error.issues[0]?.path;
    throw error;
  }
}

describe("checkHttpTool", () => {
  for (const endpoint of [
    "https://api.example.com/users/{id}",
    "https://api.example.com:8443/{a}/{b}?q={q}",
    "http://localhost:8001",
    "https://api.example.com/a..b/.well-known/x",
  ]) {
    it(`accepts ${endpoint}`, () => {
      expect(refused({ endpoint })).to.equal(undefined);
    });
  }

  for (const endpoint of [
    "https://{host}/x",
    "https://api.{domain}:8080/x",
    "https://user:pass@api.example.com/",
    "https://api.example.com/{not closed",
    "https://api.example.com/{a b}",
    "https://api.example.com/a/../b",
    "https://api.example.com/%2e%2e/b",
    "https://",
    "http://:80",
  ]) {
    it(`refuses the endpoint ${endpoint}`, () => {
      expect(refused({ endpoint })).to.equal("endpoint");
    });
  }

  for (const [name, value] of [
    ["Host", "evil.example.com"],
    ["transfer-encoding", "chunked"],
    ["Connection", "close"],
    ["bad name", "x"],
    ["", "x"],
    ["X-Split", "a\r\nX-Other: b"],
    ["X-Null", "a\0b"],
    ["X-Wide", "日本"],
  ] as const) {
    it(`refuses the header ${JSON.stringify(name)} with ${JSON.stringify(value)}`, () => {
      expect(refused({ headers: { [name]: value } })).to.equal(`headers.${name}`);
    });
  }

  it("accepts usual headers", () => {
    expect(refused({ headers: { Authorization: "Bearer x", "X-Api-Version": "2" } })).to.equal(undefined);
  });

  for (const input of [
    { type: "objekt" },
    { properties: { a: { type: 5 } } },
    { type: "object", properties: { a: { $ref: "#/$defs/nothing" } } },
    { $ref: "https://evil.example.com/schema.json" },
    { type: "object", properties: { a: { minimum: "one" } } },
  ]) {
    it(`refuses the input schema ${JSON.stringify(input)}`, () => {
      expect(refused({ schema: { input } })).to.equal("schema.input");
    });
  }

  it("accepts schemas of both drafts, with keywords that nobody knows", () => {
    const draft07 = {
      $schema: "http://json-schema.org/draft-07/schema#",
      $id: "https://x/y",
      "x-mine": 1,
      type: "object",
    };
    const newest = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $defs: { a: {} },
      $ref: "#/$defs/a",
    };

    expect([refused({ schema: { input: draft07 } }), refused({ schema: { input: newest } })]).to.deep.equal([
      undefined,
      undefined,
    ]);
  });

  it("forgets one tool's schema before the next: equal ids do not collide", () => {
    const $id = "https://example.com/same";

    expect(refused({ schema: { input: { $id, type: "object" } } })).to.equal(undefined);
    expect(refused({ schema: { input: { $id, type: "object", required: ["a"] } } })).to.equal(undefined);
  });
});
