import { expect } from "chai";

import type { JsonObject } from "../../../src/domain/json.ts";
import { HttpToolBench } from "../../support/http-endpoint.ts";

describe("arguments of HTTP tools", () => {
  let bench: HttpToolBench;

  beforeEach(async () => {
    bench = await HttpToolBench.start();
  });
  afterEach(() => bench.close());

  const isRefused = async (args: JsonObject, reason: RegExp) => {
    const reply = await bench.call(args);
    expect(reply.value["isError"]).to.equal(true);
    expect(JSON.stringify(reply.value["content"])).to.match(reason).and.include("Nothing was sent");
    expect(bench.endpoint.received).to.deep.equal([]);
  };

  it("are checked against the schema before anything is sent", async () => {
    bench.register({
      schema: {
        input: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
        output: {},
      },
    });

    await isRefused({ n: "five" }, /\/n must be integer/);
    await isRefused({}, /must have required property 'n'/);
  });

  it("are checked when only properties were given as a schema", async () => {
    bench.register({ schema: { input: { n: { type: "integer" } }, output: {} } });

    await isRefused({ n: "five" }, /\/n must be integer/);
  });

  it("that are too many are named, if the schema is closed", async () => {
    bench.register({
      schema: { input: { type: "object", properties: {}, additionalProperties: false }, output: {} },
    });

    await isRefused({ extra: 1 }, /must NOT have additional properties \(extra\)/);
  });

  it("of a list of values show the list", async () => {
    bench.register({ schema: { input: { properties: { unit: { enum: ["C", "F"] } } }, output: {} } });

    await isRefused({ unit: "K" }, /allowed values \(C, F\)/);
  });

  it("are checked by the rules of the draft that the schema names", async () => {
    const properties = { list: { type: "array", items: [{ type: "string" }], additionalItems: false } };
    const $schema = "http://json-schema.org/draft-07/schema#";
    bench.register({ schema: { input: { $schema, type: "object", properties }, output: {} } });

    await isRefused({ list: ["a", "b"] }, /must NOT have more than 1 items/);
  });

  it("are checked by draft 2020-12 when none is named", async () => {
    const properties = { list: { type: "array", prefixItems: [{ type: "string" }], items: false } };
    bench.register({ schema: { input: { type: "object", properties }, output: {} } });

    await isRefused({ list: ["a", "b"] }, /must NOT have more than 1 items/);
  });

  it("are not matched with regular expressions of strangers", async () => {
    const evil = "^(a+)+$";
    bench.register({
      schema: {
        input: { type: "object", properties: { text: { type: "string", pattern: evil, format: "email" } } },
        output: {},
      },
    });
    const started = Date.now();

    const reply = await bench.call({ text: `${"a".repeat(40)}!` });

    expect(reply.value["isError"]).to.equal(undefined);
    expect(Date.now() - started).to.be.lessThan(1_000);
  });

  it("follow a changed tool", async () => {
    bench.register({ schema: { input: { n: { type: "integer" } }, output: {} } });
    await isRefused({ n: "five" }, /integer/);

    bench.register({ schema: { input: { n: { type: "string" } }, output: {} } }, 2);
    const reply = await bench.call({ n: "five" });

    expect(reply.value["isError"]).to.equal(undefined);
  });

  for (const [what, args, reason] of [
    ["missing", {}, /is missing; it is part of the address/],
    ["empty", { id: "" }, /must not be empty/],
    ["an object", { id: { a: 1 } }, /must be a string/],
    ["null", { id: null }, /must be a string/],
    ["half a character", { id: "\ud800" }, /not valid Unicode/],
    ["the way up", { id: ".." }, /makes the path go up/],
    ["the way nowhere", { id: "." }, /makes the path go up/],
  ] as const) {
    it(`that are part of the path are refused when ${what}`, async () => {
      bench.register({ path: "/users/{id}/posts" });

      await isRefused(args, reason);
    });
  }

  it("cannot climb by being put together from two", async () => {
    bench.register({ path: "/{a}{b}/x" });

    await isRefused({ a: ".", b: "." }, /makes the path go up/);
  });
});
