import { expect } from "chai";

import { UpstreamTimeout } from "../../src/domain/upstream-errors.ts";
import type { Attempt } from "../../src/resilience/resilience.ts";
import { proves } from "../support/proves.ts";
import { Later, callOf, failureOf, hang, refused, reset, tooMany } from "./attempts.ts";
import { settled } from "./fake-clock.ts";
import { GuardLab } from "./guard-lab.ts";

describe("UpstreamGuard, while the user is asked", () => {
  let lab: GuardLab;
  let user: Later<string>;
  beforeEach(() => {
    lab = new GuardLab();
    user = new Later();
  });
  afterEach(() => lab.close());

  /** Asks the user, and gives what he says as its answer. */
  const ask = (attempt: Attempt): Promise<string> => {
    attempt.sent();
    return attempt.waiting(() => user.promise);
  };

  it("gives the answer, and says that somebody was asked", async () => {
    const pending = lab.guard().run(callOf(), ask);
    user.resolve("yes");

    expect(await pending).to.deep.equal({ value: "yes", attempts: 1, asked: true });
  });

  it("lets the deadline wait, and its cap, too", async () => {
    const pending = lab.guard().run(callOf({ timeoutMs: 1_000, maxMs: 2_000 }), ask);
    await lab.clock.advance(100_000, 1_000);

    user.resolve("yes");

    expect((await pending).value).to.equal("yes");
  });

  it("lets the deadline go on where it stood when the user has answered", async () => {
    const pending = failureOf(
      lab.guard().run(callOf({ timeoutMs: 1_000 }), async (attempt) => {
        await ask(attempt);
        return hang(attempt);
      }),
    );
    await lab.clock.advance(50_000, 1_000);
    user.resolve("yes");
    await lab.clock.advance(900);
    let ended = false;
    pending.finally(() => (ended = true)).catch(() => {});
    await settled();
    expect(ended).to.equal(false);

    await lab.clock.advance(200);

    const error = await pending;
    expect(error).to.be.instanceOf(UpstreamTimeout).and.to.include({ executed: "unknown" });
    expect(error.details).to.include({ after_ms: 1_000 });
  });

  it("gives up its slot meanwhile, and takes one again without a wait", async () => {
    const guard = lab.guard({ concurrency: 1 });
    const work = new Later<string>();
    const asking = guard.run(callOf(), async (attempt) => {
      await ask(attempt);
      return work.promise;
    });
    await settled();
    expect(guard.inFlight).to.equal(0);
    const other = new Later<string>();
    const others = guard.run(callOf(), () => other.promise);

    user.resolve("yes");
    await settled();

    expect(guard.inFlight).to.equal(2);
    work.resolve("done");
    other.resolve("done, too");
    expect([(await asking).value, (await others).value]).to.deep.equal(["done", "done, too"]);
    expect(guard.inFlight).to.equal(0);
  });

  it("takes its slot back only after the last of several questions", async () => {
    const guard = lab.guard();
    const second = new Later<string>();
    const pending = guard.run(callOf({ timeoutMs: 1_000 }), async (attempt) =>
      Promise.all([ask(attempt), attempt.waiting(() => second.promise)]),
    );
    await lab.clock.advance(2_000);

    user.resolve("one");
    await lab.clock.advance(2_000);
    expect(guard.inFlight).to.equal(0);
    second.resolve("two");

    expect((await pending).value).to.deep.equal(["one", "two"]);
    expect(guard.inFlight).to.equal(0);
  });

  it("frees nothing twice when an upstream answers without waiting for its user", async () => {
    const guard = lab.guard({ concurrency: 1 });
    const result = await guard.run(callOf(), async (attempt) => {
      ask(attempt).catch(() => {});
      return "impatient";
    });
    user.resolve("too late");
    await settled();

    expect(result.value).to.equal("impatient");
    expect(guard.inFlight).to.equal(0);
  });

  it("ends when the caller leaves, with nothing left behind", async () => {
    const guard = lab.guard();
    const caller = new AbortController();
    let heard: AbortSignal | undefined;
    const pending = failureOf(
      guard.run(callOf({ signal: caller.signal }), (attempt) => {
        heard = attempt.signal;
        return ask(attempt);
      }),
    );
    await settled();

    caller.abort();

    expect(await pending).to.include({ code: "cancelled", executed: "unknown" });
    expect([heard?.aborted, guard.inFlight]).to.deep.equal([true, 0]);
    user.resolve("too late");
    await settled();
    expect(guard.inFlight).to.equal(0);
  });

  it("passes on what the question ends with", async () => {
    const pending = lab.guard().run(callOf(), async (attempt) => {
      try {
        return await ask(attempt);
      } catch (error) {
        return `no: ${String(error)}`;
      }
    });
    user.reject("declined");

    expect((await pending).value).to.equal("no: declined");
  });

  describe("a call in which a question was asked", () => {
    /** Fails once after its question, would succeed the second time. */
    function failingOnce(error: Error): { run: (attempt: Attempt) => Promise<string>; seen: number[] } {
      const seen: number[] = [];
      const run = async (attempt: Attempt): Promise<string> => {
        seen.push(attempt.number);
        if (attempt.number > 1) return "twice";
        await ask(attempt);
        throw error;
      };
      user.resolve("yes");
      return { run, seen };
    }

    it("is never repeated when its outcome is unknown, whatever the operator allows", async () => {
      proves("once.unknown");
      const { run, seen } = failingOnce(reset());

      const error = await failureOf(lab.after(5_000, lab.guard().run(callOf({ retryUnknown: true }), run)));

      expect(error).to.include({ code: "upstream_broken", executed: "unknown" });
      expect(seen).to.deep.equal([1]);
    });

    it("is repeated when its next leg was refused or not sent", async () => {
      for (const error of [tooMany(), refused()]) {
        user = new Later();
        const { run, seen } = failingOnce(error);

        const result = await lab.after(5_000, lab.guard().run(callOf(), run));

        const retried = [error.code];
        expect(result).to.deep.equal({ value: "twice", attempts: 2, asked: true, retried });
        expect(seen).to.deep.equal([1, 2]);
      }
    });

    it("never counts as not executed", async () => {
      const { run } = failingOnce(refused());

      const error = await failureOf(lab.after(5_000, lab.guard().run(callOf({ attempts: 1 }), run)));

      expect(error.executed).to.equal("unknown");
    });

    it("holds a slot again when the attempt failed while the question was open", async () => {
      const guard = lab.guard({ concurrency: 1 });
      const second = new Later<string>();
      const pending = guard.run(callOf(), async (attempt) => {
        if (attempt.number > 1) return second.promise;
        attempt.waiting(() => user.promise).catch(() => {});
        throw tooMany();
      });
      await lab.clock.advance(5_000);

      expect(guard.inFlight).to.equal(1);
      user.resolve("of the first attempt");
      await settled();
      expect(guard.inFlight).to.equal(1);
      second.resolve("done");
      expect((await pending).attempts).to.equal(2);
      expect(guard.inFlight).to.equal(0);
    });
  });

  it("still repeats a call that failed before anything was asked", async () => {
    const pending = lab.guard().run(callOf(), (attempt) => {
      if (attempt.number === 1) throw refused();
      return ask(attempt);
    });
    await lab.clock.advance(5_000);
    user.resolve("yes");

    const retried = ["upstream_unavailable"];
    expect(await pending).to.deep.equal({ value: "yes", attempts: 2, asked: true, retried });
  });
});
