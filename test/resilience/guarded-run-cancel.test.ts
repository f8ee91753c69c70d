import { expect } from "chai";

import { UpstreamError } from "../../src/domain/upstream-errors.ts";
import { Script, callOf, deaf, failureOf, hang, refused } from "./attempts.ts";
import { settled } from "./fake-clock.ts";
import { GuardLab } from "./guard-lab.ts";

describe("UpstreamGuard, when callers leave", () => {
  let lab: GuardLab;
  beforeEach(() => {
    lab = new GuardLab();
  });
  afterEach(() => lab.close());

  describe("a caller that leaves", () => {
    it("ends a call that was sent at once, as unknown, and stops the attempt", async () => {
      const guard = lab.guard();
      const caller = new AbortController();
      let signal: AbortSignal | undefined;
      const pending = failureOf(
        guard.run(callOf({ signal: caller.signal }), (attempt) => {
          ({ signal } = attempt);
          return deaf(attempt);
        }),
      );

      caller.abort();

      const error = await pending;
      expect(error).to.include({ code: "cancelled", executed: "unknown" });
      expect(error).to.not.be.instanceOf(UpstreamError);
      expect(signal?.aborted).to.equal(true);
      expect(guard.inFlight).to.equal(0);
    });

    it("ends a call that was not sent as not executed", async () => {
      const caller = new AbortController();
      const pending = failureOf(
        lab.guard().run(callOf({ signal: caller.signal }), () => new Promise(() => {})),
      );

      caller.abort();

      expect((await pending).executed).to.equal("not_executed");
    });

    it("starts nothing when it has left before", async () => {
      const guard = lab.guard();
      const script = new Script();

      const error = await failureOf(guard.run(callOf({ signal: AbortSignal.abort() }), script.run));

      expect(error).to.include({ code: "cancelled", executed: "not_executed" });
      expect(script.seen).to.have.length(0);
      expect(guard.inFlight).to.equal(0);
    });

    it("gives up its place in the queue", async () => {
      const guard = lab.guard({ concurrency: 1 });
      const caller = new AbortController();
      guard.run(callOf(), deaf).catch(() => {});
      const pending = failureOf(guard.run(callOf({ signal: caller.signal }), deaf));
      expect(guard.queued).to.equal(1);

      caller.abort();

      expect((await pending).executed).to.equal("not_executed");
      expect([guard.inFlight, guard.queued]).to.deep.equal([1, 0]);
    });

    it("ends the pause between two attempts", async () => {
      const guard = lab.guard();
      const caller = new AbortController();
      const script = new Script(refused());
      const pending = failureOf(guard.run(callOf({ signal: caller.signal }), script.run));
      await settled();

      caller.abort();

      expect((await pending).code).to.equal("cancelled");
      await lab.clock.advance(5_000);
      expect(script.seen).to.have.length(1);
      expect(guard.inFlight).to.equal(0);
    });

    it("holds nothing against the upstream", async () => {
      const guard = lab.guard({ concurrency: 100 });
      const callers = Array.from({ length: 50 }, () => new AbortController());
      const calls = callers.map(({ signal }) => failureOf(guard.run(callOf({ signal }), hang)));

      for (const caller of callers) caller.abort();
      await Promise.all(calls);

      expect(guard.state).to.equal("closed");
    });

    it("frees every slot when five hundred leave in mid-call", async () => {
      const guard = lab.guard({ concurrency: 300, queue: 400 });
      const callers = Array.from({ length: 500 }, () => new AbortController());
      let running = 0;
      const calls = callers.map(({ signal }, n) =>
        failureOf(
          guard.run(callOf({ signal }), (attempt) => {
            running++;
            return (n % 2 === 0 ? hang : deaf)(attempt);
          }),
        ),
      );
      expect([guard.inFlight, guard.queued, running]).to.deep.equal([300, 200, 300]);

      for (const caller of callers.toReversed()) caller.abort();
      const codes = new Set((await Promise.all(calls)).map(({ code }) => code));

      expect([...codes]).to.deep.equal(["cancelled"]);
      expect([guard.inFlight, guard.queued]).to.deep.equal([0, 0]);
      expect((await guard.run(callOf(), async () => "sunny")).value).to.equal("sunny");
    });
  });
});
