import { expect } from "chai";
import * as fc from "fast-check";

import { type CacheOptions, type MemoryCache, createCache } from "../../src/cache/cache.ts";

const MINUTE = 60_000;

function keep(cache: MemoryCache, key: string, text = "sunny", tags: readonly string[] = []): void {
  cache.set(key, Buffer.from(text), { ttlMs: MINUTE, tags });
}

function read(cache: MemoryCache, key: string): string | undefined {
  return cache.get(key)?.value.toString();
}

describe("cache", () => {
  let now: number;
  beforeEach(() => {
    now = 1_000;
  });

  function cacheWith(options: Partial<CacheOptions> = {}): MemoryCache {
    return createCache({ maxEntries: 100, maxBytes: 1024 * 1024, now: () => now, ...options });
  }

  describe("an entry", () => {
    it("is found again", () => {
      const cache = cacheWith();

      keep(cache, "berlin");

      expect(read(cache, "berlin")).to.equal("sunny");
      expect(read(cache, "paris")).to.equal(undefined);
    });

    it("says how old it is and how long it will be kept", () => {
      const cache = cacheWith();
      keep(cache, "berlin");

      now += 20_000;
      const hit = cache.get("berlin");

      expect(hit?.ageMs).to.equal(20_000);
      expect(hit?.remainingMs).to.equal(40_000);
    });

    it("is gone after its time", () => {
      const cache = cacheWith();
      keep(cache, "berlin");

      now += MINUTE;
      expect(read(cache, "berlin")).to.equal("sunny");
      now += 1;

      expect(read(cache, "berlin")).to.equal(undefined);
      expect(cache.stats.entries).to.equal(0);
    });

    it("lives no longer for being read", () => {
      const cache = cacheWith();
      keep(cache, "berlin");

      for (let n = 0; n < 10; n++) {
        now += 6_001;
        cache.get("berlin");
      }

      expect(read(cache, "berlin")).to.equal(undefined);
    });

    it("is replaced by a newer one, with its own time and tags", () => {
      const cache = cacheWith();
      keep(cache, "berlin", "sunny", ["old"]);
      now += 50_000;

      keep(cache, "berlin", "rainy", ["new"]);
      now += 50_000;

      expect(cache.purge({ tag: "old" })).to.equal(0);
      expect(read(cache, "berlin")).to.equal("rainy");
      expect(cache.stats.entries).to.equal(1);
    });

    it("is not kept without a time to live, and takes an older one along", () => {
      const cache = cacheWith();
      keep(cache, "berlin");

      cache.set("berlin", Buffer.from("rainy"), { ttlMs: 0 });
      cache.set("paris", Buffer.from("rainy"), { ttlMs: -5 });

      expect(read(cache, "berlin")).to.equal(undefined);
      expect(cache.stats.entries).to.equal(0);
    });

    it("does not change when its source does", () => {
      const cache = cacheWith();
      const source = Buffer.from("sunny");

      cache.set("berlin", source, { ttlMs: MINUTE });
      source.fill("x");

      expect(read(cache, "berlin")).to.equal("sunny");
    });

    it("does not keep the large buffer that it was cut from", () => {
      const cache = cacheWith();
      const large = Buffer.alloc(512 * 1024, "x");

      cache.set("slice", large.subarray(10, 20), { ttlMs: MINUTE });

      expect(cache.get("slice")?.value.buffer.byteLength).to.equal(10);
    });

    it("may be empty", () => {
      const cache = cacheWith();

      keep(cache, "nothing", "");

      expect(read(cache, "nothing")).to.equal("");
    });

    it("keeps every byte", () => {
      const cache = cacheWith();
      fc.assert(
        fc.property(fc.string(), fc.uint8Array({ maxLength: 2_000 }), (key, bytes) => {
          cache.set(key, Buffer.from(bytes), { ttlMs: MINUTE });
          expect(cache.get(key)?.value.equals(bytes)).to.equal(true);
        }),
      );
    });
  });

  describe("when it is full", () => {
    it("drops what was not used for the longest time", () => {
      const cache = cacheWith({ maxEntries: 3 });
      for (const key of ["a", "b", "c"]) keep(cache, key);
      cache.get("a");

      keep(cache, "d");

      expect(["a", "b", "c", "d"].map((key) => read(cache, key) !== undefined)).to.deep.equal([
        true,
        false,
        true,
        true,
      ]);
      expect(cache.stats.evictions).to.equal(1);
    });

    it("never holds more bytes than it may", () => {
      const cache = cacheWith({ maxBytes: 100_000, maxEntries: 10_000 });
      for (let n = 0; n < 1_000; n++) {
        keep(cache, `key ${n}`, "x".repeat((n * 7) % 3_000));
        expect(cache.stats.bytes).to.be.at.most(100_000);
      }

      expect(cache.stats.evictions).to.be.greaterThan(800);
    });

    it("counts keys and a share for itself, so that many tiny entries do not outgrow it", () => {
      const cache = cacheWith({ maxBytes: 10_000, maxEntries: 10_000 });

      for (let n = 0; n < 1_000; n++) keep(cache, `key ${n}`, "");

      expect(cache.stats.entries).to.be.lessThan(40);
    });

    it("does not keep an entry that would push out most of the others", () => {
      const cache = cacheWith({ maxBytes: 160_000 });
      keep(cache, "small");

      keep(cache, "large", "x".repeat(10_000));

      expect(read(cache, "large")).to.equal(undefined);
      expect(read(cache, "small")).to.equal("sunny");
    });

    it("forgets the old value when the new one is too large", () => {
      const cache = cacheWith({ maxEntryBytes: 1_000 });
      keep(cache, "berlin", "sunny", ["weather"]);

      keep(cache, "berlin", "x".repeat(2_000), ["weather"]);

      expect(read(cache, "berlin")).to.equal(undefined);
      expect(cache.purge({ tag: "weather" })).to.equal(0);
    });

    for (const options of [{ maxEntries: 0 }, { maxBytes: 0 }]) {
      it(`keeps nothing with ${JSON.stringify(options)}`, () => {
        const cache = cacheWith(options);

        keep(cache, "berlin");

        expect(read(cache, "berlin")).to.equal(undefined);
      });
    }
  });

  describe("purging", () => {
    it("removes all entries of a tag and no others", () => {
      const cache = cacheWith();
      keep(cache, "a", "1", ["weather", "weather/forecast"]);
      keep(cache, "b", "2", ["weather", "weather/alerts"]);
      keep(cache, "c", "3", ["news"]);

      expect(cache.purge({ tag: "weather" })).to.equal(2);

      expect(["a", "b", "c"].map((key) => read(cache, key))).to.deep.equal([undefined, undefined, "3"]);
    });

    it("removes the entries of one tool", () => {
      const cache = cacheWith();
      keep(cache, "a", "1", ["weather", "weather/forecast"]);
      keep(cache, "b", "2", ["weather", "weather/alerts"]);

      expect(cache.purge({ tag: "weather/alerts" })).to.equal(1);
      expect(cache.purge({ tag: "weather" })).to.equal(1);
    });

    it("removes one entry", () => {
      const cache = cacheWith();
      keep(cache, "a");
      keep(cache, "b");

      expect(cache.purge({ key: "a" })).to.equal(1);
      expect(cache.purge({ key: "a" })).to.equal(0);

      expect(read(cache, "b")).to.equal("sunny");
    });

    it("removes everything", () => {
      const cache = cacheWith();
      keep(cache, "a", "1", ["weather"]);
      keep(cache, "b");

      expect(cache.purge("all")).to.equal(2);

      expect(cache.stats).to.include({ entries: 0, bytes: 0 });
      expect(cache.purge({ tag: "weather" })).to.equal(0);
    });

    it("finds nothing under an unknown tag", () => {
      expect(cacheWith().purge({ tag: "nobody" })).to.equal(0);
    });

    it("knows only the tags of entries that are still there", () => {
      const cache = cacheWith({ maxEntries: 5 });
      for (let n = 0; n < 50; n++) keep(cache, `key ${n}`, "x", ["weather"]);

      expect(cache.purge({ tag: "weather" })).to.equal(5);
    });
  });

  describe("its figures", () => {
    it("count hits and misses, a stale entry as a miss", () => {
      const cache = cacheWith();
      keep(cache, "berlin");
      cache.get("berlin");
      cache.get("paris");
      now += 2 * MINUTE;
      cache.get("berlin");

      expect(cache.stats).to.include({ hits: 1, misses: 2 });
    });

    it("do not count a purge, a replacement or old age as an eviction", () => {
      const cache = cacheWith();
      keep(cache, "a");
      keep(cache, "a");
      cache.purge("all");
      keep(cache, "b");
      now += 2 * MINUTE;
      cache.get("b");

      expect(cache.stats.evictions).to.equal(0);
    });
  });

  it("keeps no timer, so that it never holds a process back", () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const cache = createCache({ maxEntries: 10, maxBytes: 10_000_000 });

    cache.set("berlin", Buffer.from("sunny"), { ttlMs: MINUTE });
    cache.get("berlin");

    expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).to.equal(before);
    expect(read(cache, "berlin")).to.equal("sunny");
  });
});
