import { expect } from "chai";

import type { GatewayError } from "../../src/domain/errors.ts";
import type { Identity } from "../../src/domain/identity.ts";
import type { RedisLink } from "../../src/redis/redis.ts";
import { type RateLimitSettings, RateLimits } from "../../src/traffic/traffic.ts";
import { until } from "../support/child-processes.ts";
import { anna, ben, failure, forecast, send } from "../support/proxy-harness.ts";
import { RedisServer, hasRedis, newPrefix, openLink } from "../support/redis.ts";

const SETTINGS: RateLimitSettings = {
  isOn: true,
  windowMs: 60_000,
  perKey: 3,
  perUser: 2,
  servers: {},
  tools: {},
  exempt: { roles: [], keys: [] },
};
const byKey = (keyId: string): Identity => ({ ...anna, keyId });
const errorOf = async (work: () => unknown): Promise<GatewayError | undefined> =>
  (await failure((async () => work())())) as GatewayError | undefined;

describe("RateLimits", () => {
  let now: number;
  let limited: string[];
  beforeEach(() => {
    now = 0;
    limited = [];
  });

  const open = (change: Partial<RateLimitSettings> = {}, link?: RedisLink) =>
    RateLimits.open({
      settings: { ...SETTINGS, ...change },
      link,
      now: () => now,
      onLimited: (limit) => limited.push(limit),
    });

  describe("of requests", () => {
    it("lets so many through, says how many are left, and refuses the next until the window is over", async () => {
      const limits = await open();

      const verdicts = [1, 2, 3].map(() => limits.request(byKey("k1")));
      now += 15_000;
      const refused = await errorOf(() => limits.request(byKey("k1")));
      now += 45_000;

      expect(verdicts).to.deep.equal(
        [2, 1, 0].map((remaining) => ({
          limit: { name: "key", most: 3, windowMs: 60_000 },
          remaining,
          resetMs: 60_000,
          isOver: false,
        })),
      );
      expect(refused).to.include({ code: "rate_limited", retryable: true, retryAfterMs: 45_000 });
      expect(refused?.executed).to.equal(undefined);
      expect(refused?.details).to.deep.equal({ limit: "key", most: 3, window_s: 60 });
      expect(limited).to.deep.equal(["key"]);
      expect(limits.request(byKey("k1"))).to.include({ remaining: 2 });
    });

    it("counts each key by itself, and a caller without a key by its subject", async () => {
      const limits = await open({ perKey: 1 });
      await limits.request(byKey("k1"));
      await limits.request(byKey("k2"));
      await limits.request(anna);
      await limits.request(ben);

      expect(await errorOf(() => limits.request(byKey("k2")))).to.have.property("code", "rate_limited");
      expect(await errorOf(() => limits.request(ben))).to.have.property("code", "rate_limited");
    });

    it("does not make anybody wait", async () => {
      const limits = await open();

      expect(limits.request(anna)).to.not.be.instanceOf(Promise);
    });
  });

  describe("of calls", () => {
    it("are each caller's own, over all tools", async () => {
      const limits = await open();
      await limits.call(anna, forecast);
      await limits.call(anna, send);
      await limits.call(ben, forecast);

      const refused = await errorOf(() => limits.call(anna, forecast));

      expect(refused).to.include({ code: "rate_limited", executed: "not_executed" });
      expect(refused?.message).to.equal(
        "Too many tool calls of this caller: at most 2 in 60 s. Try again in 60 s.",
      );
      expect(await errorOf(() => limits.call(ben, forecast))).to.equal(undefined);
    });

    it("tell callers of the same name in two tenants apart", async () => {
      const limits = await open({ perUser: 1 });
      await limits.call(anna, forecast);

      expect(await errorOf(() => limits.call({ ...anna, tenant: "two" }, forecast))).to.equal(undefined);
    });

    it("are also those to a server, of all callers", async () => {
      const limits = await open({ perUser: 0, servers: { weather: 2, news: 1 } });
      await limits.call(anna, forecast);
      await limits.call(ben, send);

      const refused = await errorOf(() => limits.call(ben, forecast));

      expect(refused?.details).to.deep.equal({ limit: "server", most: 2, window_s: 60 });
    });

    it("are also those to a tool, by the first glob that fits, each tool by itself", async () => {
      const limits = await open({ perUser: 0, tools: { "weather__fore*": 1, "weather__*": 2 } });
      await limits.call(anna, forecast);
      await limits.call(anna, send);
      await limits.call(anna, send);

      expect((await errorOf(() => limits.call(ben, forecast)))?.details).to.include({
        limit: "tool",
        most: 1,
      });
      expect((await errorOf(() => limits.call(ben, send)))?.details).to.include({ limit: "tool", most: 2 });
      expect(limited).to.deep.equal(["tool", "tool"]);
    });

    it("wait for nothing in memory", async () => {
      const limits = await open();

      expect(limits.call(anna, forecast)).to.equal(undefined);
    });
  });

  describe("do not hold for", () => {
    const many = async (limits: RateLimits, identity: Identity) => {
      for (let n = 0; n < 10; n++) {
        await limits.request(identity);
        await limits.call(identity, forecast);
      }
    };

    it("anybody when they are off, or each for its own with a zero", async () => {
      await many(await open({ isOn: false, servers: { weather: 1 } }), anna);
      await many(await open({ perKey: 0, perUser: 0, servers: { weather: 0 }, tools: { "*": 0 } }), anna);

      expect(limited).to.deep.equal([]);
    });

    it("roles and keys that are exempt, and for them only", async () => {
      const limits = await open({ exempt: { roles: ["admin"], keys: ["local"] } });
      await many(limits, { ...anna, role: "admin" });
      await many(limits, byKey("local"));

      expect(await errorOf(() => many(limits, byKey("other")))).to.have.property("code", "rate_limited");
    });

    it("nobody else: the local key and administrators are counted", async () => {
      const limits = await open();

      expect(await errorOf(() => many(limits, { ...byKey("local"), role: "admin" }))).to.not.equal(undefined);
    });
  });

  if (hasRedis()) {
    describe("in Redis", function () {
      this.timeout(20_000);
      let server: RedisServer;
      let prefix: string;
      const links: RedisLink[] = [];
      before(async () => {
        server = await RedisServer.create();
      });
      after(() => server.remove());
      beforeEach(() => {
        prefix = newPrefix();
      });
      afterEach(() => {
        for (const link of links.splice(0)) link.close();
      });

      async function replica(change: Partial<RateLimitSettings> = {}) {
        const link = await openLink(server.url, prefix);
        links.push(link);
        return { link, limits: await open(change, link) };
      }

      it("are the same for all replicas", async () => {
        const [one, two] = [await replica(), await replica()];
        await one.limits.request(anna);
        await two.limits.request(anna);
        const third = await one.limits.request(anna);

        const refused = await errorOf(() => two.limits.request(anna));

        expect(third).to.include({ remaining: 0, isOver: false });
        expect(refused).to.include({ code: "rate_limited" });
        expect(refused?.retryAfterMs).to.be.within(55_000, 60_000);
      });

      it("count calls by user, server and tool together", async () => {
        const change = { perUser: 5, servers: { weather: 3 }, tools: { weather__forecast: 2 } };
        const [one, two] = [await replica(change), await replica(change)];
        await one.limits.call(anna, forecast);
        await two.limits.call(ben, forecast);

        expect((await errorOf(() => one.limits.call(anna, forecast)))?.details).to.include({ limit: "tool" });
        expect((await errorOf(() => two.limits.call(ben, send)))?.details).to.include({ limit: "server" });
      });

      it("lose no request that comes with others at the same time", async () => {
        const [one, two] = [await replica({ perKey: 20 }), await replica({ perKey: 20 })];
        const outcomes = await Promise.all(
          Array.from({ length: 50 }, (_, n) => errorOf(() => (n % 2 ? one : two).limits.request(anna))),
        );

        expect(outcomes.filter((error) => error === undefined)).to.have.length(20);
      });

      it("are counted in memory while Redis is away, without waiting", async () => {
        const { link, limits } = await replica();
        await limits.request(anna);
        await server.stop();
        await until("the loss is noticed", () => !link.isUp);

        const verdicts = [1, 2, 3].map(() => limits.request(anna));
        const refused = await errorOf(() => limits.request(anna));
        await server.start();

        expect(verdicts.some((verdict) => verdict instanceof Promise)).to.equal(false);
        expect(refused).to.have.property("code", "rate_limited");
      });

      it("refuse nobody because Redis hangs", async () => {
        const { link, limits } = await replica();
        server.freeze();
        const outcome = await errorOf(() => limits.call(anna, forecast));
        server.thaw();
        await until("it is used again", () => link.isUp);

        expect(outcome).to.equal(undefined);
      });
    });
  }
});
