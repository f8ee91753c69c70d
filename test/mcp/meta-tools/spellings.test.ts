import { expect } from "chai";

import { GatewayError } from "../../../src/domain/errors.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import { readCall, readNames, readSearch } from "../../../src/mcp/meta-tools/spellings.ts";

const LIMITS = { depth: 8 };
const refusalOf = (read: () => unknown): GatewayError => {
  try {
    read();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  return expect.fail("it was taken");
};

describe("the arguments of call_tool", () => {
  const call = (given: JsonObject) => readCall(given, LIMITS);

  for (const name of ["name", "tool_name", "toolName", "tool", "tool_id", "toolId", "id"])
    it(`may name the tool as "${name}"`, () => {
      expect(call({ [name]: " a__b " })).to.deep.equal({ name: "a__b", server: undefined, args: {} });
    });

  for (const args of ["arguments", "args", "params", "parameters", "input", "tool_args", "toolArguments"])
    it(`may have the tool's own as "${args}", also as a text`, () => {
      expect(call({ name: "a__b", [args]: { x: 1 } }).args).to.deep.equal({ x: 1 });
      expect(call({ name: "a__b", [args]: '{"x": 1}' }).args).to.deep.equal({ x: 1 });
    });

  it("may name the server on its own", () => {
    expect(call({ server: "a", tool: "b" })).to.include({ server: "a", name: "b" });
    expect(call({ server_name: "a", tool: "b" })).to.include({ server: "a" });
  });

  it("are none where there are none", () => {
    for (const nothing of [{}, { arguments: null }, { arguments: "" }, { args: " {} " }])
      expect(call({ name: "a__b", ...nothing }).args, JSON.stringify(nothing)).to.deep.equal({});
  });

  it("may say the same thing twice, but not two things", () => {
    expect(call({ name: "a__b", tool: "a__b", args: { x: 1, y: 2 }, input: { y: 2, x: 1 } }).args).to.include(
      { x: 1 },
    );
    for (const given of [
      { name: "a__b", tool_name: "a__c" },
      { name: "a__b", arguments: {}, args: { force: true } },
      { name: "a__b", server: "a", server_name: "b" },
    ]) {
      const { code, message, executed } = refusalOf(() => call(given));
      expect({ code, executed }).to.deep.equal({ code: "invalid_request", executed: "not_executed" });
      expect(message).to.include("say different things");
    }
  });

  const refused: readonly (readonly [string, JsonObject, RegExp])[] = [
    ["no name", { arguments: {} }, /Say which tool/],
    ["a name that is no text", { name: 7 }, /must be a text/],
    ["an empty name", { name: " " }, /must be a text/],
    ["a list of arguments", { name: "a", arguments: [1] }, /are a JSON object/],
    ["a number of arguments", { name: "a", arguments: "7" }, /are a JSON object/],
    ["broken JSON", { name: "a", arguments: '{"x": ' }, /not good JSON/],
    [
      "a prototype key in a text",
      { name: "a", arguments: '{"__proto__": {}}' },
      /not good JSON.*not allowed/,
    ],
    ["a key twice in a text", { name: "a", arguments: '{"x": 1, "x": 2}' }, /not good JSON.*twice/],
    ["too deep a text", { name: "a", arguments: `${'{"x":'.repeat(9)}1${"}".repeat(9)}` }, /deeper than 8/],
    [
      "arguments beside the others",
      { name: "a", title: "x", body: "y" },
      /"title", "body".*into "arguments"/,
    ],
  ];
  for (const [what, given, message] of refused)
    it(`may not be ${what}`, () => {
      const refusal = refusalOf(() => call(given));

      expect(refusal.code).to.equal("invalid_request");
      expect(refusal.message).to.match(message);
    });
});

describe("the arguments of search_tools", () => {
  it("have defaults", () => {
    expect(readSearch({ query: "mail" })).to.deep.equal({
      query: "mail",
      limit: 8,
      server: undefined,
      risk: "any",
    });
  });

  it("may be spelled as elsewhere", () => {
    expect(readSearch({ q: "mail", max_results: "3", server_name: "a", risk: "read" })).to.deep.equal({
      query: "mail",
      limit: 3,
      server: "a",
      risk: "read",
    });
  });

  it("are held within bounds", () => {
    expect(readSearch({ query: "x", limit: 1_000 }).limit).to.equal(25);
    expect(readSearch({ query: "x", limit: -4 }).limit).to.equal(1);
    expect(readSearch({ query: "x", limit: 2.9 }).limit).to.equal(2);
    expect(readSearch({ query: "x", limit: "many" }).limit).to.equal(8);
  });

  it("need words and a known risk", () => {
    expect(refusalOf(() => readSearch({})).message).to.include("Say what you want to do");
    expect(refusalOf(() => readSearch({ query: "" })).message).to.include("must be a text");
    expect(refusalOf(() => readSearch({ query: "x", risk: "none" })).message).to.include("risk");
  });
});

describe("the arguments of describe_tools", () => {
  it("may be one name or several, under several names", () => {
    for (const given of [
      { ids: ["a", "b"] },
      { names: ["a", "b", "a"] },
      { tools: ["a", "b"] },
      { ids: '["a", "b"]' },
    ])
      expect(readNames(given), JSON.stringify(given)).to.deep.equal({ names: ["a", "b"], check: false });
    expect(readNames({ name: "a", check: true })).to.deep.equal({ names: ["a"], check: true });
    expect(readNames({ id: "a", check: "true" })).to.deep.equal({ names: ["a"], check: true });
  });

  it("need names, and not too many", () => {
    for (const given of [{}, { ids: [] }, { ids: [7] }, { ids: [""] }, { ids: {} }, { ids: "[1" }])
      expect(refusalOf(() => readNames(given)).code, JSON.stringify(given)).to.equal("invalid_request");
    const many = Array.from({ length: 51 }, (_, at) => `t${at}`);
    expect(refusalOf(() => readNames({ ids: many })).message).to.include("At most 50");
  });
});
