import { expect } from "chai";

import { LabelCap, OVERFLOW } from "../../src/observability/label-cap.ts";

describe("LabelCap", () => {
  it("admits values up to the cap and calls the rest other", () => {
    const cap = new LabelCap(2);

    expect(["a", "b", "c"].map((value) => cap.admit(value))).to.deep.equal(["a", "b", OVERFLOW]);
  });

  it("goes on admitting what it knows when it is full", () => {
    const cap = new LabelCap(1);
    cap.admit("a");
    cap.admit("b");

    expect(cap.admit("a")).to.equal("a");
  });

  it("gives a released place to another value", () => {
    const cap = new LabelCap(1);
    cap.admit("a");
    cap.release("a");

    expect(cap.admit("b")).to.equal("b");
    expect(cap.admit("a")).to.equal(OVERFLOW);
  });

  it("admits nothing at a cap of zero", () => {
    expect(new LabelCap(0).admit("a")).to.equal(OVERFLOW);
  });
});
