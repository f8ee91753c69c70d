import { expect } from "chai";

import { InFlight } from "../../src/mcp/in-flight.ts";

describe("InFlight", () => {
  it("cancels the call of an id, and none that has ended", () => {
    const [first, second, ended] = [new AbortController(), new AbortController(), new AbortController()];
    const calls = new InFlight();
    calls.add(1, first);
    calls.add("1", second);
    calls.add(2, ended);
    calls.remove(ended);

    calls.cancel(1);
    calls.cancel(2);

    expect([first, second, ended].map(({ signal }) => signal.aborted)).to.deep.equal([true, false, false]);
    expect(calls.size).to.equal(2);
  });

  it("keeps the others whichever one ends, and ends none twice", () => {
    const all = [1, 2, 3, 4].map(() => new AbortController());
    const calls = new InFlight();
    for (const [id, call] of all.entries()) calls.add(id, call);
    for (const at of [1, 3, 1]) calls.remove(all[at] ?? new AbortController());

    calls.cancelAll();

    expect(all.map(({ signal }) => signal.aborted)).to.deep.equal([true, false, true, false]);
  });

  it("does not lose count of a call whose id its client used twice", () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const calls = new InFlight();
    calls.add(7, first);
    calls.add(7, second);
    calls.remove(first);

    calls.cancel(7);

    expect([first.signal.aborted, second.signal.aborted, calls.size]).to.deep.equal([false, true, 1]);
  });
});
