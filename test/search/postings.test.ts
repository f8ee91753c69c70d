import { expect } from "chai";
import * as fc from "fast-check";

import { IMPACT_BITS, MAX_IMPACT, MAX_SLOTS, Postings, lettersOf } from "../../src/search/postings.ts";

function postingsAt(slots: readonly number[]): Postings {
  const postings = new Postings("term");
  for (const slot of slots) postings.append(slot, 0.5);
  return postings;
}

const anySlots = fc
  .uniqueArray(fc.integer({ min: 0, max: MAX_SLOTS - 1 }), { maxLength: 60 })
  .map((slots) => slots.toSorted((a, b) => a - b));

describe("search/postings", () => {
  it("gives back the slots in their order, up to the highest slot there is", () => {
    fc.assert(
      fc.property(anySlots, (slots) => {
        expect([...postingsAt(slots).slots()]).to.deep.equal(slots);
      }),
    );
  });

  it("keeps an impact to 1 in 4,095 and never rounds it to nothing", () => {
    const postings = new Postings("term");
    for (const [slot, impact] of [0, 0.25, 0.999, 1].entries()) postings.append(slot, impact);

    const impacts = [...postings.packed.subarray(0, postings.length)].map((posting) => posting & MAX_IMPACT);

    expect(impacts).to.deep.equal([1, 1024, 4091, 4095]);
    expect(2 ** IMPACT_BITS - 1).to.equal(MAX_IMPACT);
  });

  it("knows whether it has a slot", () => {
    fc.assert(
      fc.property(anySlots, fc.integer({ min: 0, max: MAX_SLOTS - 1 }), (slots, other) => {
        const postings = postingsAt(slots);
        return slots.every((slot) => postings.has(slot)) && postings.has(other) === slots.includes(other);
      }),
    );
  });

  it("counts the slots that a mask lets through", () => {
    const mask = new Uint8Array([1, 0, 1, 1, 0, 0]);

    expect(postingsAt([0, 1, 2, 4]).countIn(mask)).to.equal(2);
    expect(postingsAt([]).countIn(mask)).to.equal(0);
    expect(postingsAt([900]).countIn(mask)).to.equal(0);
  });

  it("closes the gaps of slots that are gone and can be appended to after", () => {
    const postings = postingsAt([0, 2, 3, 5]);

    postings.renumber(new Int32Array([0, 1, -1, 2, 3, 4]));
    postings.append(7, 1);

    expect([...postings.slots()]).to.deep.equal([0, 2, 4, 7]);
  });

  it("can lose all its slots", () => {
    const postings = postingsAt([0, 1]);

    postings.renumber(new Int32Array([-1, -1]));

    expect(postings.length).to.equal(0);
    expect(postings.has(0)).to.equal(false);
  });

  it("marks each letter of a term with a bit, whatever their order", () => {
    expect(lettersOf("listen")).to.equal(lettersOf("silent"));
    expect(lettersOf("abc")).to.not.equal(lettersOf("abd"));
    expect(lettersOf("")).to.equal(0);
  });
});
