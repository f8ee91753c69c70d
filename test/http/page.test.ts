import { expect } from "chai";
import * as fc from "fast-check";

import { InvalidRequest } from "../../src/domain/errors.ts";
import { page } from "../../src/http/page.ts";

interface Item {
  readonly id: string;
  readonly group: string;
}

const rules = {
  key: ({ id }: Item) => id,
  sorts: { id: ({ id }: Item) => id, group: ({ group }: Item) => group },
  texts: ({ id, group }: Item) => [id, group, undefined],
};
const item = (id: string, group = "g"): Item => ({ id, group });

/** All pages one after the other. */
function walk(items: readonly Item[], limit: number, sort: string): string[] {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const { items: shown, next_cursor } = page(items, { limit, sort, cursor }, rules);
    seen.push(...shown.map(({ id }) => id));
    cursor = next_cursor ?? undefined;
  } while (cursor !== undefined);
  return seen;
}

describe("page", () => {
  it("orders by the first sort when none is asked for", () => {
    expect(page([item("b"), item("a")], { limit: 10 }, rules).items.map(({ id }) => id)).to.deep.equal([
      "a",
      "b",
    ]);
  });

  it("has no cursor after the last item, also when the page is just full", () => {
    expect(page([item("a"), item("b")], { limit: 2 }, rules).next_cursor).to.equal(null);
    expect(page([], { limit: 2 }, rules)).to.deep.equal({ items: [], next_cursor: null });
  });

  it("breaks ties by the key", () => {
    const items = [item("c", "x"), item("a", "x"), item("b", "w")];

    expect(walk(items, 1, "group")).to.deep.equal(["b", "a", "c"]);
    expect(walk(items, 1, "-group")).to.deep.equal(["c", "a", "b"]);
  });

  it("shows every item exactly once, whatever the size of a page", () => {
    const unique = fc.uniqueArray(fc.record({ id: fc.string(), group: fc.string({ maxLength: 2 }) }), {
      selector: ({ id }) => id,
      maxLength: 30,
    });
    fc.assert(
      fc.property(
        unique,
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom("id", "-id", "group", "-group"),
        (items, limit, sort) => {
          const seen = walk(items, limit, sort);
          expect(seen).to.have.length(items.length);
          expect(new Set(seen).size).to.equal(items.length);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("goes on at the right place when items came and went in between", () => {
    const { next_cursor } = page([item("b"), item("d"), item("f")], { limit: 2 }, rules);

    const next = page([item("a"), item("e"), item("f")], { limit: 2, cursor: next_cursor ?? "" }, rules);

    expect(next.items.map(({ id }) => id)).to.deep.equal(["e", "f"]);
  });

  it("finds text in any case, anywhere in what the list looks at", () => {
    const items = [item("Alpha", "one"), item("beta", "TWO")];

    expect(page(items, { limit: 5, q: "aLPH" }, rules).items).to.have.length(1);
    expect(page(items, { limit: 5, q: "two" }, rules).items).to.deep.equal([items[1]]);
    expect(page(items, { limit: 5, q: "none" }, rules).items).to.deep.equal([]);
  });

  for (const cursor of ["", "abc", "bnVsbA", Buffer.from('{"sort":"id"}').toString("base64url")]) {
    it(`refuses the cursor ${JSON.stringify(cursor)}`, () => {
      expect(() => page([item("a")], { limit: 1, cursor }, rules)).to.throw(InvalidRequest, /cursor/);
    });
  }

  it("refuses a cursor of another order", () => {
    const { next_cursor } = page([item("a"), item("b")], { limit: 1, sort: "id" }, rules);

    expect(() => page([item("a")], { limit: 1, sort: "-id", cursor: next_cursor ?? "" }, rules)).to.throw(
      InvalidRequest,
    );
  });
});
