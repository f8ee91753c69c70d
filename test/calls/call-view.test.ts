import { expect } from "chai";

import { callView } from "../../src/calls/call-view.ts";
import { GatewayError } from "../../src/domain/errors.ts";
import { UpstreamError } from "../../src/domain/upstream-errors.ts";
import { CallRecord } from "../../src/observability/call-record.ts";
import { ORIGIN } from "../support/call-log.ts";

/** A call whose clock is set by hand: milliseconds after the arrival. */
class SetRecord extends CallRecord {
  clock = 0;

  constructor() {
    const arrivedAt = performance.now();
    super({ ...ORIGIN, arrivedAt, authenticatedAt: arrivedAt + 1 });
  }

  override elapsed(): number {
    return (this.clock ?? 0) * 1_000;
  }

  setTo(ms: number): this {
    this.clock = ms;
    return this;
  }
}

const tooMany = new UpstreamError("upstream_rejected", "weather", "rejected", "Too many.");

describe("callView", () => {
  it("shows where the time of a call went", () => {
    const record = new SetRecord();
    record.admitted = 2_000;
    record.granted = 5_000;
    record.setTo(5).attempt(1);
    record.answered = 25_000;
    record.ended = 26_000;
    record.succeeded("ok");

    const view = callView(record, "call_1");

    expect(view.waterfall).to.deep.equal([
      { phase: "authentication", start_ms: 0, duration_ms: 1 },
      { phase: "reading", start_ms: 1, duration_ms: 0 },
      { phase: "policy", start_ms: 0, duration_ms: 2 },
      { phase: "queue", start_ms: 2, duration_ms: 3 },
      { phase: "attempt", start_ms: 5, duration_ms: 20, attempt: 1, outcome: "ok" },
      { phase: "answer", start_ms: 25, duration_ms: 1 },
    ]);
    expect(view).to.include({
      duration_ms: 26,
      upstream_ms: 20,
      attempts: 1,
      breaker: "closed",
      cache: "off",
    });
    expect(view).to.include({ executed: "executed", idempotency: "none" }).and.not.have.property("code");
  });

  it("shows each attempt, the pauses between them, and why there was more than one", () => {
    const record = new SetRecord();
    record.admitted = 0;
    record.granted = 0;
    record.setTo(0).attempt(1);
    record.setTo(10).attemptFailed(tooMany);
    record.setTo(110).attempt(2);
    record.setTo(130).attemptFailed(new GatewayError("upstream_timeout", "Late.", { executed: "unknown" }));
    record.ended = 131_000;
    record.refused("unknown", new GatewayError("upstream_timeout", "Late.", { executed: "unknown" }));

    const view = callView(record, "call_1");

    expect(view.waterfall.slice(4)).to.deep.equal([
      {
        phase: "attempt",
        start_ms: 0,
        duration_ms: 10,
        attempt: 1,
        outcome: "rejected",
        code: "upstream_rejected",
      },
      { phase: "pause", start_ms: 10, duration_ms: 100 },
      {
        phase: "attempt",
        start_ms: 110,
        duration_ms: 20,
        attempt: 2,
        outcome: "unknown",
        code: "upstream_timeout",
      },
    ]);
    expect(view).to.include({ attempts: 2, upstream_ms: 30, executed: "unknown", code: "upstream_timeout" });
    expect(view.retried).to.deep.equal(["upstream_rejected"]);
  });

  it("shows a hit in the cache without an attempt", () => {
    const record = new SetRecord();
    record.admitted = 1_000;
    record.cache = "hit";
    record.ended = 2_000;
    record.succeeded("ok");

    const view = callView(record, "call_1");

    expect(view.waterfall.at(-1)).to.deep.equal({ phase: "cache", start_ms: 1, duration_ms: 1 });
    expect(view).to.include({ attempts: 0, upstream_ms: 0, breaker: "not_reached", cache: "hit" });
  });

  it("shows the key and a miss in the cache before the queue", () => {
    const record = new SetRecord();
    [record.admitted, record.keyed, record.missed, record.granted] = [1_000, 3_000, 4_000, 6_000];
    record.setTo(6).attempt(1);
    [record.answered, record.ended] = [7_000, 8_000];
    record.key = "new";
    record.succeeded("tool_error");

    const phases = callView(record, "call_1").waterfall.map(({ phase, duration_ms }) => [phase, duration_ms]);

    expect(phases.slice(3)).to.deep.equal([
      ["idempotency key", 2],
      ["cache", 1],
      ["queue", 2],
      ["attempt", 1],
      ["answer", 1],
    ]);
  });

  it("counts the time of questions, and not as the upstream's", () => {
    const record = new SetRecord();
    record.granted = 0;
    record.setTo(0).attempt(1);
    record.setTo(10).paused();
    record.setTo(510).resumed();
    record.setTo(511).resumed();
    [record.answered, record.ended] = [520_000, 520_000];
    record.succeeded("ok");

    expect(callView(record, "c")).to.include({ questions: 1, questions_ms: 500, upstream_ms: 20 });
  });

  it("says of a refusal what it was, and that the breaker was open", () => {
    const record = new SetRecord();
    record.admitted = 1_000;
    record.granted = 1_000;
    record.ended = 1_000;
    record.refused("not_sent", new GatewayError("circuit_open", "It rests.", { executed: "not_executed" }));

    expect(callView(record, "c")).to.include({
      outcome: "not_sent",
      breaker: "open",
      code: "circuit_open",
      executed: "not_executed",
      attempts: 0,
    });
  });

  it("says of a call that waits for its user that its outcome is unknown", () => {
    const record = new SetRecord();
    record.setTo(1).attempt(1);
    record.ended = 5_000;

    expect(callView(record, "c")).to.include({ outcome: "asked", executed: "unknown" });
  });

  it("notes one failure of an attempt, though two tell of it", () => {
    const record = new SetRecord();
    record.setTo(1).attempt(1);
    record.attemptFailed(tooMany);
    record.attemptFailed("no error at all");
    record.setTo(2).attempt(2);
    record.attemptFailed("no error at all");

    expect(record.failed?.map(({ code, outcome }) => [code, outcome])).to.deep.equal([
      ["upstream_rejected", "rejected"],
      ["internal", "failed"],
    ]);
  });
});
