import { expect } from "chai";

import { UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { CrashLoop, isDeath } from "../../src/upstream/crash-loop.ts";

const MINUTE = 60_000;
const ERROR = new UpstreamUnavailable("up", "the process exited with code 3", {
  details: { exit_code: 3, signal: null, stderr_tail: "no disk" },
  fix: [{ label: "Make room on the disk" }],
});

describe("CrashLoop", () => {
  let now: number;
  let crashes: CrashLoop;

  beforeEach(() => {
    now = 10 * MINUTE;
    crashes = new CrashLoop({ server: "up", now: () => now });
  });

  function die(times: number, { livedMs = 0, everyMs = 1_000 } = {}): void {
    for (let n = 0; n < times; n++) {
      now += everyMs;
      crashes.died(ERROR, livedMs);
    }
  }

  it("holds four deaths in a row for accidents", () => {
    die(4);

    expect(crashes.refusal).to.equal(undefined);
    expect(crashes.waitMs).to.equal(0);
  });

  it("finds a loop in the fifth, and says so with all that is known", () => {
    die(4);
    const verdict = crashes.died(ERROR, 100);

    expect(verdict).to.deep.include({
      code: "crash_loop",
      outcome: "not_sent",
      executed: "not_executed",
      retryAfterMs: 5 * MINUTE,
    });
    expect(verdict?.message).to.equal(
      'Upstream "up" ends again and again soon after its start (the process exited with code 3). It is not started for 5 min.',
    );
    expect(verdict?.details).to.deep.include({ exit_code: 3, stderr_tail: "no disk", deaths: 5 });
    expect(verdict?.fix).to.deep.equal([
      { label: "Make room on the disk; then start it again", command: "switchgear restart up" },
    ]);
    expect(verdict?.cause).to.equal(ERROR);
  });

  it("refuses every start for five minutes, and says how long it still is", () => {
    die(5);

    now += 4 * MINUTE;
    expect(crashes.refusal?.retryAfterMs).to.equal(MINUTE);
    expect(crashes.refusal?.message).to.contain("for 1 min");
    now += MINUTE;

    expect(crashes.refusal).to.equal(undefined);
  });

  it("is in force again at the next death, twice as long each time, up to half an hour", () => {
    die(5);
    const terms: number[] = [crashes.waitMs];

    for (let n = 0; n < 4; n++) {
      now += crashes.waitMs;
      crashes.died(ERROR, 500);
      terms.push(crashes.waitMs);
    }

    expect(terms.map((ms) => ms / MINUTE)).to.deep.equal([5, 10, 20, 30, 30]);
  });

  it("begins afresh with one that has lived for two minutes", () => {
    die(5);
    now += 10 * MINUTE;

    crashes.died(ERROR, 2 * MINUTE);
    die(4);

    expect(crashes.refusal).to.equal(undefined);
    die(1);
    expect(crashes.waitMs).to.equal(5 * MINUTE);
  });

  it("begins afresh when there was no trouble for long, though the process never ended by itself", () => {
    die(5);
    now += 36 * MINUTE;

    die(1);

    expect(crashes.refusal).to.equal(undefined);
  });

  it("does not count deaths after a good life", () => {
    die(20, { livedMs: 3 * MINUTE });

    expect(crashes.refusal).to.equal(undefined);
  });

  it("does not add up accidents of a whole day", () => {
    die(20, { livedMs: 1_000, everyMs: 3 * MINUTE });

    expect(crashes.refusal).to.equal(undefined);
  });

  it("names a way when nothing is known of the cause", () => {
    for (let n = 0; n < 5; n++)
      crashes.died(new UpstreamUnavailable("up", "the process was ended by SIGSEGV"), 0);

    expect(crashes.refusal?.fix[0]?.label).to.contain("stderr").and.to.contain("start it again");
    expect(crashes.refusal?.message).to.contain("(the process was ended by SIGSEGV)");
  });

  it("tells the end of a process from other failures of a start", () => {
    const of = (details: object) => isDeath(new UpstreamUnavailable("up", "x", { details: { ...details } }));

    expect(of({ exit_code: 0, signal: null })).to.equal(true);
    expect(of({ exit_code: null, signal: "SIGKILL" })).to.equal(true);
    expect(of({ exit_code: null, signal: null })).to.equal(false);
    expect(of({ errno: "ENOENT" })).to.equal(false);
  });
});
