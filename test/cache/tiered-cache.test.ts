import { expect } from "chai";

import { type PurgeFilter, type TieredCache, createTieredCache } from "../../src/cache/cache.ts";
import type { RedisLink } from "../../src/redis/redis.ts";
import { until } from "../support/child-processes.ts";
import { RedisServer, hasRedis, newPrefix, openLink } from "../support/redis.ts";

const MINUTE = 60_000;

interface Replica {
  readonly cache: TieredCache;
  readonly link: RedisLink;
  readonly announced: PurgeFilter[];
}

if (hasRedis()) {
  describe("TieredCache", function () {
    this.timeout(20_000);
    let server: RedisServer;
    let prefix: string;
    const open: RedisLink[] = [];

    before(async () => {
      server = await RedisServer.create();
    });
    after(() => server.remove());
    beforeEach(() => {
      prefix = newPrefix();
    });
    afterEach(() => {
      for (const link of open.splice(0)) link.close();
    });

    async function replica(sizes = {}): Promise<Replica> {
      const link = await openLink(server.url, prefix);
      open.push(link);
      const announced: PurgeFilter[] = [];
      const announce = (filter: PurgeFilter): void => void announced.push(filter);
      const cache = createTieredCache({ maxEntries: 100, maxBytes: 1e6, link, announce, ...sizes });
      return { cache, link, announced };
    }

    const keep = ({ cache }: Replica, key: string, text = "sunny", tags: readonly string[] = ["weather"]) =>
      cache.set(key, Buffer.from(text), { ttlMs: MINUTE, tags });
    const read = async ({ cache }: Replica, key: string) => (await cache.get(key))?.value.toString();
    const keys = async ({ link }: Replica) =>
      ((await link.ask((redis) => redis.keys(`${prefix}*`))) ?? []).filter((key) => !key.endsWith("probe"));

    it("answers at once what is in memory, and asks Redis for nothing then", async () => {
      const one = await replica();
      keep(one, "berlin");

      const hit = one.cache.get("berlin");

      expect(hit).to.not.be.instanceOf(Promise);
      expect(one.cache.stats.shared).to.include({ hits: 0, misses: 0 });
    });

    it("shows one replica what another has kept, with its age, and then from memory", async () => {
      const [one, two] = [await replica(), await replica()];
      keep(one, "berlin");
      await until("it is there", async () => (await read(two, "berlin")) === "sunny");

      const hit = two.cache.get("berlin");

      expect(hit).to.not.be.instanceOf(Promise);
      expect(two.cache.stats.shared).to.include({ hits: 1, isUp: true });
      expect(two.cache.stats.shared?.bytesRead).to.be.greaterThan(5);
      expect(one.cache.stats.shared?.bytesWritten).to.be.greaterThan(5);
    });

    it("does not make a value younger on its way", async () => {
      const [one, two] = [await replica(), await replica()];
      one.cache.set("berlin", Buffer.from("sunny"), { ttlMs: 400 });
      await new Promise((later) => setTimeout(later, 200));
      const hit = await two.cache.get("berlin");
      await new Promise((later) => setTimeout(later, 250));

      expect(hit?.ageMs).to.be.at.least(190);
      expect(hit?.remainingMs).to.be.at.most(210);
      expect(await read(two, "berlin")).to.equal(undefined);
    });

    it("brings an old value from another replica for those who may have one", async () => {
      const [one, two] = [await replica(), await replica()];
      one.cache.set("berlin", Buffer.from("sunny"), { ttlMs: 20, staleMs: MINUTE });
      await new Promise((later) => setTimeout(later, 80));

      expect(await read(two, "berlin")).to.equal(undefined);
      expect(two.cache.stale("berlin")?.value.toString()).to.equal("sunny");
    });

    it("purges for all replicas, and tells them after it is gone from Redis", async () => {
      const [one, two] = [await replica(), await replica()];
      keep(one, "a", "1", ["weather", "weather__forecast"]);
      keep(one, "b", "2", ["news"]);
      await until(
        "both are there",
        async () => (await read(two, "a")) === "1" && (await read(two, "b")) === "2",
      );

      const count = await two.cache.purge({ tag: "weather__forecast" });
      for (const filter of two.announced) one.cache.forget(filter);

      expect(count).to.equal(1);
      expect(two.announced).to.deep.equal([{ tag: "weather__forecast" }]);
      for (const each of [one, two]) {
        expect(await read(each, "a")).to.equal(undefined);
        expect(await read(each, "b")).to.equal("2");
      }
    });

    it("counts what it purges in Redis, also more than a batch and what is not in its own memory", async () => {
      const [one, two] = [await replica({ maxEntries: 10 }), await replica()];
      for (let n = 0; n < 1_200; n++) keep(one, `key ${n}`);
      await until("all are there", async () => (await keys(two)).length >= 1_202);

      expect(await two.cache.purge({ tag: "weather" })).to.equal(1_200);
      expect(await keys(two)).to.deep.equal([`${prefix}cache1:t:*`]);
      expect(await two.cache.purge("all")).to.equal(0);
      expect(await keys(two)).to.deep.equal([]);
    });

    it("touches no key of others, and shares none with another prefix", async () => {
      const one = await replica();
      keep(one, "a");
      await one.link.ask((redis) => redis.set("somebody else's", "1"));
      prefix = newPrefix();
      const stranger = await replica();

      expect(await read(stranger, "a")).to.equal(undefined);
      await stranger.cache.purge("all");
      expect(await one.link.ask((redis) => redis.get("somebody else's"))).to.equal("1");
      expect(await keys(one)).to.not.equal(undefined);
      await one.link.ask((redis) => redis.del("somebody else's"));
    });

    it("leaves nothing behind when the time of all entries is over", async () => {
      const one = await replica();
      one.cache.set("a", Buffer.from("1"), { ttlMs: 80, tags: ["weather"] });
      await until("it is there", async () => (await keys(one)).length === 3);

      await until("all is gone", async () => (await keys(one)).length === 0);
    });

    it("sweeps from its tags what has ended, so that they do not grow", async () => {
      const one = await replica();
      for (let n = 0; n < 20; n++)
        one.cache.set(`short ${n}`, Buffer.from("1"), { ttlMs: 30, tags: ["weather"] });
      await new Promise((later) => setTimeout(later, 80));
      keep(one, "long");
      const size = () => one.link.ask((redis) => redis.zcard(`${prefix}cache1:t:weather`));

      await until("they are swept", async () => (await size()) === 1);
    });

    it("does not bring back from Redis what is purged while it is on its way", async () => {
      const [one, two] = [await replica(), await replica()];
      keep(one, "berlin");
      await until("it is there", async () => (await keys(one)).length === 3);

      const onItsWay = two.cache.get("berlin");
      two.cache.forget({ tag: "weather" });

      expect(await onItsWay).to.equal(undefined);
      expect(two.cache.stats.entries).to.equal(0);
    });

    it("takes a foreign value under its key for none", async () => {
      const one = await replica();
      await one.link.ask((redis) => redis.set(`${prefix}cache1:v:berlin`, "garbage"));

      expect(await read(one, "berlin")).to.equal(undefined);
    });

    it("works from memory at once while Redis is away, and says so", async () => {
      const one = await replica();
      keep(one, "berlin");
      await server.stop();
      await until("the loss is noticed", () => one.cache.stats.shared?.isUp === false);

      keep(one, "paris");
      const hits = ["berlin", "paris", "rome"].map((key) => one.cache.get(key));
      await server.start();
      await until("it is used again", () => one.cache.stats.shared?.isUp === true);

      expect(hits.map((hit) => (hit instanceof Promise ? "late" : hit?.value.toString()))).to.deep.equal([
        "sunny",
        "sunny",
        undefined,
      ]);
    });

    it("purges from Redis later what it could not purge while Redis hung", async () => {
      const [one, two] = [await replica(), await replica()];
      keep(one, "berlin");
      await until("it is there", async () => (await keys(one)).length === 3);
      server.freeze();

      const count = await one.cache.purge({ tag: "weather" });
      const duringOutage = await read(one, "berlin");
      server.thaw();
      await until("it is used again", () => one.cache.stats.shared?.isUp === true);
      await until("the other is used again", () => two.link.isUp);

      expect(count).to.equal(1);
      expect(duringOutage).to.equal(undefined);
      expect(await read(one, "berlin")).to.equal(undefined);
      expect(await read(two, "berlin")).to.equal(undefined);
    });
  });
}
