import { expect } from "chai";

import { type FusionInput, fuse } from "../../src/search/fusion.ts";
import type { Ranked } from "../../src/search/ranking.ts";

const ranked = (slot: number, score: number): Ranked => ({
  slot,
  score,
  confidence: score / 2,
  raw: score * 10,
});

function fusedFrom(change: Partial<FusionInput>) {
  return fuse({
    ranked: [],
    others: new Map(),
    nearest: [],
    similarity: () => undefined,
    share: 0.3,
    pinned: new Set(),
    precedes: (slot, other) => slot < other,
    limit: 10,
    ...change,
  });
}

const slots = (answer: ReturnType<typeof fuse>) => answer.items.map(({ slot }) => slot);

describe("search/fusion", () => {
  it("adds both legs, each measured by its own best", () => {
    const { items } = fusedFrom({
      ranked: [ranked(1, 1), ranked(2, 0.5)],
      nearest: [
        { slot: 2, score: 0.8 },
        { slot: 1, score: 0.4 },
      ],
    });

    expect(items.map(({ slot, score }) => [slot, Number(score.toFixed(4))])).to.deep.equal([
      [1, 1],
      [2, Number(((0.7 * 0.5 + 0.3) / (0.7 + 0.3 * 0.5)).toFixed(4))],
    ]);
    expect(items[0]?.keyword).to.deep.equal({ raw: 10, normalised: 1, weight: 0.7 });
    expect(items[0]?.semantic).to.deep.equal({ raw: 0.4, normalised: 0.5, weight: 0.3 });
  });

  it("makes the top hit 1 whatever the legs gave", () => {
    for (const share of [0, 0.3, 1]) {
      const { items } = fusedFrom({ share, ranked: [ranked(1, 0.2)], nearest: [{ slot: 1, score: 0.3 }] });

      expect(items[0]?.score, `share ${share}`).to.equal(1);
    }
  });

  it("lets meaning alone decide with a share of 1, words still finding what has no vector", () => {
    const answer = fusedFrom({
      share: 1,
      ranked: [ranked(1, 1), ranked(3, 0.9)],
      nearest: [
        { slot: 2, score: 0.8 },
        { slot: 1, score: 0.4 },
      ],
      similarity: () => undefined,
    });

    expect(slots(answer)).to.deep.equal([2, 3, 1]);
  });

  it("asks for the similarity of what only words found", () => {
    const { items } = fusedFrom({
      ranked: [ranked(1, 1), ranked(2, 0.9)],
      nearest: [{ slot: 1, score: 0.5 }],
      similarity: (slot) => (slot === 2 ? -0.1 : undefined),
    });

    expect(items[1]?.semantic).to.deep.equal({ raw: -0.1, normalised: 0, weight: 0.3 });
  });

  it("adds the words of what is near but not among their best", () => {
    const near = { nearest: [{ slot: 5, score: 0.9 }], ranked: [ranked(1, 1)], similarity: () => 0.1 };

    const without = fusedFrom(near);
    const withWords = fusedFrom({ ...near, others: new Map([[5, ranked(5, 0.6)]]) });

    expect(slots(without)).to.deep.equal([1, 5]);
    expect(withWords.items.find(({ slot }) => slot === 5)?.keyword.normalised).to.equal(0.6);
    expect(without.onlyByMeaning).to.equal(1);
    expect(withWords.onlyByMeaning).to.equal(0);
  });

  it("leaves out what only chance puts near", () => {
    const answer = fusedFrom({
      ranked: [ranked(1, 1)],
      nearest: [
        { slot: 1, score: 0.5 },
        { slot: 2, score: 0.1 },
      ],
    });

    expect(slots(answer)).to.deep.equal([1]);
  });

  it("gives the semantic leg less to say the nearer its best is to chance", () => {
    const shareAt = (score: number) =>
      fusedFrom({ ranked: [ranked(1, 1)], nearest: [{ slot: 1, score }] }).items[0]?.semantic?.weight ?? 0;

    expect(shareAt(0.9)).to.equal(0.3);
    expect(shareAt(0.4)).to.be.closeTo(0.3, 1e-9);
    expect(shareAt(0.275)).to.be.closeTo(0.15, 1e-9);
    expect(shareAt(0.15)).to.equal(0);
  });

  it("keeps keyword scores whole when the query means nothing to the model", () => {
    const { items } = fusedFrom({ ranked: [ranked(1, 1), ranked(2, 0.5)], similarity: () => 0 });

    expect(items.map(({ score }) => score)).to.deep.equal([1, 0.5]);
    expect(items[0]?.keyword.weight).to.equal(1);
  });

  it("puts pinned slots first, even with no score, and breaks ties as it is told", () => {
    const answer = fusedFrom({
      ranked: [ranked(4, 0), ranked(3, 0.5), ranked(1, 0.5), ranked(2, 1)],
      pinned: new Set([4]),
    });

    expect(slots(answer)).to.deep.equal([4, 2, 1, 3]);
  });

  it("is empty without anything, and keeps to its limit", () => {
    expect(fusedFrom({})).to.deep.equal({ items: [], onlyByMeaning: 0 });
    expect(slots(fusedFrom({ limit: 1, ranked: [ranked(1, 1), ranked(2, 0.5)] }))).to.deep.equal([1]);
    expect(slots(fusedFrom({ limit: 0, ranked: [ranked(1, 1)] }))).to.deep.equal([]);
  });
});
