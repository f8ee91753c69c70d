import { expect } from "chai";

import type { ErrorCode } from "../../src/domain/errors.ts";
import { UpstreamError, UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { Backoff } from "../../src/upstream/backoff.ts";

const ERROR = new UpstreamUnavailable("up", "it is down");

describe("Backoff", () => {
  let now: number;
  let backoff: Backoff;

  beforeEach(() => {
    now = 1_000;
    backoff = new Backoff(
      () => now,
      () => 1,
    );
  });

  /** How long nothing is tried from now on. */
  function pauseMs(): number {
    const from = now;
    while (backoff.refusal !== undefined) now += 50;
    return now - from;
  }

  it("refuses nothing at first", () => {
    expect(backoff.refusal).to.equal(undefined);
  });

  it("gives the last error until the pause has passed", () => {
    backoff.failed(ERROR);

    expect(backoff.refusal).to.equal(ERROR);
    now += 499;
    expect(backoff.refusal).to.equal(ERROR);
    now += 1;
    expect(backoff.refusal).to.equal(undefined);
  });

  it("doubles the pause with each failure, up to half a minute", () => {
    const pauses = Array.from({ length: 9 }, () => {
      backoff.failed(ERROR);
      return pauseMs();
    });

    expect(pauses).to.deep.equal([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it("begins anew after a success", () => {
    for (let i = 0; i < 5; i++) backoff.failed(ERROR);

    backoff.connected();

    expect(backoff.refusal).to.equal(undefined);
    backoff.failed(ERROR);
    expect(pauseMs()).to.equal(500);
  });

  it("waits as long as the upstream asks, within reason", () => {
    const busy = (retryAfterMs: number) =>
      new UpstreamError("upstream_rejected", "up", "not_sent", "busy", { retryAfterMs });
    backoff.failed(busy(5_000));
    expect(pauseMs()).to.equal(5_000);

    backoff.failed(busy(3_600_000));
    expect(pauseMs()).to.equal(30_000);
  });

  it("makes pauses that differ, so that not all come back at once", () => {
    const chance = [0, 0.5, 1].map((random) => {
      backoff = new Backoff(
        () => now,
        () => random,
      );
      backoff.failed(ERROR);
      return pauseMs();
    });

    expect(chance).to.deep.equal([400, 450, 500]);
  });

  it("forgives the first sudden end of a connection, and no series of them", () => {
    const end = (livedMs: number): number => {
      backoff.connected();
      backoff.ended(ERROR, livedMs);
      return pauseMs();
    };

    expect([end(100), end(100), end(100), end(100)]).to.deep.equal([0, 500, 1_000, 2_000]);
    expect(end(10_000)).to.equal(0);
    expect([end(100), end(100)]).to.deep.equal([0, 500]);
  });

  it("tells how long the pause still is", () => {
    expect(backoff.waitMs).to.equal(0);

    backoff.failed(ERROR);

    expect(backoff.waitMs).to.equal(500);
    now += 200;
    expect(backoff.waitMs).to.equal(300);
    now += 1_000;
    expect(backoff.waitMs).to.equal(0);
    backoff.failed(ERROR);
    backoff.connected();
    expect(backoff.waitMs).to.equal(0);
  });

  describe("when only somebody else can help", () => {
    const parked = (code: ErrorCode) => backoff.failed(new UpstreamError(code, "up", "rejected", "Closed."));

    for (const code of [
      "upstream_auth_required",
      "needs_input",
      "egress_denied",
      "config_invalid",
    ] as const) {
      it(`waits long with what nobody has asked for after ${code}, and no longer than usual with a call`, () => {
        parked(code);

        expect(backoff.retryInMs).to.equal(600_000);
        expect(backoff.waitMs).to.equal(500);
        now += 600_000;
        expect(backoff.retryInMs).to.equal(0);
      });
    }

    it("forgets it with a connection", () => {
      parked("upstream_auth_required");

      backoff.connected();

      expect(backoff.retryInMs).to.equal(0);
    });

    it("waits as usual with anything else", () => {
      backoff.failed(ERROR);

      expect(backoff.retryInMs).to.equal(backoff.waitMs);
    });
  });

  it("does not wait when the gateway itself had no room", () => {
    backoff.failed(new UpstreamError("upstream_busy", "up", "not_sent", "Too many."));

    expect(backoff.refusal).to.equal(undefined);
  });
});
