import { expect } from "chai";

import { Deadline } from "../../src/resilience/deadline.ts";

describe("Deadline", () => {
  it("is `timeoutMs` after the start, or `maxMs` if that is sooner", () => {
    expect(new Deadline(1_000, 60, 300).leftMs(1_000)).to.equal(60);
    expect(new Deadline(1_000, 600, 300).leftMs(1_100)).to.equal(200);
  });

  it("moves with every sign of work, at most to `maxMs` after the start", () => {
    const deadline = new Deadline(0, 100, 250);

    deadline.extend(50);
    expect(deadline.leftMs(50)).to.equal(100);
    deadline.extend(200);
    expect(deadline.leftMs(200)).to.equal(50);
    expect(deadline.allowedMs).to.equal(250);
  });

  it("never moves back", () => {
    const deadline = new Deadline(0, 100, 250);
    deadline.extend(90);

    deadline.extend(10);

    expect(deadline.leftMs(90)).to.equal(100);
  });

  it("stands still during a pause, and counts none of it", () => {
    const deadline = new Deadline(0, 100, 250);

    deadline.pause(40);
    expect(deadline.paused).to.equal(true);
    expect(deadline.leftMs(10_000)).to.equal(60);
    deadline.resume(10_000);

    expect(deadline.paused).to.equal(false);
    expect(deadline.leftMs(10_000)).to.equal(60);
    expect(deadline.allowedMs).to.equal(100);
  });

  it("leaves a call its whole `maxMs` besides its pauses", () => {
    const deadline = new Deadline(0, 100, 250);
    deadline.pause(50);
    deadline.resume(1_050);

    deadline.extend(1_100);
    deadline.extend(1_240);

    expect(deadline.leftMs(1_240)).to.equal(10);
    expect(deadline.allowedMs).to.equal(250);
  });

  it("takes no sign of work for one during a pause, and no second pause for another one", () => {
    const deadline = new Deadline(0, 100, 250);
    deadline.pause(50);

    deadline.extend(500);
    deadline.pause(600);
    deadline.resume(1_050);

    expect(deadline.leftMs(1_050)).to.equal(50);
  });

  it("ignores the end of a pause that never began", () => {
    const deadline = new Deadline(0, 100, 250);
    deadline.resume(70);
    expect(deadline.leftMs(70)).to.equal(30);
  });
});
