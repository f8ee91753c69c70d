import { expect } from "chai";

import type { CacheHit, Turn } from "../../src/cache/cache.ts";
import { type TieredCache, createTieredCache } from "../../src/cache/cache.ts";
import type { RedisLink } from "../../src/redis/redis.ts";
import { until } from "../support/child-processes.ts";
import { RedisServer, hasRedis, newPrefix, openLink } from "../support/redis.ts";

const LOCK_MS = 300;
const isTurn = (entered: CacheHit | Turn | undefined): entered is Turn =>
  entered !== undefined && "end" in entered;
const textOf = (entered: CacheHit | Turn | undefined): string | undefined =>
  entered !== undefined && "value" in entered ? entered.value.toString() : undefined;

if (hasRedis()) {
  describe("FleetTurns", function () {
    this.timeout(20_000);
    let server: RedisServer;
    let one: TieredCache;
    let two: TieredCache;
    let links: RedisLink[];

    before(async () => {
      server = await RedisServer.create();
    });
    after(() => server.remove());
    beforeEach(async () => {
      const prefix = newPrefix();
      links = [];
      [one, two] = await Promise.all([replica(prefix), replica(prefix)]);
    });
    afterEach(() => {
      for (const link of links) link.close();
    });

    async function replica(prefix: string): Promise<TieredCache> {
      const link = await openLink(server.url, prefix);
      links.push(link);
      return createTieredCache({ maxEntries: 9, maxBytes: 1e6, link, announce: () => {}, lockMs: LOCK_MS });
    }

    function enter(cache: TieredCache, options: { waitMs?: number; signal?: AbortSignal } = {}) {
      const { waitMs = 5_000, signal = new AbortController().signal } = options;
      return cache.turns.enter("berlin", { waitMs, signal });
    }

    it("gives the turn to one, and its value to those who wait", async () => {
      const turn = await enter(one);
      const waiting = [enter(two), enter(two), enter(two)];
      await new Promise((later) => setTimeout(later, 50));
      one.set("berlin", Buffer.from("sunny"), { ttlMs: 60_000 });
      if (isTurn(turn)) turn.end();

      expect(isTurn(turn)).to.equal(true);
      expect((await Promise.all(waiting)).map(textOf)).to.deep.equal(["sunny", "sunny", "sunny"]);
    });

    it("gives the turn to the next when the value is not there yet and nobody makes it", async () => {
      const first = await enter(one);
      if (isTurn(first)) first.end();
      const second = await until("the turn is free", async () => {
        const entered = await enter(two, { waitMs: 0 });
        return isTurn(entered) ? entered : false;
      });
      second.end();

      expect(isTurn(second)).to.equal(true);
    });

    it("shows a value that was made between the look into the cache and the turn", async () => {
      one.set("berlin", Buffer.from("sunny"), { ttlMs: 60_000 });

      expect(textOf(await enter(two))).to.equal("sunny");
      expect(textOf(await enter(two))).to.equal("sunny");
    });

    it("lets all who wait go on by themselves when the holder ends without a value", async () => {
      const turn = await enter(one);
      const waiting = [enter(two), enter(two)];
      await new Promise((later) => setTimeout(later, 50));
      if (isTurn(turn)) turn.end();

      expect(await Promise.all(waiting)).to.deep.equal([undefined, undefined]);
    });

    it("keeps the turn as long as the holder works", async () => {
      const turn = await enter(one);
      const started = performance.now();
      const waiting = enter(two);
      await new Promise((later) => setTimeout(later, LOCK_MS * 3));
      one.set("berlin", Buffer.from("late"), { ttlMs: 60_000 });
      if (isTurn(turn)) turn.end();

      expect(textOf(await waiting)).to.equal("late");
      expect(performance.now() - started).to.be.at.least(LOCK_MS * 3);
    });

    it("lets the others go on soon when the holder dies", async () => {
      await enter(one);
      links[0]?.close();
      const started = performance.now();

      expect(await enter(two)).to.equal(undefined);
      expect(performance.now() - started).to.be.within(LOCK_MS / 2, LOCK_MS * 5);
    });

    it("waits no longer than it may", async () => {
      await enter(one);
      const started = performance.now();

      expect(await enter(two, { waitMs: 100 })).to.equal(undefined);
      expect(performance.now() - started).to.be.within(95, 1_000);
    });

    it("waits for nobody who has left", async () => {
      await enter(one);
      const leaving = new AbortController();
      const waiting = enter(two, { signal: leaving.signal });
      await new Promise((later) => setTimeout(later, 30));
      const started = performance.now();
      leaving.abort();

      expect(await waiting).to.equal(undefined);
      expect(performance.now() - started).to.be.lessThan(500);
    });

    it("does not take an old value for a new one", async () => {
      one.set("berlin", Buffer.from("old"), { ttlMs: 10, staleMs: 60_000 });
      await new Promise((later) => setTimeout(later, 40));

      expect(isTurn(await enter(two))).to.equal(true);
    });

    it("does not give back a turn that another has by now", async () => {
      const turn = await enter(one);
      // As after a pause that was longer than the lock.
      await links[0]?.ask((redis) => redis.set(`${links[0]?.prefix}lock1:berlin`, "another"));
      if (isTurn(turn)) turn.end();
      await new Promise((later) => setTimeout(later, 50));

      expect(await links[1]?.ask((redis) => redis.get(`${links[1]?.prefix}lock1:berlin`))).to.equal(
        "another",
      );
    });

    it("sends everybody on at once when Redis is away, also those who wait", async () => {
      const turn = await enter(one);
      const waiting = enter(two);
      await server.stop();
      const started = performance.now();
      const waited = await waiting;
      await until("the loss is noticed", () => links.every((link) => !link.isUp));
      const later = await enter(two);
      if (isTurn(turn)) turn.end();
      await server.start();

      expect([waited, later]).to.deep.equal([undefined, undefined]);
      expect(performance.now() - started).to.be.lessThan(2_000);
    });
  });
}
