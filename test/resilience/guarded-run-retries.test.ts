import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import { UpstreamError } from "../../src/domain/upstream-errors.ts";
import { SERVER, Script, callOf, failureOf, refused, reset, tooMany } from "./attempts.ts";
import { GuardLab } from "./guard-lab.ts";

describe("UpstreamGuard, when attempts fail", () => {
  let lab: GuardLab;
  beforeEach(() => {
    lab = new GuardLab();
  });
  afterEach(() => lab.close());

  describe("a call that fails", () => {
    it("is tried again when nothing was sent, up to the number of attempts", async () => {
      const script = new Script(refused(), refused());

      const result = await lab.after(5_000, lab.guard().run(callOf(), script.run));

      const retried = ["upstream_unavailable", "upstream_unavailable"];
      expect(result).to.deep.equal({ value: "sunny", attempts: 3, asked: false, retried });
      expect(script.seen.map(({ number }) => number)).to.deep.equal([1, 2, 3]);
    });

    it("ends with the last attempt's error and the number of attempts", async () => {
      const script = new Script(refused(), refused(), tooMany(), refused());

      const error = await failureOf(lab.after(5_000, lab.guard().run(callOf(), script.run)));

      expect(error).to.be.instanceOf(UpstreamError);
      expect(error).to.include({ code: "upstream_rejected", executed: "not_executed" });
      const retried = ["upstream_unavailable", "upstream_unavailable"];
      expect(error.details).to.deep.equal({ server: SERVER, attempts: 3, retried });
      expect(script.seen).to.have.length(3);
    });

    it("is not tried again when its fate is unknown", async () => {
      const script = new Script(reset());

      const error = await failureOf(lab.after(5_000, lab.guard().run(callOf(), script.run)));

      expect(error).to.include({ code: "upstream_broken", executed: "unknown" });
      expect(script.seen).to.have.length(1);
    });

    it("is tried again after an unknown fate when the operator allows it", async () => {
      const script = new Script(reset());

      const result = await lab.after(5_000, lab.guard().run(callOf({ retryUnknown: true }), script.run));

      expect(result.attempts).to.equal(2);
    });

    it("stays of unknown fate, however its later attempts end", async () => {
      const script = new Script(reset(), refused(), refused());

      const error = await failureOf(
        lab.after(5_000, lab.guard().run(callOf({ retryUnknown: true }), script.run)),
      );

      expect(error).to.include({ code: "upstream_unavailable", executed: "unknown", retryable: false });
      expect(script.seen).to.have.length(3);
    });

    it("is tried once when it may be tried once", async () => {
      const script = new Script(refused());

      const error = await failureOf(lab.after(5_000, lab.guard().run(callOf({ attempts: 1 }), script.run)));

      expect(error.details["attempts"]).to.equal(1);
    });

    it("waits as long as the upstream asks before the next attempt", async () => {
      const script = new Script(tooMany(5_000));
      const pending = lab.guard().run(callOf(), script.run);

      await lab.clock.advance(4_980);
      expect(script.seen).to.have.length(1);
      await lab.clock.advance(40);

      expect(script.seen).to.have.length(2);
      expect((await pending).value).to.equal("sunny");
    });

    it("gives up at once when the upstream asks for too long, and passes the request on", async () => {
      const script = new Script(tooMany(30_000));

      const error = await failureOf(lab.guard().run(callOf(), script.run));

      expect(error).to.include({ code: "upstream_rejected", retryAfterMs: 30_000 });
    });

    it("gives up at once when the next attempt would begin after the deadline", async () => {
      const script = new Script(tooMany(5_000));

      const error = await failureOf(lab.guard().run(callOf({ timeoutMs: 4_000 }), script.run));

      expect(error.code).to.equal("upstream_rejected");
    });

    it("tells of each retry", async () => {
      let retries = 0;
      const script = new Script(refused(), refused());

      await lab.after(5_000, lab.guard({ onRetry: () => retries++ }).run(callOf(), script.run));

      expect(retries).to.equal(2);
    });

    it("gets no retry once the budget is spent", async () => {
      const guard = lab.guard({ concurrency: 100 });
      const scripts = Array.from({ length: 40 }, () => new Script(tooMany(), tooMany(), tooMany()));

      const all = Promise.allSettled(scripts.map(({ run }) => guard.run(callOf(), run)));
      await lab.after(1_000, all);

      const attempts = scripts.reduce((sum, { seen }) => sum + seen.length, 0);
      expect(attempts).to.be.within(45, 40 + 10 + 4 + 3);
    });

    it("rises as it is when the error is not the upstream's", async () => {
      const script = new Script(new GatewayError("needs_input", "A secret is missing."));

      const error = await failureOf(lab.after(1_000, lab.guard().run(callOf(), script.run)));

      expect(error).to.include({
        code: "needs_input",
        executed: "not_executed",
        message: "A secret is missing.",
      });
      expect(script.seen).to.have.length(1);
    });

    it("is an internal error when the attempt has a bug, also one before its first wait", async () => {
      const guard = lab.guard();

      const error = await failureOf(
        guard.run(callOf(), () => {
          throw new TypeError("a bug");
        }),
      );

      expect(error).to.include({ code: "internal", executed: "not_executed" });
      expect(guard.inFlight).to.equal(0);
    });

    it("shares its last error with nobody", async () => {
      const shared = refused();
      const guard = lab.guard();

      const errors = await Promise.all(
        [1, 2].map(() => failureOf(guard.run(callOf({ attempts: 1 }), () => Promise.reject(shared)))),
      );

      expect(errors[0]).to.not.equal(errors[1]);
      expect(shared.details).to.deep.equal({ server: SERVER });
    });
  });
});
