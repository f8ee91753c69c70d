import { expect } from "chai";
import * as fc from "fast-check";

import { type ErrorCode, GatewayError } from "../../src/domain/errors.ts";
import type { AttemptOutcome } from "../../src/domain/outcome.ts";
import { UpstreamError, UpstreamTimeout } from "../../src/domain/upstream-errors.ts";
import { retryDelayMs } from "../../src/resilience/retry-law.ts";
import { SERVER, refused, reset, tooMany } from "./attempts.ts";

const half = (): number => 0.5;

function delayAfter(
  error: unknown,
  options: { attempt?: number; retryUnknown?: boolean; random?: () => number } = {},
) {
  return retryDelayMs(error, { attempt: 1, retryUnknown: false, random: half, ...options });
}

function upstreamError(code: ErrorCode, outcome: AttemptOutcome): UpstreamError {
  return new UpstreamError(code, SERVER, outcome, "It failed.");
}

describe("the retry law", () => {
  it("repeats what never left the gateway, whatever the tool", () => {
    expect(delayAfter(refused())).to.be.a("number");
  });

  it("repeats what the upstream refused before doing anything, whatever the tool", () => {
    expect(delayAfter(tooMany())).to.be.a("number");
  });

  it("does not repeat what would fail in the same way again", () => {
    const refusedForGood = new UpstreamError("upstream_rejected", SERVER, "rejected", "404", {
      retryable: false,
    });
    expect(delayAfter(refusedForGood)).to.equal(undefined);
    expect(delayAfter(refusedForGood, { retryUnknown: true })).to.equal(undefined);
  });

  it("repeats a call of unknown fate only with the operator's consent", () => {
    expect(delayAfter(reset())).to.equal(undefined);
    expect(delayAfter(reset(), { retryUnknown: true })).to.be.a("number");
  });

  it("treats a timeout like any other outcome: by whether something was sent", () => {
    expect(delayAfter(new UpstreamTimeout(SERVER, 10, true))).to.equal(undefined);
    expect(delayAfter(new UpstreamTimeout(SERVER, 10, false))).to.be.a("number");
  });

  for (const code of [
    "upstream_auth_required",
    "upstream_reply_too_large",
    "needs_input",
    "egress_denied",
    "cancelled",
    "circuit_open",
    "shutting_down",
  ] as const) {
    it(`never repeats after ${code}`, () => {
      expect(delayAfter(upstreamError(code, "not_sent"), { retryUnknown: true })).to.equal(undefined);
      expect(delayAfter(new GatewayError(code, "It failed."), { retryUnknown: true })).to.equal(undefined);
    });
  }

  it("never repeats after an error that did not come from the upstream", () => {
    expect(delayAfter(new TypeError("a bug"), { retryUnknown: true })).to.equal(undefined);
    expect(delayAfter("a string", { retryUnknown: true })).to.equal(undefined);
    expect(delayAfter(undefined, { retryUnknown: true })).to.equal(undefined);
  });

  it("waits as long as the upstream asks for", () => {
    expect(delayAfter(tooMany(5_000))).to.equal(5_000);
    expect(delayAfter(tooMany(10_000))).to.equal(10_000);
  });

  it("gives up at once when the upstream asks for more than ten seconds", () => {
    expect(delayAfter(tooMany(10_001))).to.equal(undefined);
  });

  it("keeps its own pause when the upstream asks for a shorter one", () => {
    expect(delayAfter(tooMany(1), { random: () => 0 })).to.equal(100);
  });

  it("lets the pauses grow with each attempt", () => {
    const longest = [1, 2, 3, 4].map((attempt) => delayAfter(refused(), { attempt, random: () => 1 }));

    expect(longest).to.deep.equal([400, 1_600, 2_000, 2_000]);
  });

  it("always waits between 100 ms and 2 s when the upstream does not ask for anything", () => {
    const attempt = fc.integer({ min: 1, max: 50 });
    const chance = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(attempt, chance, (number, random) => {
        const delay = delayAfter(refused(), { attempt: number, random: () => random });
        expect(delay).to.be.within(100, 2_000);
      }),
    );
  });
});
