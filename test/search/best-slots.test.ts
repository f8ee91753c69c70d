import { expect } from "chai";
import * as fc from "fast-check";

import { BestSlots } from "../../src/search/best-slots.ts";

function bestOf(scores: readonly number[], limit: number, pinned: readonly number[] = []): readonly number[] {
  const best = new BestSlots({ limit, pinned: new Set(pinned), precedes: (slot, other) => slot > other });
  for (const [slot, score] of scores.entries()) {
    if (score >= best.threshold || pinned.includes(slot)) best.offer(slot, score);
  }
  return best.slots.map(({ slot }) => slot);
}

describe("search/best-slots", () => {
  it("keeps the highest scores, best first", () => {
    expect(bestOf([0.2, 0.9, 0.4, 0.7, 0.1], 3)).to.deep.equal([1, 3, 2]);
  });

  it("orders equal scores as it is told, even across the limit", () => {
    expect(bestOf([0.5, 0.5, 0.5, 0.5], 2)).to.deep.equal([3, 2]);
  });

  it("puts pinned slots first whatever they score, and never drops them for a better score", () => {
    expect(bestOf([0.9, 0.1, 0.8, 0.2], 2, [1])).to.deep.equal([1, 0]);
    expect(bestOf([0.9, 0.1, 0.8, 0.2], 2, [1, 3])).to.deep.equal([3, 1]);
    expect(bestOf([0.1, 0.9, 0.8], 1, [0])).to.deep.equal([0]);
  });

  it("keeps nothing when nothing is asked for", () => {
    expect(bestOf([0.5, 0.9], 0)).to.deep.equal([]);
  });

  it("gives what sorting everything would give", () => {
    const anyScores = fc.array(
      fc.integer({ min: 1, max: 9 }).map((tenths) => tenths / 10),
      { maxLength: 40 },
    );
    const anyPins = fc.array(fc.nat(39), { maxLength: 3 });

    fc.assert(
      fc.property(anyScores, anyPins, fc.nat(12), (scores, pinned, limit) => {
        const rank = (slot: number) => (pinned.includes(slot) ? 10 : (scores[slot] ?? 0));
        const sorted = [...scores.keys()].sort(
          (a, b) => rank(b) - rank(a) || (scores[b] ?? 0) - (scores[a] ?? 0) || b - a,
        );

        expect(bestOf(scores, limit, pinned)).to.deep.equal(sorted.slice(0, limit));
      }),
    );
  });
});
