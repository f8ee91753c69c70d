import { expect } from "chai";

import { Ring } from "../../src/calls/ring.ts";

describe("Ring", () => {
  it("keeps the last so many items in order, and counts all", () => {
    const ring = new Ring<number>(3);
    for (const item of [1, 2, 3, 4, 5]) ring.add(item);

    expect(ring.count).to.equal(5);
    expect(ring.since(0)).to.deep.equal([3, 4, 5]);
  });

  it("gives what came since then, as far as it is still there", () => {
    const ring = new Ring<string>(4);
    expect(ring.since(0)).to.deep.equal([]);
    for (const item of ["a", "b", "c"]) ring.add(item);

    expect(ring.since(1)).to.deep.equal(["b", "c"]);
    expect(ring.since(3)).to.deep.equal([]);
  });

  it("finds the newest that fits", () => {
    const ring = new Ring<number>(8);
    for (const item of [1, 2, 3, 4]) ring.add(item);

    expect(ring.findLast((item) => item % 2 === 1)).to.equal(3);
    expect(ring.findLast((item) => item > 9)).to.equal(undefined);
  });
});
