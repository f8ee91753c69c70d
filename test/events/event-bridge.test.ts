import { expect } from "chai";

import { type Channel, EventBridge, EventBus, type GatewayEvent } from "../../src/events/events.ts";
import type { RedisLink } from "../../src/redis/redis.ts";
import { until } from "../support/child-processes.ts";
import { RedisServer, hasRedis, newPrefix, openLink } from "../support/redis.ts";

type Listener = Parameters<Channel["listen"]>[0];

const added: GatewayEvent = { kind: "server-added", server: "weather" };
const changed: GatewayEvent = { kind: "server-changed", server: "weather" };
const removed: GatewayEvent = { kind: "server-removed", server: "weather" };

/** A channel that delivers at once, to all, unless it is told to lose things. */
class FakeChannel {
  readonly #listeners = new Set<Listener>();
  sent: string[] = [];
  loses = false;
  isBroken = false;

  readonly end: Channel = {
    publish: async (text) => {
      if (this.isBroken) return false;
      this.sent.push(text);
      if (!this.loses) this.say(text);
      return true;
    },
    listen: async (listener) => void this.#listeners.add(listener),
  };

  say(text: string): void {
    for (const listener of this.#listeners) listener.onMessage(text);
  }

  open(): void {
    for (const listener of this.#listeners) listener.onOpen();
  }

  gap(): void {
    for (const listener of this.#listeners) listener.onGap();
  }
}

async function replica(channel: Channel) {
  const bus = new EventBus();
  const heard: string[] = [];
  bus.subscribe((event, origin) => {
    heard.push(`${origin} ${"server" in event ? `${event.kind} ${event.server}` : event.kind}`);
  });
  const bridge = new EventBridge({ bus, channel });
  await bridge.open();
  return { bus, heard, bridge };
}

describe("EventBridge", () => {
  let channel: FakeChannel;
  beforeEach(() => {
    channel = new FakeChannel();
  });

  it("carries an event to the others, and back to nobody", async () => {
    const [one, two, three] = [
      await replica(channel.end),
      await replica(channel.end),
      await replica(channel.end),
    ];

    one.bus.publish(added);

    expect(one.heard).to.deep.equal(["here server-added weather"]);
    expect(two.heard).to.deep.equal(["replica server-added weather"]);
    expect(three.heard).to.deep.equal(two.heard);
    expect(channel.sent).to.have.length(1);
  });

  it("keeps to itself what is a replica's own affair", async () => {
    const [one, two] = [await replica(channel.end), await replica(channel.end)];

    one.bus.publish({ kind: "breaker-changed", server: "weather", state: "open" });
    one.bus.publish({ kind: "health-changed", server: "weather", level: "healthy", code: "ok" });
    one.bus.publish({ kind: "overload-changed", overloaded: true, reason: "lag" });

    expect(two.heard).to.deep.equal([]);
    expect(channel.sent).to.deep.equal([]);
  });

  it("carries what was purged, whole", async () => {
    const [one, two] = [await replica(channel.end), await replica(channel.end)];
    const events: GatewayEvent[] = [];
    two.bus.subscribe((event) => events.push(event));

    one.bus.publish({ kind: "cache-purged", filter: { tag: "weather" } });

    expect(events).to.deep.equal([{ kind: "cache-purged", filter: { tag: "weather" } }]);
  });

  it("notices that a message was lost at the next one", async () => {
    const [one, two] = [await replica(channel.end), await replica(channel.end)];
    one.bus.publish(added);
    channel.loses = true;
    one.bus.publish(changed);
    channel.loses = false;

    one.bus.publish(removed);

    expect(two.heard).to.deep.equal([
      "replica server-added weather",
      "replica events-lost",
      "replica server-removed weather",
    ]);
  });

  it("takes the first message of a replica for no loss, whatever its number", async () => {
    const one = await replica(channel.end);
    one.bus.publish(added);
    one.bus.publish(changed);
    const late = await replica(channel.end);

    one.bus.publish(removed);

    expect(late.heard).to.deep.equal(["replica server-removed weather"]);
  });

  it("tells of a loss when the channel was broken", async () => {
    const one = await replica(channel.end);

    channel.gap();

    expect(one.heard).to.deep.equal(["replica events-lost"]);
  });

  it("lets the others look anew when a message could not be sent, once the way is open", async () => {
    const [one, two] = [await replica(channel.end), await replica(channel.end)];
    one.bus.publish(added);
    channel.isBroken = true;
    one.bus.publish(changed);
    await Promise.resolve();
    channel.isBroken = false;

    channel.open();
    await Promise.resolve();
    channel.open();

    expect(two.heard).to.deep.equal(["replica server-added weather", "replica events-lost"]);
  });

  it("tells nothing of a way that is open again if nothing was missed", async () => {
    const two = await replica(channel.end);

    channel.open();

    expect(two.heard).to.deep.equal([]);
  });

  it("does not listen to what is no message of a gateway, or of a kind that it does not know", async () => {
    const one = await replica(channel.end);

    for (const text of [
      "",
      "{",
      "null",
      "5",
      '{"origin":"x"}',
      '{"origin":"x","seq":1,"event":{"kind":"new-kind"}}',
      '{"origin":"x","seq":1,"event":{"kind":"breaker-changed","server":"a","state":"open"}}',
    ])
      channel.say(text);

    expect(one.heard).to.deep.equal([]);
  });

  it("sends nothing after it was closed", async () => {
    const one = await replica(channel.end);
    one.bridge.close();

    one.bus.publish(added);

    expect(channel.sent).to.deep.equal([]);
  });
});

if (hasRedis()) {
  describe("EventBridge over Redis", function () {
    this.timeout(20_000);
    let server: RedisServer;
    const links: RedisLink[] = [];

    before(async () => {
      server = await RedisServer.create();
    });
    after(() => server.remove());
    afterEach(() => {
      for (const link of links.splice(0)) link.close();
    });

    async function connected(prefix: string) {
      const link = await openLink(server.url, prefix);
      links.push(link);
      const one = await replica(link.channel("events1"));
      return { ...one, link };
    }

    it("carries events between processes' buses", async () => {
      const prefix = newPrefix();
      const [one, two] = [await connected(prefix), await connected(prefix)];

      one.bus.publish(added);
      await until("it is heard", () => two.heard.length > 0);
      two.bus.publish(removed);
      await until("the answer is heard", () => one.heard.length > 1);

      expect(one.heard).to.deep.equal(["here server-added weather", "replica server-removed weather"]);
      expect(two.heard).to.deep.equal(["replica server-added weather", "here server-removed weather"]);
    });

    it("makes everybody look anew after an outage, and goes on", async () => {
      const prefix = newPrefix();
      const [one, two] = [await connected(prefix), await connected(prefix)];
      await server.stop();
      await until("the loss is noticed", () => !one.link.isUp && !two.link.isUp);
      one.bus.publish(added);
      await server.start();

      await until("both look anew", () =>
        [one, two].every(({ heard }) => heard.includes("replica events-lost")),
      );
      await until("Redis is used again", () => one.link.isUp && two.link.isUp);
      one.bus.publish(removed);
      await until("it goes on", () => two.heard.includes("replica server-removed weather"));

      expect(two.heard).to.not.include("replica server-added weather");
    });
  });
}
