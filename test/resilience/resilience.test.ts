import { getEventListeners } from "node:events";

import { expect } from "chai";

import { UpstreamError } from "../../src/domain/upstream-errors.ts";
import type { UpstreamGuard } from "../../src/resilience/resilience.ts";
import { Later, Script, callOf, deaf, failureOf, refused, reset, tooMany } from "./attempts.ts";
import { settled } from "./fake-clock.ts";
import { GuardLab } from "./guard-lab.ts";

const flooded = (): Script => new Script(tooMany(), tooMany(), tooMany());

describe("UpstreamGuard", () => {
  let lab: GuardLab;
  beforeEach(() => {
    lab = new GuardLab();
  });
  afterEach(() => lab.close());

  describe("a call that succeeds", () => {
    it("gives the value and says how many attempts it took", async () => {
      const result = await lab.guard().run(callOf(), async () => "sunny");

      expect(result).to.deep.equal({ value: "sunny", attempts: 1, asked: false });
    });

    it("gives its slot back and leaves no listener on the caller's signal", async () => {
      const guard = lab.guard();
      const { signal } = new AbortController();

      await guard.run(callOf({ signal }), async () => "sunny");

      expect(getEventListeners(signal, "abort")).to.have.length(0);
      expect([guard.inFlight, guard.queued]).to.deep.equal([0, 0]);
    });

    it("is never repeated, whatever it answers", async () => {
      const script = new Script();

      await lab.guard().run(callOf({ retryUnknown: true }), async (attempt) => {
        await script.run(attempt);
        return { isError: true };
      });

      expect(script.seen).to.have.length(1);
    });
  });

  describe("the bulkhead", () => {
    it("never lets more calls through than the upstream may have at once", async () => {
      const guard = lab.guard({ concurrency: 4 });
      let running = 0;
      let most = 0;
      const work = async (): Promise<void> => {
        most = Math.max(most, ++running);
        await settled();
        running--;
      };

      await Promise.all(Array.from({ length: 60 }, () => guard.run(callOf(), work)));

      expect(most).to.equal(4);
      expect([guard.inFlight, guard.queued]).to.deep.equal([0, 0]);
    });

    it("refuses at once when the queue is full", async () => {
      const guard = lab.guard({ concurrency: 1, queue: 1 });
      guard.run(callOf(), deaf).catch(() => {});
      guard.run(callOf(), deaf).catch(() => {});

      const error = await failureOf(guard.run(callOf(), deaf));

      expect(error).to.include({ code: "upstream_busy", executed: "not_executed", retryable: true });
      expect(error.retryAfterMs).to.equal(1_000);
    });

    it("refuses a call that has waited for a second", async () => {
      const guard = lab.guard({ concurrency: 1 });
      guard.run(callOf(), deaf).catch(() => {});
      const script = new Script();

      const error = await failureOf(lab.after(1_040, guard.run(callOf(), script.run)));

      expect(error.code).to.equal("upstream_busy");
      expect(script.seen).to.have.length(0);
      expect([guard.inFlight, guard.queued]).to.deep.equal([1, 0]);
    });

    it("does not open the breaker", async () => {
      const guard = lab.guard({ concurrency: 1, queue: 0 });
      guard.run(callOf(), deaf).catch(() => {});

      await Promise.all(Array.from({ length: 50 }, () => failureOf(guard.run(callOf(), deaf))));

      expect(guard.state).to.equal("closed");
    });
  });

  describe("the breaker", () => {
    const once = callOf({ attempts: 1 });

    async function breakDown(guard: UpstreamGuard): Promise<void> {
      for (let n = 0; n < 10; n++) await failureOf(guard.run(once, () => Promise.reject(reset())));
    }

    it("opens after failures, and no call reaches the upstream", async () => {
      const states: string[] = [];
      const guard = lab.guard({ onState: (state) => states.push(state) });
      const script = new Script();

      await breakDown(guard);
      const error = await failureOf(guard.run(once, script.run));

      expect(error).to.include({ code: "circuit_open", executed: "not_executed", retryAfterMs: 10_000 });
      expect(error.fix).to.have.length(1);
      expect(script.seen).to.have.length(0);
      expect([guard.state, guard.inFlight, ...states]).to.deep.equal(["open", 0, "open"]);
    });

    it("reports how it is, also before it was ever used", async () => {
      const guard = lab.guard();
      expect(guard.report).to.deep.include({ state: "closed", calls: 0, failures: 0, openings: 0 });

      await guard.run(once, new Script().run);
      await breakDown(guard);

      expect(guard.report).to.deep.equal({
        state: "open",
        forced: false,
        retryInMs: 10_000,
        calls: 10,
        failures: 9,
        openings: 1,
      });
    });

    it("reports that an operator has opened it, and tells of no time", async () => {
      const guard = lab.guard();

      guard.force(true);

      expect(guard.report).to.deep.include({ state: "open", forced: true, retryInMs: undefined });
    });

    it("is told to be closed when the guard ends, for what comes after it begins afresh", async () => {
      const states: string[] = [];
      const guard = lab.guard({ onState: (state) => states.push(state) });
      guard.force(true);

      guard.close();
      guard.close();

      expect(states).to.deep.equal(["open", "closed"]);
    });

    it("learns nothing from calls to a process that is parked", async () => {
      const guard = lab.guard();
      const parked = new UpstreamError("crash_loop", "weather", "not_sent", "It crashes.");

      for (let n = 0; n < 20; n++) await failureOf(guard.run(once, () => Promise.reject(parked)));

      expect(guard.report).to.deep.include({ state: "closed", calls: 0 });
    });

    it("does not hold a call to a parked process back for another attempt", async () => {
      const guard = lab.guard();
      const parked = new UpstreamError("crash_loop", "weather", "not_sent", "It crashes.", {
        retryAfterMs: 5_000,
      });
      let attempts = 0;

      await failureOf(
        guard.run(callOf({ attempts: 3 }), () => {
          attempts += 1;
          return Promise.reject(parked);
        }),
      );

      expect(attempts).to.equal(1);
    });

    it("is opened by timeouts", async () => {
      const guard = lab.guard({ concurrency: 20 });

      const calls = Array.from({ length: 10 }, () => failureOf(guard.run(callOf({ timeoutMs: 100 }), deaf)));
      await lab.after(140, Promise.all(calls));

      expect(guard.state).to.equal("open");
    });

    it("does not blame the upstream for a deadline that passed between two attempts", async () => {
      const guard = lab.guard({ concurrency: 20, random: () => 0.99 });
      const calls = Array.from({ length: 10 }, () =>
        failureOf(guard.run(callOf({ timeoutMs: 450 }), flooded().run)),
      );
      await lab.after(1_000, Promise.all(calls));

      expect(guard.state).to.equal("closed");
    });

    it("gives the upstream's own error to the call that opened it, without another attempt", async () => {
      const guard = lab.guard();
      await Promise.all(
        Array.from({ length: 9 }, () => failureOf(guard.run(once, () => Promise.reject(refused())))),
      );
      const script = new Script(refused());

      const error = await failureOf(lab.after(5_000, guard.run(callOf(), script.run)));

      expect(error.code).to.equal("upstream_unavailable");
      expect(script.seen).to.have.length(1);
    });

    it("stops a call that was waiting for its next attempt when it opened", async () => {
      const guard = lab.guard();
      const script = new Script(refused());
      const waiting = failureOf(guard.run(callOf(), script.run));
      await settled();

      await breakDown(guard);
      await lab.clock.advance(2_000);

      expect((await waiting).code).to.equal("upstream_unavailable");
      expect(script.seen).to.have.length(1);
    });

    it("sends only the probe when its pause is over, never a user's call", async () => {
      let probed = 0;
      const answer = new Later<void>();
      const guard = lab.guard({
        probe: () => {
          probed++;
          return answer.promise;
        },
      });
      await breakDown(guard);
      await lab.clock.advance(10_020);
      const script = new Script();

      const error = await failureOf(guard.run(callOf(), script.run));

      expect([guard.state, probed, script.seen.length]).to.deep.equal(["half_open", 1, 0]);
      expect(error.code).to.equal("circuit_open");
      answer.resolve();
      await settled();
      expect(guard.state).to.equal("closed");
      expect((await guard.run(callOf(), script.run)).value).to.equal("sunny");
    });

    it("can be opened and closed by hand, and reset", async () => {
      const guard = lab.guard();
      guard.force(true);
      expect((await failureOf(guard.run(callOf(), deaf))).code).to.equal("circuit_open");

      guard.force(false);
      expect((await guard.run(callOf(), async () => "sunny")).value).to.equal("sunny");

      await breakDown(guard);
      guard.reset();
      expect(guard.state).to.equal("closed");
    });

    it("costs nothing before the first call", () => {
      const guard = lab.guard();

      guard.reset();

      expect([guard.state, guard.inFlight, guard.queued]).to.deep.equal(["closed", 0, 0]);
    });
  });

  describe("once closed", () => {
    it("refuses new and waiting calls, and lets those in flight end", async () => {
      const guard = lab.guard({ concurrency: 1 });
      const answer = new Later<string>();
      const inFlight = guard.run(callOf(), () => answer.promise);
      const waiting = failureOf(guard.run(callOf(), deaf));

      guard.close();
      guard.force(true);
      const late = await failureOf(guard.run(callOf(), deaf));
      answer.resolve("sunny");

      expect((await waiting).code).to.equal("upstream_busy");
      expect(late).to.include({ code: "upstream_unavailable", executed: "not_executed" });
      expect((await inFlight).value).to.equal("sunny");
      expect(guard.inFlight).to.equal(0);
    });
  });
});
