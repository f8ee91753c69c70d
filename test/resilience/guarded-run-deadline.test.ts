import { expect } from "chai";

import { UpstreamTimeout } from "../../src/domain/upstream-errors.ts";
import type { Attempt } from "../../src/resilience/resilience.ts";
import { proves } from "../support/proves.ts";
import { Later, SERVER, Script, callOf, deaf, failureOf, hang, refused, reset } from "./attempts.ts";
import { settled } from "./fake-clock.ts";
import { GuardLab } from "./guard-lab.ts";

/** Never even gets a connection. */
const stuck = (): Promise<never> => new Promise(() => {});

describe("UpstreamGuard, when time runs out", () => {
  let lab: GuardLab;
  beforeEach(() => {
    lab = new GuardLab();
  });
  afterEach(() => lab.close());

  describe("the deadline", () => {
    it("ends a call that was sent as unknown", async () => {
      const error = await failureOf(lab.after(1_040, lab.guard().run(callOf({ timeoutMs: 1_000 }), hang)));

      expect(error).to.be.instanceOf(UpstreamTimeout);
      expect(error).to.include({ code: "upstream_timeout", executed: "unknown" });
      expect(error.details).to.deep.equal({ server: SERVER, after_ms: 1_000, attempts: 1 });
    });

    it("ends a call that was never sent as not executed", async () => {
      const error = await failureOf(lab.after(1_040, lab.guard().run(callOf({ timeoutMs: 1_000 }), stuck)));

      expect(error).to.include({ code: "upstream_timeout", executed: "not_executed" });
    });

    it("aborts the attempt with the error that the caller gets", async () => {
      let signal: AbortSignal | undefined;
      const error = await failureOf(
        lab.after(
          1_040,
          lab.guard().run(callOf({ timeoutMs: 1_000 }), (attempt) => {
            ({ signal } = attempt);
            return hang(attempt);
          }),
        ),
      );

      expect(signal?.aborted).to.equal(true);
      expect(signal?.reason).to.equal(error);
    });

    it("does not wait for an attempt that does not hear", async () => {
      const guard = lab.guard();

      const error = await failureOf(lab.after(1_040, guard.run(callOf({ timeoutMs: 1_000 }), deaf)));

      expect(error.code).to.equal("upstream_timeout");
      expect(guard.inFlight).to.equal(0);
    });

    it("ignores an answer that comes too late", async () => {
      const guard = lab.guard();
      const late = new Later<string>();
      const pending = failureOf(guard.run(callOf({ timeoutMs: 1_000 }), () => late.promise));
      await lab.clock.advance(1_040);

      late.resolve("sunny");
      await settled();

      expect((await pending).code).to.equal("upstream_timeout");
      expect(guard.inFlight).to.equal(0);
    });

    it("is one for all attempts together", async () => {
      const script = new Script(refused());
      const pending = lab.guard().run(callOf({ timeoutMs: 1_000 }), async (attempt) => {
        await script.run(attempt);
        return hang(attempt);
      });

      const error = await failureOf(lab.after(1_040, pending));

      expect(error).to.include({ code: "upstream_timeout", executed: "unknown" });
      expect(error.details).to.include({ attempts: 2, after_ms: 1_000 });
    });

    it("counts an earlier attempt of unknown fate, even if the last one was not sent", async () => {
      const script = new Script(reset());
      const call = callOf({ timeoutMs: 1_000, retryUnknown: true });

      const error = await failureOf(
        lab.after(
          1_040,
          lab.guard().run(call, async (attempt) => {
            await script.run(attempt);
            return new Promise(() => {});
          }),
        ),
      );

      expect(error.executed).to.equal("unknown");
    });

    it("moves with progress", async () => {
      proves("call.deadline");
      const guard = lab.guard();
      let attempt: Attempt | undefined;
      const pending = failureOf(
        guard.run(callOf({ timeoutMs: 1_000 }), (given) => {
          attempt = given;
          return hang(given);
        }),
      );

      await lab.clock.advance(800);
      attempt?.progress();
      await lab.clock.advance(800);
      expect(guard.inFlight).to.equal(1);
      await lab.clock.advance(240);

      const error = await pending;
      expect(error).to.include({ code: "upstream_timeout" });
      expect(error.details["after_ms"]).to.equal(1_800);
    });

    it("never moves past the longest time that a call may take", async () => {
      proves("call.deadline");
      const call = callOf({ timeoutMs: 1_000, maxMs: 2_500 });
      let attempt: Attempt | undefined;
      const pending = failureOf(
        lab.guard().run(call, (given) => {
          attempt = given;
          return hang(given);
        }),
      );

      for (let n = 0; n < 30; n++) {
        attempt?.progress();
        await lab.clock.advance(100);
      }

      expect((await pending).details["after_ms"]).to.equal(2_500);
    });

    it("is not moved by an attempt that is over", async () => {
      const script = new Script(refused());
      const pending = failureOf(
        lab.guard().run(callOf({ timeoutMs: 1_000 }), async (attempt) => {
          await script.run(attempt);
          return new Promise(() => {});
        }),
      );

      await lab.clock.advance(800);
      script.seen[0]?.progress();
      script.seen[0]?.sent();
      await lab.clock.advance(240);

      const error = await pending;
      expect(error).to.include({ executed: "not_executed" });
      expect(error.details["after_ms"]).to.equal(1_000);
    });

    it("runs while a call waits for a slot", async () => {
      const guard = lab.guard({ concurrency: 1, queueWaitMs: 10_000 });
      guard.run(callOf(), deaf).catch(() => {});

      const error = await failureOf(lab.after(540, guard.run(callOf({ timeoutMs: 500 }), deaf)));

      expect(error).to.include({ code: "upstream_timeout", executed: "not_executed" });
      expect(guard.queued).to.equal(0);
    });

    it("may be longer than a timer can count", async () => {
      const guard = lab.guard();

      const pending = guard.run(callOf({ timeoutMs: 2 ** 40, maxMs: 2 ** 41 }), hang);
      pending.catch(() => {});
      await lab.clock.advance(60_000, 1_000);

      expect(guard.inFlight).to.equal(1);
    });
  });
});
