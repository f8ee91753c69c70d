import { expect } from "chai";

import { UpstreamError } from "../../src/domain/upstream-errors.ts";
import { SERVER, refused, tooMany } from "./attempts.ts";
import { BreakerLab, dead, fail, succeed } from "./breaker-lab.ts";

const busy = (): UpstreamError => new UpstreamError("upstream_busy", SERVER, "not_sent", "Busy.");
const gone = (): UpstreamError => new UpstreamError("cancelled", SERVER, "unknown", "Cancelled.");
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

describe("Breaker", () => {
  let lab: BreakerLab;
  beforeEach(() => {
    lab = new BreakerLab();
  });
  afterEach(() => lab.close());

  describe("while closed", () => {
    it("lets calls through", () => {
      const breaker = lab.breaker();

      expect(breaker.state).to.equal("closed");
      expect(breaker.refusal()).to.equal(undefined);
    });

    it("does not open before ten calls, even if all fail", async () => {
      const breaker = lab.breaker();

      await fail(breaker, 9);
      expect(breaker.state).to.equal("closed");
      await fail(breaker, 1);

      expect(breaker.state).to.equal("open");
      expect(lab.states).to.deep.equal(["open"]);
    });

    it("opens when half of the calls fail", async () => {
      const breaker = lab.breaker();
      succeed(breaker, 10);

      await fail(breaker, 9);
      expect(breaker.state).to.equal("closed");
      await fail(breaker, 1);

      expect(breaker.state).to.equal("open");
    });

    it("counts what could not be sent like what broke off", async () => {
      const breaker = lab.breaker();

      await fail(breaker, 10, refused);

      expect(breaker.state).to.equal("open");
    });

    it("takes a refusal for a sign of life", async () => {
      const breaker = lab.breaker();

      await fail(breaker, 100, () => tooMany());
      await fail(breaker, 99);

      expect(breaker.state).to.equal("closed");
    });

    it("holds nothing against the upstream that is not its doing", async () => {
      const breaker = lab.breaker();

      for (const error of [busy, gone, () => new TypeError("a bug"), () => undefined])
        await fail(breaker, 50, error);

      expect(breaker.state).to.equal("closed");
    });

    it("forgets what is older than half a minute", async () => {
      const breaker = lab.breaker();
      await fail(breaker, 9);

      await lab.clock.advance(34_000, 1_000);
      await fail(breaker, 9);

      expect(breaker.state).to.equal("closed");
    });

    it("remembers what is younger than half a minute", async () => {
      const breaker = lab.breaker();
      await fail(breaker, 5);

      await lab.clock.advance(25_000, 1_000);
      await fail(breaker, 5);

      expect(breaker.state).to.equal("open");
    });

    it("weighs successes of the whole window, not only recent ones", async () => {
      const breaker = lab.breaker();
      succeed(breaker, 15);
      await lab.clock.advance(10_000, 1_000);
      succeed(breaker, 15);
      await lab.clock.advance(10_000, 1_000);

      await fail(breaker, 29);
      expect(breaker.state).to.equal("closed");
      await fail(breaker, 1);

      expect(breaker.state).to.equal("open");
    });

    it("keeps no timer", () => {
      lab.clock.restore();
      const before = timers();

      for (let n = 0; n < 100; n++) lab.breaker({ now: () => 0 });

      expect(timers()).to.equal(before);
    });
  });

  describe("while open", () => {
    it("refuses with the time to come back and what to do", async () => {
      const breaker = await lab.openBreaker();
      await lab.clock.advance(4_000);

      const refusal = breaker.refusal();

      expect(refusal).to.include({ code: "circuit_open", outcome: "not_sent", executed: "not_executed" });
      expect(refusal).to.include({ server: SERVER, retryable: true, retryAfterMs: 6_000 });
      expect(refusal?.fix[0]?.command).to.contain(SERVER);
    });

    it("is not closed by the late answer of a call from before", async () => {
      const breaker = await lab.openBreaker({ probe: dead });

      succeed(breaker, 100);
      await lab.clock.advance(9_000);

      expect(breaker.state).to.equal("open");
    });

    it("takes no notice of late failures", async () => {
      const breaker = await lab.openBreaker();
      await fail(breaker, 50);

      await lab.clock.advance(10_020);

      expect(lab.states).to.deep.equal(["open", "half_open", "closed"]);
    });
  });
});
