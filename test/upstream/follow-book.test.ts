import { expect } from "chai";

import { FollowBook } from "../../src/upstream/follow-book.ts";
import type { Caller } from "../../src/upstream/sharing.ts";
import { askable } from "./talking-child.ts";

const anna: Caller = { scope: "anna", era: "2025" };
const ben: Caller = { scope: "ben", era: "2025" };

describe("FollowBook", () => {
  let book: FollowBook;

  beforeEach(() => {
    book = new FollowBook();
  });

  it("knows what is followed on a server, by whom and how often", () => {
    book.add("up", "a://1", anna);
    book.add("up", "a://1", anna);
    book.add("up", "a://2", ben);
    book.add("other", "a://1", ben);

    expect(book.of("up")).to.deep.equal([
      { uri: "a://1", who: anna, count: 2 },
      { uri: "a://2", who: ben, count: 1 },
    ]);
    expect(book.countOf("up", "a://1", anna)).to.equal(2);
    expect(book.countOf("up", "a://1", ben)).to.equal(0);
    expect(book.of("nobody")).to.deep.equal([]);
  });

  it("keeps clients of one scope apart that can do different things", () => {
    book.add("up", "a://1", anna);
    book.add("up", "a://1", { ...anna, envelope: askable("anna") });

    expect(book.of("up")).to.have.length(2);
    expect(book.countOf("up", "a://1", { ...anna, envelope: askable("anna") })).to.equal(1);
  });

  it("forgets one at a time", () => {
    book.add("up", "a://1", anna);
    book.add("up", "a://1", anna);

    book.remove("up", "a://1", anna);
    expect(book.countOf("up", "a://1", anna)).to.equal(1);
    book.remove("up", "a://1", anna);
    book.remove("up", "a://1", anna);
    book.remove("nobody", "a://1", anna);

    expect(book.of("up")).to.deep.equal([]);
    book.add("up", "a://1", anna);
    expect(book.countOf("up", "a://1", anna)).to.equal(1);
  });

  it("forgets all of a scope at once, on all servers", () => {
    book.add("up", "a://1", anna);
    book.add("up", "a://1", ben);
    book.add("other", "a://1", anna);

    book.release("anna");

    expect(book.of("up").map(({ who }) => who)).to.deep.equal([ben]);
    expect(book.of("other")).to.deep.equal([]);
  });
});
