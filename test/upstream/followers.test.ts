import { expect } from "chai";
import { array, assert, boolean, constantFrom, property, record } from "fast-check";

import { Followers } from "../../src/upstream/followers.ts";

describe("Followers", () => {
  let followers: Followers;

  beforeEach(() => {
    followers = new Followers();
  });

  it("knows who follows what", () => {
    followers.add("a://1", "anna");
    followers.add("a://1", "ben");
    followers.add("a://2", "anna");

    expect(followers.uris).to.deep.equal(["a://1", "a://2"]);
    expect(followers.scopesOf("a://1")).to.deep.equal(["anna", "ben"]);
    expect(followers.scopesOf("a://3")).to.deep.equal([]);
    expect(followers.has("a://2")).to.equal(true);
    expect(followers.has("a://2", "ben")).to.equal(false);
    expect(followers.isEmpty).to.equal(false);
  });

  it("ends when the last one has gone, and not before", () => {
    followers.add("a://1", "anna");
    followers.add("a://1", "ben");

    expect(followers.remove("a://1", "anna")).to.equal(false);
    expect(followers.scopesOf("a://1")).to.deep.equal(["ben"]);
    expect(followers.remove("a://1", "ben")).to.equal(true);
    expect(followers.isEmpty).to.equal(true);
  });

  it("counts a scope that follows the same resource several times", () => {
    followers.add("a://1", "anna");
    followers.add("a://1", "anna");

    expect(followers.scopesOf("a://1")).to.deep.equal(["anna"]);
    expect(followers.remove("a://1", "anna")).to.equal(false);
    expect(followers.has("a://1", "anna")).to.equal(true);
    expect(followers.remove("a://1", "anna")).to.equal(true);
  });

  it("takes it calmly when somebody stops who never began", () => {
    followers.add("a://1", "anna");

    expect(followers.remove("a://1", "ben")).to.equal(false);
    expect(followers.remove("a://2", "anna")).to.equal(false);
    expect(followers.scopesOf("a://1")).to.deep.equal(["anna"]);
  });

  it("forgets a scope at once, and tells what nobody follows any more", () => {
    followers.add("a://1", "anna");
    followers.add("a://1", "anna");
    followers.add("a://2", "anna");
    followers.add("a://2", "ben");

    expect(followers.removeScope("anna")).to.deep.equal(["a://1"]);
    expect(followers.uris).to.deep.equal(["a://2"]);
    expect(followers.removeScope("anna")).to.deep.equal([]);
  });

  describe("matching a notification", () => {
    const TABLE: readonly [followed: string[], notified: string, match: string | undefined, why: string][] = [
      [["a://x"], "a://x", "a://x", "the very resource"],
      [["a://x"], "a://x/y/z", "a://x", "a part of it"],
      [["a://x/"], "a://x/y", "a://x/", "a part of a folder"],
      [["a://x"], "a://xy", undefined, "a neighbour whose name begins alike"],
      [["a://x/y"], "a://x", undefined, "its parent"],
      [["a://x", "a://x/y"], "a://x/y/z", "a://x/y", "the longest one"],
      [["a://x/y", "a://x"], "a://x/y/z", "a://x/y", "the longest one, in any order"],
      [["a://x", "a://x/y"], "a://x/y", "a://x/y", "the very one before its parent"],
      [["a:"], "a:/x", "a:", "up to a slash"],
      [[], "a://x", undefined, "nothing when nothing is followed"],
    ];

    for (const [followed, notified, match, why] of TABLE) {
      it(`finds ${why}`, () => {
        for (const uri of followed) followers.add(uri, "anna");

        expect(followers.match(notified)).to.equal(match);
      });
    }

    it("does not take long for a long URI full of slashes", () => {
      followers.add("a://x", "anna");
      const started = performance.now();

      expect(followers.match(`a://x${"/".repeat(1_000_000)}`)).to.equal("a://x");

      expect(performance.now() - started).to.be.below(200);
    });
  });

  it("agrees with plain counting, whatever the order of things", () => {
    const step = record({
      add: boolean(),
      uri: constantFrom("a://1", "a://2", "a://1/b"),
      scope: constantFrom("anna", "ben", "anna "),
    });
    assert(
      property(array(step, { maxLength: 60 }), (steps) => {
        const book = new Followers();
        const counts = new Map<string, number>();
        const total = (uri: string) =>
          [...counts].filter(([key]) => key.startsWith(`${uri}|`)).reduce((sum, [, n]) => sum + n, 0);
        for (const { add, uri, scope } of steps) {
          const key = `${uri}|${scope}`;
          const before = counts.get(key) ?? 0;
          counts.set(key, add ? before + 1 : Math.max(0, before - 1));
          if (add) book.add(uri, scope);
          else expect(book.remove(uri, scope)).to.equal(before > 0 && total(uri) === 0);
          expect(book.has(uri)).to.equal(total(uri) > 0);
        }
        expect(book.isEmpty).to.equal([...counts.values()].every((n) => n === 0));
      }),
    );
  });
});
