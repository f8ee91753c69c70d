import { expect } from "chai";

import type { Cache } from "../../src/cache/cache.ts";

const MINUTE = 60_000;

/** What every cache does, wherever it keeps things. */
export function cacheContract(name: string, open: () => Promise<Cache>): void {
  describe(`Cache: ${name}`, () => {
    let cache: Cache;
    beforeEach(async () => {
      cache = await open();
    });

    const keep = (key: string, text = "sunny", tags: readonly string[] = []): void =>
      cache.set(key, Buffer.from(text), { ttlMs: MINUTE, tags });
    const read = async (key: string): Promise<string | undefined> => (await cache.get(key))?.value.toString();

    it("finds what was kept, and nothing else", async () => {
      keep("berlin");

      expect(await read("berlin")).to.equal("sunny");
      expect(await read("paris")).to.equal(undefined);
    });

    it("says how old a value is and how long it will be kept", async () => {
      keep("berlin");

      const hit = await cache.get("berlin");

      expect(hit?.ageMs).to.be.within(0, 1_000);
      expect(hit?.remainingMs).to.be.within(MINUTE - 1_000, MINUTE);
    });

    it("replaces a value", async () => {
      keep("berlin", "sunny");
      keep("berlin", "rainy");

      expect(await read("berlin")).to.equal("rainy");
    });

    it("does not keep a value without a time to live, and takes an older one along", async () => {
      keep("berlin");
      cache.set("berlin", Buffer.from("rainy"), { ttlMs: 0 });

      expect(await read("berlin")).to.equal(undefined);
    });

    it("keeps every byte, and keys of all kinds", async () => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
      const key = 'caller:one:anna:%20"ä\n*';
      cache.set(key, bytes, { ttlMs: MINUTE });

      expect((await cache.get(key))?.value.equals(bytes)).to.equal(true);
    });

    it("gives an old value only to those who ask for one, and only if it may be old", async () => {
      cache.set("old", Buffer.from("sunny"), { ttlMs: 20, staleMs: MINUTE });
      cache.set("gone", Buffer.from("sunny"), { ttlMs: 20 });
      await new Promise((later) => setTimeout(later, 60));

      expect(await read("old")).to.equal(undefined);
      expect(await read("gone")).to.equal(undefined);
      const stale = cache.stale("old");
      expect(stale?.value.toString()).to.equal("sunny");
      expect(stale?.ageMs).to.be.at.least(40);
      expect(stale?.remainingMs).to.be.lessThan(0);
      expect(cache.stale("gone")).to.equal(undefined);
      expect(cache.stats.stale).to.equal(1);
    });

    it("purges a tag, one entry, or all", async () => {
      keep("a", "1", ["weather", "weather__forecast"]);
      keep("b", "2", ["weather", "weather__alerts"]);
      keep("c", "3", ["news"]);
      keep("d", "4");

      expect(await cache.purge({ tag: "weather__alerts" })).to.equal(1);
      expect(await Promise.all(["a", "b", "c"].map(read))).to.deep.equal(["1", undefined, "3"]);
      expect(await cache.purge({ tag: "weather" })).to.equal(1);
      expect(await cache.purge({ key: "c" })).to.equal(1);
      expect(await cache.purge({ tag: "nobody" })).to.equal(0);
      expect(await cache.purge("all")).to.equal(1);
      expect(await Promise.all(["a", "b", "c", "d"].map(read))).to.deep.equal(Array(4).fill(undefined));
    });

    it("does not keep what was asked for before a purge", async () => {
      const since = cache.generation;
      await cache.purge({ tag: "weather" });

      cache.set("berlin", Buffer.from("outdated"), { ttlMs: MINUTE, since });
      cache.set("paris", Buffer.from("new"), { ttlMs: MINUTE, since: cache.generation });

      expect(await read("berlin")).to.equal(undefined);
      expect(await read("paris")).to.equal("new");
    });

    it("counts hits and misses", async () => {
      keep("berlin");
      await cache.get("berlin");
      await cache.get("paris");

      expect(cache.stats.hits).to.equal(1);
      expect(cache.stats.misses).to.equal(1);
    });
  });
}
