import { expect } from "chai";

import { RedisLink } from "../../src/redis/redis.ts";
import { until } from "../support/child-processes.ts";
import { RedisServer, hasRedis, newPrefix } from "../support/redis.ts";

const get = (link: RedisLink, key = "a") => link.ask((redis) => redis.get(link.prefix + key));

if (hasRedis()) {
  describe("RedisLink", function () {
    this.timeout(20_000);
    let server: RedisServer;
    let link: RedisLink;
    let changes: boolean[];
    let errors: unknown[];

    before(async () => {
      server = await RedisServer.create();
    });
    after(() => server.remove());
    beforeEach(async () => {
      changes = [];
      errors = [];
      link = await RedisLink.open({
        url: server.url,
        prefix: newPrefix(),
        timeoutMs: 300,
        onChange: (isUp, error) => {
          changes.push(isUp);
          errors.push(error);
        },
      });
    });
    beforeEach(() => until("Redis is used", () => link.isUp));
    afterEach(() => link.close());

    it("answers what Redis answers", async () => {
      await link.ask((redis) => redis.set(`${link.prefix}a`, "1"));

      expect(await get(link)).to.equal("1");
      expect(await get(link, "b")).to.equal(null);
      expect(link.isUp).to.equal(true);
      expect(changes).to.deep.equal([true]);
    });

    it("answers nothing, at once, while Redis is gone, and takes it up again by itself", async () => {
      await server.stop();
      await until("the loss is noticed", () => !link.isUp);
      const started = performance.now();
      const answers = await Promise.all(Array.from({ length: 100 }, () => get(link)));
      const took = performance.now() - started;
      await server.start();
      await until("it is used again", () => link.isUp);

      expect(new Set(answers)).to.deep.equal(new Set([undefined]));
      expect(took).to.be.lessThan(100);
      expect(await get(link)).to.equal(null);
      expect(changes).to.deep.equal([true, false, true]);
      expect(errors[1]).to.not.equal(null);
    });

    it("waits for a Redis that hangs no longer than it may, and once only", async () => {
      server.freeze();
      const started = performance.now();
      const first = await get(link);
      const firstTook = performance.now() - started;
      const second = await get(link);
      const bothTook = performance.now() - started;
      server.thaw();

      expect([first, second]).to.deep.equal([undefined, undefined]);
      expect(firstTook).to.be.within(250, 1_500);
      expect(bothTook - firstTook).to.be.lessThan(50);
      await until("it is used again", () => link.isUp);
      expect(await get(link)).to.equal(null);
    });

    it("leaves a Redis alone that is full, until there is room", async () => {
      const config = (value: string) => link.ask((redis) => redis.config("SET", "maxmemory", value));
      await config("1");
      const written = await link.ask((redis) => redis.set(`${link.prefix}a`, "1"));
      const isUp = link.isUp;
      await new Promise((later) => setTimeout(later, 350));
      const isUpLater = link.isUp;
      const { Redis } = await import("ioredis");
      const operator = new Redis(server.url);
      await operator.config("SET", "maxmemory", "0");
      operator.disconnect();

      expect(written).to.equal(undefined);
      expect([isUp, isUpLater]).to.deep.equal([false, false]);
      await until("it is used again", () => link.isUp);
      expect(await get(link)).to.equal(null);
    });

    it("tells nothing and tries nothing after it was closed", async () => {
      link.close();
      await new Promise((later) => setTimeout(later, 150));

      expect(await get(link)).to.equal(undefined);
      expect(changes).to.deep.equal([true]);
    });
  });

  describe("RedisLink without a Redis", () => {
    it("opens soon, is not up, and is when there is one", async function () {
      this.timeout(15_000);
      const server = await RedisServer.create();
      await server.stop();
      const started = performance.now();
      const link = await RedisLink.open({ url: server.url, prefix: "p:", timeoutMs: 300 });
      const took = performance.now() - started;

      expect(took).to.be.lessThan(1_500);
      expect(link.isUp).to.equal(false);
      await server.start();
      await until("it is used", () => link.isUp);
      link.close();
      await server.remove();
    });
  });
}
