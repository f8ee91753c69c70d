import { expect } from "chai";

import { EventLog } from "../../src/mcp/event-log.ts";

describe("EventLog", () => {
  let log: EventLog;
  beforeEach(() => {
    log = new EventLog({ sessionEvents: 4, sessionEventBytes: 100 });
  });

  const keep = (stream: number, seq: number, bytes = 10): boolean =>
    log.keep({ stream, seq, frame: Buffer.alloc(bytes), at: seq });
  const seqs = (stream: number, after = 0): number[] => log.after(stream, after).map(({ seq }) => seq);

  it("gives back what came after an event on the same stream, in order", () => {
    for (const seq of [1, 2, 3]) keep(1, seq);
    keep(2, 1);

    expect(seqs(1, 1)).to.deep.equal([2, 3]);
    expect(seqs(1, 3)).to.deep.equal([]);
    expect(seqs(2)).to.deep.equal([1]);
    expect(seqs(9)).to.deep.equal([]);
  });

  it("lets the oldest go when there are too many, of whichever stream", () => {
    keep(1, 1);
    keep(2, 1);
    for (const seq of [2, 3, 4]) keep(1, seq);

    expect(seqs(1)).to.deep.equal([2, 3, 4]);
    expect(seqs(2)).to.deep.equal([1]);
    expect(log.size).to.equal(4);
  });

  it("lets the oldest go when they take too much memory", () => {
    keep(1, 1, 40);
    keep(1, 2, 40);
    keep(1, 3, 90);

    expect(seqs(1)).to.deep.equal([3]);
    expect(log.bytes).to.equal(90);
  });

  it("does not take an event that is too large by itself, and loses none for it", () => {
    keep(1, 1);

    expect(keep(1, 2, 101)).to.equal(false);
    expect(keep(1, 3, 90)).to.equal(true);
    expect(seqs(1)).to.deep.equal([1, 3]);
  });

  it("forgets what it is told to forget, and has the room again", () => {
    for (const seq of [1, 2, 3]) keep(1, seq, 30);

    log.remove(({ seq }) => seq < 3);

    expect(seqs(1)).to.deep.equal([3]);
    expect(log.bytes).to.equal(30);
    expect(keep(1, 4, 70)).to.equal(true);
    expect(seqs(1)).to.deep.equal([3, 4]);
  });
});
