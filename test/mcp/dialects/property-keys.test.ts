import { expect } from "chai";
import * as fc from "fast-check";

import type { JsonObject } from "../../../src/domain/json.ts";
import { renameKeys, restoreKeys } from "../../../src/mcp/dialects/property-keys.ts";

const RULE = { allowed: /^[a-zA-Z0-9_.-]{1,64}$/, refused: /[^a-zA-Z0-9_.-]/g };
const withProperties = (...names: readonly string[]): JsonObject => ({
  type: "object",
  properties: Object.fromEntries(names.map((name) => [name, { title: name }])),
});

describe("renameKeys", () => {
  it("leaves good names and their schema alone", () => {
    const schema = withProperties("a", "b.c", "d-e_f");

    expect(renameKeys(schema, RULE)).to.deep.equal({ schema });
    expect(renameKeys(schema, RULE).schema).to.equal(schema);
  });

  it("replaces what is refused, where it is listed and where it is named", () => {
    const schema = {
      ...withProperties("a b", "c"),
      required: ["c", "a b"],
      dependentRequired: { "a b": ["c"], c: ["a b"] },
    };

    expect(renameKeys(schema, RULE).schema).to.deep.equal({
      type: "object",
      properties: { a_b: { title: "a b" }, c: { title: "c" } },
      required: ["c", "a_b"],
      dependentRequired: { a_b: ["c"], c: ["a_b"] },
    });
  });

  it("takes no name that another argument has", () => {
    const { schema } = renameKeys(withProperties("a b", "a_b", "a/b"), RULE);
    const names = Object.keys(schema["properties"] as JsonObject);

    expect(names[1]).to.equal("a_b");
    expect(new Set(names).size).to.equal(3);
  });

  it("cuts a long name and tells it from its neighbour by a hash", () => {
    const long = "x".repeat(70);
    const { schema, keys } = renameKeys(withProperties(`${long}1`, `${long}2`), RULE);
    const names = Object.keys(schema["properties"] as JsonObject);

    for (const name of names) expect(name).to.match(/^x{55}_[0-9a-f]{8}$/);
    expect(names.map((name) => keys?.get(name))).to.deep.equal([`${long}1`, `${long}2`]);
  });

  it("gives every name back, whatever the names are", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ maxLength: 80 }), { maxLength: 12 }), (names) => {
        const schema = withProperties(...names);
        const { schema: written, keys = new Map<string, string>() } = renameKeys(schema, RULE);
        const shown = Object.keys(written["properties"] as JsonObject);
        for (const name of shown) expect(name).to.match(RULE.allowed);

        const args = Object.fromEntries(shown.map((name) => [name, name]));
        const restored = restoreKeys(args, keys);

        expect(Object.keys(restored)).to.have.members(Object.keys(schema["properties"] as JsonObject));
      }),
    );
  });
});

describe("restoreKeys", () => {
  it("leaves names alone that it did not give out", () => {
    const keys = new Map([["a_b", "a b"]]);

    expect(restoreKeys({ a_b: 1, c: 2, "a b": 3 }, keys)).to.deep.equal({ "a b": 3, c: 2 });
  });

  it("looks at the arguments themselves, not into them", () => {
    expect(restoreKeys({ x: { a_b: 1 } }, new Map([["a_b", "a b"]]))).to.deep.equal({ x: { a_b: 1 } });
  });
});
