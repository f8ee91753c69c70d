import { expect } from "chai";
import * as fc from "fast-check";

import type { JsonObject } from "../../src/domain/json.ts";
import {
  decodeHeaderValue,
  encodeHeaderValue,
  nameOf,
  paramHeaderValues,
  badParamHeader,
  paramHeaders,
} from "../../src/wire/mcp-headers.ts";

describe("encodeHeaderValue", () => {
  it("leaves plain values as they are", () => {
    for (const value of ["get_weather", "file:///a b", "a\tb", "~!#", "0"])
      expect(encodeHeaderValue(value)).to.equal(value);
  });

  it("wraps what a header cannot carry", () => {
    expect(encodeHeaderValue("Grüße")).to.equal("=?base64?R3LDvMOfZQ==?=");
    expect(encodeHeaderValue("")).to.equal("=?base64??=");
    expect(encodeHeaderValue(" a")).to.match(/^=\?base64\?/);
    expect(encodeHeaderValue("a\r\nset-cookie: x")).to.match(/^=\?base64\?[A-Za-z0-9+/=]*\?=$/);
  });

  it("wraps a value that looks wrapped, so that nobody unwraps too much", () => {
    const value = "=?base64?aGk=?=";

    expect(decodeHeaderValue(encodeHeaderValue(value))).to.equal(value);
    expect(encodeHeaderValue(value)).not.to.equal(value);
  });

  it("is undone by decodeHeaderValue for every text, and always fits into a header", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => {
        const encoded = encodeHeaderValue(value);

        expect(encoded).to.match(/^[\x20-\x7e\t]+$/);
        expect(encoded).to.equal(encoded.trim());
        expect(decodeHeaderValue(encoded)).to.equal(value);
      }),
    );
  });
});

describe("decodeHeaderValue", () => {
  it("takes plain values as they are", () => {
    expect(decodeHeaderValue("plain")).to.equal("plain");
    expect(decodeHeaderValue("=?base64?")).to.equal("=?base64?");
    expect(decodeHeaderValue("=?base64?=")).to.equal("=?base64?=");
  });

  it("refuses Base64 that is not canonical, and bytes that are no UTF-8", () => {
    for (const base64 of ["aGk", "aGk=\n", "!!!!", "aGk==", "_-8=", "/w=="]) {
      expect(decodeHeaderValue(`=?base64?${base64}?=`)).to.equal(undefined);
    }
  });
});

describe("nameOf", () => {
  it("is the member that a method's header repeats", () => {
    expect(nameOf("tools/call", { name: "a", uri: "b" })).to.equal("a");
    expect(nameOf("prompts/get", { name: "p" })).to.equal("p");
    expect(nameOf("resources/read", { name: "a", uri: "b" })).to.equal("b");
    expect(nameOf("tasks/get", { taskId: "t" })).to.equal("t");
  });

  it("is nothing for other methods, and for members of another type", () => {
    expect(nameOf("tools/list", { name: "a" })).to.equal(undefined);
    expect(nameOf("constructor", { name: "a" })).to.equal(undefined);
    expect(nameOf("tools/call", { name: 5 })).to.equal(undefined);
  });
});

