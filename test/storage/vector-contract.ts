import { expect } from "chai";

import type { Storage } from "../../src/storage/storage.ts";

const MONDAY = "2026-03-02";
const TUESDAY = "2026-03-03";

const aVector = (...values: number[]) => Float32Array.from(values);

/** What every storage must do with the vectors of tools. */
export function describeVectors(parts: { storage: () => Storage; reopen: () => Promise<void> }): void {
  describe("vectors", () => {
    const vectors = () => parts.storage().vectors;
    const stored = async (...keys: string[]) => Object.fromEntries(await vectors().take(keys, MONDAY));

    it("keeps bytes as they are, over a restart", async () => {
      const odd = aVector(0.1, -1e-30, 3.4e38, 0);

      await vectors().put(new Map([["a", odd]]), MONDAY);
      await parts.reopen();

      expect(await stored("a")).to.deep.equal({ a: odd });
    });

    it("keeps a vector that is part of a larger buffer", async () => {
      await vectors().put(new Map([["a", aVector(9, 1, 2, 9).subarray(1, 3)]]), MONDAY);

      expect(await stored("a")).to.deep.equal({ a: aVector(1, 2) });
    });

    it("gives those of the keys that it has", async () => {
      await vectors().put(
        new Map([
          ["a", aVector(1)],
          ["b", aVector(2)],
        ]),
        MONDAY,
      );

      expect(await stored("b", "c")).to.deep.equal({ b: aVector(2) });
      expect(await stored()).to.deep.equal({});
    });

    it("lets two replicas store the same one", async () => {
      await Promise.all([
        vectors().put(new Map([["a", aVector(1)]]), MONDAY),
        vectors().put(new Map([["a", aVector(1)]]), MONDAY),
      ]);
      await vectors().put(new Map(), MONDAY);

      expect(await stored("a")).to.deep.equal({ a: aVector(1) });
    });

    it("prunes what was last used before a day: taking and touching are use", async () => {
      const three = new Map(["taken", "touched", "idle"].map((key) => [key, aVector(1)]));
      await vectors().put(three, MONDAY);
      await vectors().take(["taken"], TUESDAY);
      await vectors().touch(["touched"], TUESDAY);
      await vectors().touch([], TUESDAY);

      expect(await vectors().prune(MONDAY)).to.equal(0);
      expect(await vectors().prune(TUESDAY)).to.equal(1);

      expect(Object.keys(await stored("taken", "touched", "idle"))).to.have.members(["taken", "touched"]);
    });

    it("never makes a vector look older than it is", async () => {
      await vectors().put(new Map([["a", aVector(1)]]), TUESDAY);

      await vectors().take(["a"], MONDAY);

      expect(await vectors().prune(TUESDAY)).to.equal(0);
    });

    it("stores some hundred at once", async () => {
      const many = new Map(
        Array.from({ length: 400 }, (_, index) => [`k${index}`, new Float32Array(384).fill(index)]),
      );

      await vectors().put(many, MONDAY);

      const taken = await vectors().take([...many.keys()], MONDAY);
      expect(taken.size).to.equal(400);
      expect(taken.get("k399")?.[383]).to.equal(399);
    });
  });
}
