import { expect } from "chai";

import { Later, refused, tooMany } from "./attempts.ts";
import { BreakerLab, dead, fail, succeed } from "./breaker-lab.ts";

describe("Breaker, in recovery", () => {
  let lab: BreakerLab;
  beforeEach(() => {
    lab = new BreakerLab();
  });
  afterEach(() => lab.close());

  describe("after its pause", () => {
    it("asks the upstream, and closes when it answers", async () => {
      let asked = 0;
      const breaker = await lab.openBreaker({ probe: async () => void asked++ });

      await lab.clock.advance(9_900);
      expect([asked, breaker.state]).to.deep.equal([0, "open"]);
      await lab.clock.advance(200);

      expect([asked, breaker.state]).to.deep.equal([1, "closed"]);
      expect(lab.states).to.deep.equal(["open", "half_open", "closed"]);
    });

    it("lets no call through while it waits for the answer", async () => {
      const breaker = await lab.openBreaker({ probe: () => new Promise(() => {}) });

      await lab.clock.advance(10_020);

      expect(breaker.state).to.equal("half_open");
      expect(breaker.refusal()).to.include({ code: "circuit_open", retryAfterMs: 1_000 });
    });

    it("takes a refusal of the probe for a sign of life", async () => {
      const breaker = await lab.openBreaker({ probe: () => Promise.reject(tooMany()) });

      await lab.clock.advance(10_020);

      expect(breaker.state).to.equal("closed");
    });

    it("begins with a clean sheet when it closes", async () => {
      const breaker = await lab.openBreaker();
      await lab.clock.advance(10_020);

      await fail(breaker, 9);

      expect(breaker.state).to.equal("closed");
    });

    it("doubles its pause with each failed probe, up to two minutes", async () => {
      await lab.openBreaker({ probe: dead });
      const openedAt: number[] = [];
      let last = lab.states.length;

      for (let second = 0; second < 600; second++) {
        await lab.clock.advance(1_000, 1_000);
        if (lab.states.length > last) openedAt.push(second + 1);
        last = lab.states.length;
      }

      expect(openedAt).to.deep.equal([10, 30, 70, 150, 270, 390, 510]);
    });

    it("comes a little early, so that many breakers do not ask at the same moment", async () => {
      let asked = 0;
      await lab.openBreaker({ random: () => 1, probe: async () => void asked++ });

      await lab.clock.advance(8_980);
      expect(asked).to.equal(0);
      await lab.clock.advance(40);

      expect(asked).to.equal(1);
    });

    it("goes on doubling for an upstream that fails again soon after it came back", async () => {
      const breaker = await lab.openBreaker();
      await lab.clock.advance(10_020);

      await fail(breaker, 10);

      expect(breaker.refusal()?.retryAfterMs).to.equal(20_000);
    });

    it("begins with the short pause again after the upstream was well for a while", async () => {
      const breaker = await lab.openBreaker();
      await lab.clock.advance(45_000, 1_000);

      await fail(breaker, 10);

      expect(breaker.refusal()?.retryAfterMs).to.equal(10_000);
    });

    it("gives up on a probe that hears and says nothing", async () => {
      let signal: AbortSignal | undefined;
      const breaker = await lab.openBreaker({
        probe: (given) => {
          signal = given;
          return new Promise(() => {});
        },
      });

      await lab.clock.advance(15_040);

      expect(signal?.aborted).to.equal(true);
      expect(breaker.state).to.equal("open");
    });

    it("opens again when the probe throws at once", async () => {
      await lab.openBreaker({
        probe: () => {
          throw new TypeError("a bug");
        },
      });

      await lab.clock.advance(10_020);

      expect(lab.states).to.deep.equal(["open", "half_open", "open"]);
    });

    it("closes and counts anew when there is no way to ask", async () => {
      const breaker = await lab.openBreaker({ probe: undefined });

      await lab.clock.advance(10_020);

      expect(breaker.state).to.equal("closed");
    });
  });

  describe("in the operator's hands", () => {
    it("stays open until it is closed by hand", async () => {
      const breaker = lab.breaker();
      breaker.force(true);

      await lab.clock.advance(60_000, 1_000);

      expect(breaker.state).to.equal("open");
      expect(breaker.refusal()).to.include({ retryable: false, retryAfterMs: undefined });
      breaker.force(false);
      expect(breaker.state).to.equal("closed");
      expect(lab.states).to.deep.equal(["open", "closed"]);
    });

    it("is closed by a reset, with nothing held against the upstream", async () => {
      const breaker = await lab.openBreaker({ probe: dead });
      await lab.clock.advance(10_020);

      breaker.reset();
      await fail(breaker, 9);

      expect(breaker.state).to.equal("closed");
      await fail(breaker, 1);
      expect(breaker.refusal()?.retryAfterMs).to.equal(10_000);
    });

    it("ignores the answer of a probe that was under way when it was reset", async () => {
      const answer = new Later<void>();
      const breaker = await lab.openBreaker({ probe: () => answer.promise });
      await lab.clock.advance(10_020);

      breaker.reset();
      answer.reject(refused());
      await lab.clock.advance(20);

      expect(breaker.state).to.equal("closed");
      expect(lab.states).to.deep.equal(["open", "half_open", "closed"]);
    });
  });

  it("obeys other settings than the usual ones", async () => {
    const breaker = lab.breaker({ settings: { minCalls: 2, failurePercent: 100, resetMs: 100 } });
    await fail(breaker, 1);
    succeed(breaker, 1);
    await fail(breaker, 1);
    expect(breaker.state).to.equal("closed");
    breaker.reset();

    await fail(breaker, 2);
    expect(breaker.state).to.equal("open");
    await lab.clock.advance(120);

    expect(breaker.state).to.equal("closed");
  });

  it("does nothing more once it is closed down", async () => {
    let asked = 0;
    const breaker = await lab.openBreaker({ probe: async () => void asked++ });

    breaker.close();
    await lab.clock.advance(20_000, 1_000);
    await fail(breaker, 20);

    expect(asked).to.equal(0);
    expect(lab.states).to.deep.equal(["open"]);
  });
});