describe("paramHeaders", () => {
  const schema: JsonObject = {
    type: "object",
    properties: {
      region: { type: "string", "x-mcp-header": "Region" },
      plain: { type: "string" },
      filter: {
        type: "object",
        properties: {
          limit: { type: "integer", "x-mcp-header": "Limit" },
          on: { type: "boolean", "x-mcp-header": "On" },
        },
      },
    },
  };

  it("finds the marks, however deep", () => {
    expect(paramHeaders(schema)).to.deep.equal([
      { header: "mcp-param-region", path: ["region"] },
      { header: "mcp-param-limit", path: ["filter", "limit"] },
      { header: "mcp-param-on", path: ["filter", "on"] },
    ]);
  });

  it("skips marks that are not allowed", () => {
    const properties: JsonObject = {
      space: { type: "string", "x-mcp-header": "a b" },
      injected: { type: "string", "x-mcp-header": "a\r\nb: c" },
      empty: { type: "string", "x-mcp-header": "" },
      number: { type: "string", "x-mcp-header": 5 },
      list: { type: "array", "x-mcp-header": "List" },
      typeless: { "x-mcp-header": "Typeless" },
      items: { type: "array", items: { type: "string", "x-mcp-header": "Item" } },
      any: { anyOf: [{ type: "string", "x-mcp-header": "Any" }] },
      first: { type: "string", "x-mcp-header": "Twice" },
      second: { type: "string", "x-mcp-header": "TWICE" },
    };

    expect(paramHeaders({ properties })).to.deep.equal([{ header: "mcp-param-twice", path: ["first"] }]);
  });

  it("takes no mark from the schema itself, and survives schemas of any shape", () => {
    expect(paramHeaders({ type: "string", "x-mcp-header": "Root" })).to.deep.equal([]);
    expect(paramHeaders({ properties: [] })).to.deep.equal([]);
    expect(paramHeaders({ properties: { a: null, b: 5 } })).to.deep.equal([]);
  });

  it("does not follow a schema without end", () => {
    let deep: JsonObject = { type: "string", "x-mcp-header": "Deep" };
    for (let i = 0; i < 10_000; i++) deep = { properties: { a: deep } };

    expect(paramHeaders(deep)).to.deep.equal([]);
  });

  it("gives the encoded value of each argument", () => {
    const args = { region: "Zürich", filter: { limit: 5, on: false } };

    expect(paramHeaderValues(paramHeaders(schema), args)).to.deep.equal({
      "mcp-param-region": encodeHeaderValue("Zürich"),
      "mcp-param-limit": "5",
      "mcp-param-on": "false",
    });
  });

  it("gives nothing for arguments that are absent, null or of another kind", () => {
    const marks = paramHeaders(schema);

    expect(paramHeaderValues(marks, {})).to.deep.equal({});
    expect(paramHeaderValues(marks, { region: null, filter: "x" })).to.deep.equal({});
    expect(paramHeaderValues(marks, { region: ["a"], filter: { limit: 2 ** 60 } })).to.deep.equal({});
    expect(paramHeaderValues([{ header: "mcp-param-x", path: ["toString"] }], {})).to.deep.equal({});
  });
});

describe("badParamHeader", () => {
  const inside = (properties: Record<string, unknown>): string | undefined =>
    badParamHeader({ type: "object", properties } as JsonObject);

  it("has nothing against marks that a header can carry", () => {
    expect(
      inside({
        a: { type: "string", "x-mcp-header": "Region" },
        b: { type: "object", properties: { c: { type: "boolean", "x-mcp-header": "Deep" } } },
        d: { type: "integer" },
      }),
    ).to.equal(undefined);
  });

  for (const [what, properties] of [
    ["an empty name", { a: { type: "string", "x-mcp-header": "" } }],
    ["a name with a blank", { a: { type: "string", "x-mcp-header": "My Region" } }],
    ["a name with a colon", { a: { type: "string", "x-mcp-header": "a:b" } }],
    ["a name that is no text", { a: { type: "string", "x-mcp-header": 5 } }],
    ["a list", { a: { type: "array", "x-mcp-header": "A" } }],
    ["an object", { a: { type: "object", "x-mcp-header": "A" } }],
    ["a number with a fraction", { a: { type: "number", "x-mcp-header": "A" } }],
    ["nothing", { a: { type: "null", "x-mcp-header": "A" } }],
    ["a parameter without a type", { a: { "x-mcp-header": "A" } }],
    [
      "two names that differ in case only",
      { a: { type: "string", "x-mcp-header": "A" }, b: { type: "string", "x-mcp-header": "a" } },
    ],
    ["one deep inside", { o: { type: "object", properties: { a: { type: "array", "x-mcp-header": "A" } } } }],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(inside(properties)).to.contain("x-mcp-header");
    });
  }
});
