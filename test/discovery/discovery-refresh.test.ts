import { expect } from "chai";

import type { Discovery } from "../../src/discovery/discovery.ts";
import { GatewayError } from "../../src/domain/errors.ts";
import type { Offering } from "../../src/domain/offering.ts";
import { UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { type ManualClock, settle } from "../support/manual-clock.ts";
import { offers, stdio } from "../support/open-registry.ts";
import { proves } from "../support/proves.ts";
import { rejection } from "../support/refusal.ts";
import { DiscoveryHarness } from "./discovery-harness.ts";
import type { FakeUpstreams } from "./fake-upstreams.ts";

const refused = (server: string): UpstreamUnavailable =>
  new UpstreamUnavailable(server, "connection refused");

describe("Discovery: asking again", () => {
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

  describe("refresh", () => {
    beforeEach(async () => {
      discovery.start();
      upstreams.offers("a", offers("x"));
      await registry.addServer("a", stdio(), "api");
      await settle();
    });

    it("answers what the upstream offers now, and the catalog shows it", async () => {
      upstreams.offers("a", offers("y"));

      const offering = await discovery.refresh("a");

      expect(offering.tools.map(({ name }) => name)).to.deep.equal(["y"]);
      expect(harness.tools).to.deep.equal(["a__y"]);
    });

    it("shares one exploration among those who ask meanwhile", async () => {
      const answer = upstreams.hangs("a");

      const asked = [discovery.refresh("a"), discovery.refresh("a")];
      await settle();
      answer(offers("z"));

      expect((await Promise.all(asked)).map(({ tools: all }) => all.length)).to.deep.equal([1, 1]);
      expect(upstreams.explored).to.have.length(2);
    });

    it("lets one stop waiting without stopping the others", async () => {
      const answer = upstreams.hangs("a");
      const leaving = new AbortController();

      const left = rejection(() => discovery.refresh("a", leaving.signal));
      const stayed: Promise<Offering> = discovery.refresh("a", new AbortController().signal);
      leaving.abort(new GatewayError("cancelled", "gone"));
      const error = await left;
      answer(offers("z"));

      expect(error.code).to.equal("cancelled");
      expect((await stayed).tools).to.have.length(1);
    });

    it("refuses who has left already", async () => {
      const signal = AbortSignal.abort(new GatewayError("cancelled", "gone"));

      expect((await rejection(() => discovery.refresh("a", signal))).code).to.equal("cancelled");
    });

    it("clears the upstream's own backoff first when it had failed", async () => {
      upstreams.fails("a", refused("a"));
      await rejection(() => discovery.refresh("a"));
      const before = upstreams.dropped.length;

      await rejection(() => discovery.refresh("a"));

      expect([before, upstreams.dropped.length]).to.deep.equal([0, 1]);
    });

    it("refuses an unknown and a disabled server", async () => {
      await registry.updateServer("a", (entry) => ({ ...entry, disabled: true }));

      expect((await rejection(() => discovery.refresh("a"))).code).to.equal("conflict");
      expect((await rejection(() => discovery.refresh("ghost"))).code).to.equal("server_not_found");
    });
  });

  describe("when an upstream announces changes", () => {
    beforeEach(async () => {
      discovery.start();
      upstreams.offers("a", offers("x"));
      await registry.addServer("a", stdio(), "api");
      await settle();
    });

    it("asks it once for a burst of announcements", async () => {
      proves("changed.merged");
      upstreams.offers("a", offers("x", "y"));

      for (let announcement = 0; announcement < 50; announcement++) discovery.listChanged("a");
      await clock.advance(99);
      const early = upstreams.explored.length;
      await clock.advance(1);

      expect([early, upstreams.explored.length]).to.deep.equal([1, 2]);
      expect(harness.tools).to.deep.equal(["a__x", "a__y"]);
    });

    it("asks one that announces without end twice a second at most", async () => {
      for (let ms = 0; ms < 10_000; ms += 50) {
        discovery.listChanged("a");
        await clock.advance(50);
      }

      expect(upstreams.explored.length).to.be.within(10, 22);
    });

    it("asks again when a list changed while it was being read", async () => {
      const answer = upstreams.hangs("a");
      const first = discovery.refresh("a");
      await settle();

      discovery.listChanged("a");
      upstreams.offers("a", offers("newest"));
      answer(offers("old"));
      await first;
      await clock.advance(100);

      expect(harness.tools).to.deep.equal(["a__newest"]);
    });

    it("ignores a server that it does not know", () => {
      discovery.listChanged("ghost");
      discovery.statusChanged("ghost");

      expect(clock.pending.filter((ms) => ms === 100)).to.deep.equal([]);
    });
  });
});
