import { expect } from "chai";

import type { Discovery } from "../../src/discovery/discovery.ts";
import { GatewayError } from "../../src/domain/errors.ts";
import { UpstreamError, UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { type ManualClock, settle } from "../support/manual-clock.ts";
import { offers, stdio } from "../support/open-registry.ts";
import { rejection } from "../support/refusal.ts";
import { DiscoveryHarness } from "./discovery-harness.ts";
import type { FakeUpstreams } from "./fake-upstreams.ts";

const refused = (server: string): UpstreamUnavailable =>
  new UpstreamUnavailable(server, "connection refused");

describe("Discovery: failures", () => {
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

  describe("when an upstream fails", () => {
    beforeEach(() => discovery.start());

    it("shows a dead command at once", async () => {
      upstreams.fails("a", refused("a"));

      await registry.addServer("a", stdio(), "api");
      await settle();

      expect(discovery.health("a")).to.include({ level: "unhealthy", code: "upstream_unavailable" });
    });

    it("tries again after 1, 2, 4 … 60 seconds", async () => {
      upstreams.fails("a", refused("a"));
      await registry.addServer("a", stdio(), "api");
      await settle();

      const waits: number[] = [];
      for (let attempt = 0; attempt < 8; attempt++) {
        const wait = clock.pending[0] ?? 0;
        waits.push(wait);
        await clock.advance(wait);
      }

      expect(waits).to.deep.equal([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
      expect(upstreams.explored).to.have.length(9);
      expect(
        harness.log.filter((line) => line.includes("discovery failed")),
        "once, not per attempt",
      ).to.have.length(1);
    });

    it("finds it well again, and begins with short waits the next time", async () => {
      upstreams.fails("a", refused("a"));
      await registry.addServer("a", stdio(), "api");
      await clock.advance(3_000);
      upstreams.offers("a", offers("x"));

      await clock.advance(4_000);
      const code = discovery.health("a").code;
      upstreams.fails("a", refused("a"));
      await rejection(() => discovery.refresh("a"));

      expect(code).to.equal("ok");
      expect(clock.pending).to.deep.equal([1_000]);
    });

    it("does not try again what only a person can mend", async () => {
      for (const code of ["upstream_auth_required", "needs_input", "egress_denied"] as const) {
        upstreams.fails(code, new UpstreamError(code, code, "rejected", "Closed."));
        await registry.addServer(code, stdio(), "api");
      }
      await clock.advance(3_600_000);

      expect(upstreams.explored).to.have.length(3);
      for (const { server, health } of discovery.healthAll()) {
        expect(health, server).to.include({ level: "unhealthy", code: server });
      }
    });

    it("asks a parked one again when its definition changes, or somebody wants it", async () => {
      upstreams.fails("a", new GatewayError("needs_input", "TOKEN is not set."));
      await registry.addServer("a", stdio(), "api");
      await settle();

      await rejection(() => discovery.refresh("a"));
      upstreams.offers("a", offers("x"));
      await registry.updateServer("a", () => stdio({ env: { TOKEN: "1" } }));
      await settle();

      expect(upstreams.explored).to.have.length(3);
      expect(discovery.health("a").code).to.equal("ok");
    });

    it("gives up one that hangs, even if it does not heed its signal", async () => {
      upstreams.hangs("a", { deaf: true });
      await registry.addServer("a", stdio(), "api");

      await clock.advance(60_000);

      expect(discovery.health("a")).to.include({ level: "unhealthy", code: "upstream_timeout" });
    });

    it("keeps what it offered in the catalog, marked degraded", async () => {
      upstreams.offers("a", offers("x", "y"));
      await registry.addServer("a", stdio(), "api");
      await settle();
      upstreams.fails("a", refused("a"));

      await rejection(() => discovery.refresh("a"));

      expect(harness.tools).to.deep.equal(["a__x", "a__y"]);
      expect(discovery.health("a")).to.include({
        level: "degraded",
        code: "upstream_unavailable",
        summary:
          'Upstream "a" cannot be reached: connection refused. What it offered last stays listed: 2 tools.',
      });
    });

    it("notices a connection that is lost between explorations, and asks again after a second", async () => {
      upstreams.offers("a", offers("x"));
      await registry.addServer("a", stdio(), "api");
      await settle();

      upstreams.is("a", "failed", new UpstreamUnavailable("a", "exited with code 1"), "boom");
      discovery.statusChanged("a");
      const lost = discovery.health("a");
      upstreams.is("a", "ready");
      await clock.advance(1_000);

      expect(lost).to.include({ level: "degraded", code: "upstream_unavailable", stderr_tail: "boom" });
      expect(discovery.health("a").code).to.equal("ok");
      expect(upstreams.explored).to.have.length(2);
    });

    it("asks again when a call found the upstream well before discovery did", async () => {
      upstreams.fails("a", refused("a"));
      await registry.addServer("a", stdio(), "api");
      await settle();
      upstreams.offers("a", offers("x"));

      upstreams.is("a", "ready");
      discovery.statusChanged("a");
      discovery.statusChanged("a");
      await settle();

      expect(upstreams.explored).to.have.length(2);
      expect(discovery.health("a").code).to.equal("ok");
    });

    it("asks again when it is back from a sleep in which it may have changed", async () => {
      upstreams.offers("a", offers("x"));
      await registry.addServer("a", stdio(), "api");
      await settle();
      const states = async (...list: ("idle" | "ready")[]) => {
        for (const state of list) {
          upstreams.is("a", state);
          discovery.statusChanged("a");
          await settle();
        }
      };

      await states("ready", "idle");
      expect(discovery.health("a")).to.include({ level: "healthy", code: "ok" });
      expect(harness.tools).to.deep.equal(["a__x"]);
      upstreams.offers("a", offers("y"));
      await states("ready", "ready");

      expect(upstreams.explored).to.have.length(2);
      expect(harness.tools).to.deep.equal(["a__y"]);
    });

    it("shows the verdict on a crash loop whatever the last exploration met with, and tries when its time has come", async () => {
      upstreams.fails("a", refused("a"));
      await registry.addServer("a", stdio(), "api");
      await settle();
      const verdict = new UpstreamError("crash_loop", "a", "not_sent", "It crashes.", {
        retryAfterMs: 300_000,
      });
      upstreams.fails("a", verdict);
      upstreams.is("a", "failed", verdict, "no disk");
      discovery.statusChanged("a");

      expect(discovery.health("a")).to.include({ code: "crash_loop", stderr_tail: "no disk" });
      await clock.advance(1_000);
      const before = upstreams.explored.length;
      await clock.advance(299_000);
      expect(upstreams.explored).to.have.length(before);
      await clock.advance(2_000);

      expect(upstreams.explored).to.have.length(before + 1);
    });

    it("begins anew at a restart by hand, also with one that is well", async () => {
      upstreams.offers("a", offers("x"));
      await registry.addServer("a", stdio(), "api");
      await settle();

      await discovery.restart("a");

      expect(upstreams.dropped).to.deep.equal(["a"]);
      expect(upstreams.explored).to.have.length(2);
      expect(discovery.health("a").code).to.equal("ok");
    });

    it("restarts neither what is disabled nor what is not there", async () => {
      await registry.addServer("off", stdio({ disabled: true }), "api");

      expect((await rejection(() => discovery.restart("off"))).code).to.equal("conflict");
      expect((await rejection(() => discovery.restart("nobody"))).code).to.equal("server_not_found");
    });

    it("shows the process of a stdio server, and that there is none now", async () => {
      upstreams.offers("a", offers("x"));
      await registry.addServer("a", stdio(), "api");
      await settle();
      upstreams.states.set("a", {
        state: "ready",
        pid: 7,
        startedAt: "2026-01-01T00:00:00.000Z",
        restarts: 2,
      });

      expect(discovery.health("a").process).to.deep.equal({
        pid: 7,
        started_at: "2026-01-01T00:00:00.000Z",
        restarts: 2,
      });
      upstreams.is("a", "idle");
      expect(discovery.health("a").process).to.deep.equal({ restarts: 0 });
    });

    it("makes a typed error of whatever is thrown", async () => {
      upstreams.fails("a", new TypeError("x is not a function at /srv/app.js"));
      await registry.addServer("a", stdio(), "api");
      await settle();

      const health = discovery.health("a");

      expect(health.code).to.equal("internal");
      expect(health.summary).to.not.include("/srv/app.js");
    });
  });
});
