import { expect } from "chai";

import type { Discovery } from "../../src/discovery/discovery.ts";
import { NewHttpTool } from "../../src/domain/http-tool.ts";
import { UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { type ManualClock, settle } from "../support/manual-clock.ts";
import { http, offers, stdio } from "../support/open-registry.ts";
import { rejection } from "../support/refusal.ts";
import { DiscoveryHarness } from "./discovery-harness.ts";
import type { FakeUpstreams } from "./fake-upstreams.ts";

const refused = (server: string): UpstreamUnavailable =>
  new UpstreamUnavailable(server, "connection refused");

describe("Discovery", () => {
  let harness: DiscoveryHarness;
  let registry: Registry;
  let upstreams: FakeUpstreams;
  let clock: ManualClock;
  let discovery: Discovery;

  beforeEach(async () => {
    harness = await DiscoveryHarness.open();
    ({ registry, upstreams, clock, discovery } = harness);
  });
  afterEach(() => harness.close());

  describe("at the start", () => {
    it("asks every enabled server what it offers", async () => {
      await registry.addServer("a", stdio(), "api");
      await registry.addServer("b", http(), "api");
      await registry.addServer("off", stdio({ disabled: true }), "api");
      upstreams.offers("a", offers("one"));
      upstreams.offers("b", offers("two"));

      discovery.start();
      await settle();

      expect(harness.tools).to.deep.equal(["a__one", "b__two"]);
      expect(upstreams.explored).to.deep.equal(["a", "b"]);
      expect(harness.log).to.deep.equal([]);
    });

    it("starts a few at a time, and lets nobody wait for one that hangs", async () => {
      for (let server = 0; server < 10; server++) await registry.addServer(`s${server}`, stdio(), "api");
      for (let server = 0; server < 8; server++) upstreams.hangs(`s${server}`);

      discovery.start();
      await settle();
      const atOnce = upstreams.explored.length;
      await clock.advance(2_000);

      expect(atOnce).to.equal(8);
      expect(upstreams.explored).to.have.length(10);
      expect(discovery.health("s9").code).to.equal("ok");
      expect(discovery.health("s0").code).to.equal("connecting");
    });

    it("is settled once every server has answered or failed", async () => {
      await registry.addServer("a", stdio(), "api");
      await registry.addServer("b", stdio(), "api");
      upstreams.fails("a", refused("a"));
      const answer = upstreams.hangs("b");
      let isSettled = false;

      discovery.start();
      const settled = discovery.settled(5_000).then(() => (isSettled = true));
      await settle();
      const before = isSettled;
      answer(offers("x"));
      await settled;

      expect(before).to.equal(false);
      expect(clock.now()).to.equal(Date.parse("2026-03-01T10:00:00.000Z"));
    });

    it("is settled after the grace time at the latest, and at once from then on", async () => {
      await registry.addServer("a", stdio(), "api");
      upstreams.hangs("a");
      let isSettled = false;

      discovery.start();
      const settled = discovery.settled(5_000).then(() => (isSettled = true));
      await clock.advance(4_999);
      const before = isSettled;
      await clock.advance(1);
      await settled;

      expect(before).to.equal(false);
      expect(await discovery.settled(5_000)).to.equal(undefined);
    });

    it("does not wait for a server whose tools are known from before a restart", async () => {
      await registry.addServer("a", stdio(), "api");
      await registry.replaceOffering("a", offers("x"));
      upstreams.hangs("a");

      discovery.start();

      expect(await discovery.settled(5_000)).to.equal(undefined);
    });

    it("is settled at once when there is nothing to ask", async () => {
      discovery.start();

      expect(await discovery.settled(5_000)).to.equal(undefined);
    });
  });

  describe("when servers come and go", () => {
    beforeEach(() => discovery.start());

    it("asks a new one at once, also while others hang", async () => {
      for (let server = 0; server < 9; server++) {
        upstreams.hangs(`s${server}`);
        await registry.addServer(`s${server}`, stdio(), "api");
      }
      upstreams.offers("new", offers("x"));

      await registry.addServer("new", stdio(), "api");
      await settle();

      expect(harness.tools).to.deep.equal(["new__x"]);
    });

    it("connects anew under a changed definition, and takes nothing from the old one", async () => {
      const answerOld = upstreams.hangs("a", { deaf: true });
      await registry.addServer("a", stdio({ command: "old" }), "api");
      await settle();
      upstreams.offers("a", offers("new"));

      await registry.updateServer("a", () => stdio({ command: "new" }));
      await settle();
      answerOld(offers("old"));
      await settle();

      expect(harness.tools).to.deep.equal(["a__new"]);
      expect(upstreams.dropped).to.deep.equal(["a"]);
    });

    it("leaves the connection alone when only tags and filters change", async () => {
      upstreams.offers("a", offers("one", "two"));
      await registry.addServer("a", stdio(), "api");
      await settle();

      await registry.updateServer("a", (entry) => ({
        ...entry,
        description: "other",
        gateway: { ...entry.gateway, tags: ["dev"], tools: { deny: ["two"] } },
      }));
      await settle();

      expect(upstreams.explored).to.deep.equal(["a"]);
      expect(upstreams.dropped).to.deep.equal([]);
      expect(harness.tools).to.deep.equal(["a__one"]);
    });

    it("ends the connections of one that is removed or switched off", async () => {
      await registry.addServer("a", stdio(), "api");
      await registry.addServer("b", stdio(), "api");
      await settle();

      await registry.removeServer("a");
      await registry.updateServer("b", (entry) => ({ ...entry, disabled: true }));
      await settle();

      expect(upstreams.dropped).to.deep.equal(["a", "b"]);
      expect(discovery.health("b")).to.include({
        code: "disabled",
        admin_state: "disabled",
        level: "unknown",
      });
      expect((await rejection(() => discovery.health("a"))).code).to.equal("server_not_found");
      expect(clock.pending.filter((ms) => ms > 2_000)).to.deep.equal([]);
    });

    it("never asks the server of the HTTP tools", async () => {
      await registry.addHttpTool(
        NewHttpTool.parse({ name: "t", description: "d", endpoint: "https://x.example/" }),
      );
      await settle();

      expect(upstreams.explored).to.deep.equal([]);
      expect(discovery.health("custom")).to.include({
        level: "healthy",
        code: "ok",
        summary: "Offers 1 tool.",
      });
      expect((await discovery.refresh("custom")).tools).to.have.length(1);
    });
  });

  describe("health", () => {
    it("is announced when it changes, and only then", async () => {
      discovery.start();
      upstreams.fails("a", refused("a"));
      await registry.addServer("a", stdio(), "api");
      await clock.advance(10_000);
      const failing = harness.takeHealthChanges();
      upstreams.offers("a", offers("x"));
      await clock.advance(60_000);

      expect(failing).to.deep.equal(["a upstream_unavailable"]);
      expect(harness.takeHealthChanges()).to.deep.equal(["a ok"]);
    });

    it("knows since when", async () => {
      discovery.start();
      upstreams.fails("a", refused("a"));
      await registry.addServer("a", stdio(), "api");
      await settle();
      const { since } = discovery.health("a");

      await clock.advance(100_000);

      expect(discovery.health("a").since).to.equal(since);
      expect(since).to.equal("2026-03-01T10:00:00.000Z");
    });

    it("covers every server, also before the start", async () => {
      await registry.addServer("a", stdio(), "api");
      await registry.addServer("b", stdio({ disabled: true }), "api");

      expect(discovery.healthAll().map(({ server, health }) => `${server} ${health.code}`)).to.deep.equal([
        "a idle",
        "b disabled",
      ]);
    });
  });

  it("ends everything when it is closed", async () => {
    await registry.addServer("a", stdio(), "api");
    await registry.addServer("b", stdio(), "api");
    upstreams.hangs("a", { deaf: true });
    upstreams.fails("b", refused("b"));
    discovery.start();
    await settle();

    await discovery.close();
    await registry.addServer("late", stdio(), "api");
    await clock.advance(120_000);

    expect(upstreams.explored).to.deep.equal(["a", "b"]);
  });
});
