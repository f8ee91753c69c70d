import { expect } from "chai";

import type { RedisLink } from "../../src/redis/redis.ts";
import { until } from "../support/child-processes.ts";
import { RedisServer, hasRedis, newPrefix, openLink } from "../support/redis.ts";

if (hasRedis()) {
  describe("RedisChannel", function () {
    this.timeout(20_000);
    let server: RedisServer;
    const links: RedisLink[] = [];
    let opened = 0;

    before(async () => {
      server = await RedisServer.create();
    });
    after(() => server.remove());
    afterEach(() => {
      for (const link of links.splice(0)) link.close();
    });

    async function open(prefix: string): Promise<RedisLink> {
      const link = await openLink(server.url, prefix);
      links.push(link);
      return link;
    }

    async function listener(prefix: string) {
      const heard: string[] = [];
      const channel = (await open(prefix)).channel("news");
      await channel.listen({
        onMessage: (text) => heard.push(text),
        onGap: () => heard.push("(gap)"),
        onOpen: () => opened++,
      });
      return { channel, heard };
    }

    it("carries messages to all listeners, the speaker included, in order", async () => {
      const prefix = newPrefix();
      const [one, two] = [await listener(prefix), await listener(prefix)];

      expect(await one.channel.publish("a")).to.equal(true);
      expect(await one.channel.publish("b")).to.equal(true);

      await until("both have heard", () => one.heard.length === 2 && two.heard.length === 2);
      expect(one.heard).to.deep.equal(["a", "b"]);
      expect(two.heard).to.deep.equal(["a", "b"]);
    });

    it("carries nothing to another prefix", async () => {
      const [one, two] = [await listener(newPrefix()), await listener(newPrefix())];

      await one.channel.publish("a");
      await two.channel.publish("b");

      await until("each has heard its own", () => one.heard.length > 0 && two.heard.length > 0);
      expect([one.heard, two.heard]).to.deep.equal([["a"], ["b"]]);
    });

    it("says that a message did not go out, and tells of the gap when it is heard again", async () => {
      const { channel, heard } = await listener(newPrefix());
      const link = links.at(-1);
      const before = opened;

      await server.stop();
      await until("the loss is noticed", () => link?.isUp === false);
      const sent = await channel.publish("lost");
      await server.start();
      await until("the gap is told", () => heard.includes("(gap)"));
      await until("it is used again", () => link?.isUp === true);
      await channel.publish("after");
      await until("it is heard", () => heard.includes("after"));

      expect(sent).to.equal(false);
      expect(opened).to.equal(before + 1);
      expect(heard).to.deep.equal(["(gap)", "after"]);
    });

    it("tells of no gap when it is heard for the first time", async () => {
      const { heard } = await listener(newPrefix());
      await new Promise((later) => setTimeout(later, 50));

      expect(heard).to.deep.equal([]);
    });
  });
}
