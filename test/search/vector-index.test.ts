import { expect } from "chai";

import { normalise } from "../../src/search/embedders/embedder.ts";
import { VectorIndex } from "../../src/search/vector-index.ts";

const DIMENSIONS = 70;

/** The same numbers on every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
}

function vectorsOf(count: number, seed = 1): Float32Array[] {
  const next = random(seed);
  return Array.from({ length: count }, () =>
    normalise(Float32Array.from({ length: DIMENSIONS }, () => next() + 0.2)),
  );
}

function drain<T>(steps: Generator<void, T>): { value: T; pauses: number } {
  let pauses = 0;
  for (let step = steps.next(); ; step = steps.next(), pauses++) {
    if (step.done === true) return { value: step.value, pauses };
  }
}

const all = (count: number) => new Uint8Array(count).fill(1);
const slots = (found: readonly { slot: number }[]) => found.map(({ slot }) => slot);

/** The nearest by comparing with every vector, in the plainest way. */
function reference(vectors: readonly Float32Array[], query: Float32Array, limit: number): number[] {
  const scores = vectors.map((vector) =>
    vector.reduce((sum, value, index) => sum + value * (query[index] ?? 0), 0),
  );
  return [...vectors.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0)).slice(0, limit);
}

for (const [name, sketchFrom] of [
  ["comparing with every vector", Infinity],
  ["comparing sketches first", 100],
] as const) {
  describe(`VectorIndex, ${name}`, () => {
    const vectors = vectorsOf(3_000);
    const queries = vectorsOf(4, 99);
    let index: VectorIndex;

    beforeEach(() => {
      index = new VectorIndex(DIMENSIONS, { sketchFrom });
      for (const [slot, vector] of vectors.entries()) index.put(slot, vector);
    });

    it("finds the nearest, nearest first", () => {
      let right = 0;
      for (const query of queries) {
        const nearest = reference(vectors, query, 10);
        const found = drain(index.nearest(query, all(3_000), 10)).value;
        const scores = found.map(({ score }) => score);

        expect(scores).to.deep.equal(scores.toSorted((a, b) => b - a));
        right += slots(found).filter((slot) => nearest.includes(slot)).length;
      }

      expect(right / 40).to.be.at.least(sketchFrom === Infinity ? 1 : 0.97);
    });

    it("finds a vector that is there itself, with a cosine of 1", () => {
      const [found] = drain(index.nearest(vectors[1_234] ?? new Float32Array(0), all(3_000), 1)).value;

      expect(found?.slot).to.equal(1_234);
      expect(found?.score).to.be.closeTo(1, 1e-5);
    });

    it("looks only at slots of the mask", () => {
      const mask = all(3_000).fill(0, 0, 2_990);

      const found = drain(index.nearest(queries[0] ?? new Float32Array(0), mask, 50)).value;

      expect(slots(found).every((slot) => slot >= 2_990)).to.equal(true);
      expect(found).to.have.length(10);
      expect(index.countIn(mask)).to.equal(10);
    });

    it("forgets a vector that is removed", () => {
      index.remove(7);
      index.remove(7);

      expect(index.size).to.equal(2_999);
      expect(index.has(7)).to.equal(false);
      expect(index.similarity(7, vectors[7] ?? new Float32Array(0))).to.equal(0);
      const found = drain(index.nearest(vectors[7] ?? new Float32Array(0), all(3_000), 5)).value;
      expect(slots(found)).to.not.include(7);
    });

    it("replaces a vector in place", () => {
      index.put(7, vectors[8] ?? new Float32Array(0));

      expect(index.size).to.equal(3_000);
      expect(index.similarity(7, vectors[8] ?? new Float32Array(0))).to.be.closeTo(1, 1e-5);
    });

    it("follows slots that move, and drops those that are gone", () => {
      const moved = Int32Array.from({ length: 3_000 }, (_, slot) =>
        slot % 3 === 0 ? -1 : slot - Math.ceil(slot / 3),
      );

      index.renumber(moved);

      expect(index.size).to.equal(2_000);
      for (const old of [1, 2, 1_000, 2_999]) {
        const now = moved[old] ?? -1;
        const [found] = drain(index.nearest(vectors[old] ?? new Float32Array(0), all(2_000), 1)).value;
        expect(found?.slot, `slot ${old}`).to.equal(now);
      }
      expect(index.countIn(all(3_000))).to.equal(2_000);
    });

    it("takes new vectors after it was renumbered", () => {
      index.renumber(new Int32Array(3_000).fill(-1));
      expect(index.size).to.equal(0);

      index.put(0, vectors[5] ?? new Float32Array(0));

      expect(slots(drain(index.nearest(vectors[5] ?? new Float32Array(0), all(1), 3)).value)).to.deep.equal([
        0,
      ]);
    });
  });
}

describe("VectorIndex", () => {
  it("pauses between slices, so that a large scan holds nobody up", () => {
    const index = new VectorIndex(2);
    for (let slot = 0; slot < 9_000; slot++) index.put(slot, Float32Array.of(1, 0));

    expect(drain(index.nearest(Float32Array.of(1, 0), all(9_000), 1)).pauses).to.equal(3);
  });

  it("gives nothing at a right angle or beyond", () => {
    const index = new VectorIndex(2);
    index.put(0, Float32Array.of(0, 1));
    index.put(1, Float32Array.of(-1, 0));
    index.put(2, Float32Array.of(0.6, 0.8));

    expect(slots(drain(index.nearest(Float32Array.of(1, 0), all(3), 5)).value)).to.deep.equal([2]);
  });

  it("finds nothing when it is empty, and takes slots in any order", () => {
    const index = new VectorIndex(3);
    expect(drain(index.nearest(Float32Array.of(1, 0, 0), all(5), 5)).value).to.deep.equal([]);

    index.put(5_000, Float32Array.of(1, 0, 0));
    index.put(2, Float32Array.of(1, 0, 0));

    expect(slots(drain(index.nearest(Float32Array.of(1, 0, 0), all(6_000), 5)).value)).to.deep.equal([
      2, 5_000,
    ]);
  });
});
