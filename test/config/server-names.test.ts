import { expect } from "chai";
import { assert, property, string, uniqueArray } from "fast-check";

import { allowedName } from "../../src/config/server-names.ts";
import { ServerName } from "../../src/domain/server.ts";

describe("allowedName", () => {
  const none: ReadonlySet<string> = new Set();

  for (const name of ["a", "github", "my-server", "a_b", "0x", "A1-b_c"]) {
    it(`leaves "${name}" as it is`, () => {
      expect(allowedName(name, none)).to.equal(name);
    });
  }

  for (const [name, allowed] of [
    ["my server", "my-server"],
    ["a  b", "a-b"],
    ["a___b", "a_b"],
    ["_private", "private"],
    ["trailing_", "trailing"],
    ["--x--", "x"],
    ["(v2)", "v2"],
    ["naïve café", "naive-cafe"],
    ["🚀", "server"],
    ["", "server"],
    ["a/b/c", "a-b-c"],
  ] as const) {
    it(`makes "${allowed}" of "${name}"`, () => {
      expect(allowedName(name, none)).to.equal(allowed);
    });
  }

  it("puts a number behind a name that is taken", () => {
    expect(allowedName("a", new Set(["a"]))).to.equal("a-2");
    expect(allowedName("a", new Set(["a", "a-2", "a-3"]))).to.equal("a-4");
  });

  it("makes room for the number", () => {
    const long = "x".repeat(32);

    expect(allowedName(long, new Set([long]))).to.equal(`${"x".repeat(30)}-2`);
  });

  it("gives an allowed name of its own to each of any names", () => {
    assert(
      property(uniqueArray(string({ unit: "grapheme", maxLength: 50 }), { maxLength: 12 }), (names) => {
        const given = new Set<string>();
        for (const name of names) {
          const allowed = allowedName(name, given);
          expect(ServerName.safeParse(allowed).success, `${name} → ${allowed}`).to.equal(true);
          expect(given.has(allowed)).to.equal(false);
          given.add(allowed);
        }
      }),
    );
  });
});
