import { expect } from "chai";

import { Batches } from "../../src/resilience/batches.ts";
import { settle, withResolvers } from "../support/manual-clock.ts";

describe("Batches", () => {
  let runs: (readonly number[])[];
  beforeEach(() => {
    runs = [];
  });

  const doubling = async (items: readonly number[]): Promise<readonly number[]> => {
    runs.push(items);
    return items.map((item) => 2 * item);
  };

  it("does what is asked for at one moment in one run, and gives each its own answer", async () => {
    const batches = new Batches(doubling);

    const answers = await Promise.all([1, 2, 3].map((item) => batches.add(item)));

    expect(answers).to.deep.equal([2, 4, 6]);
    expect(runs).to.deep.equal([[1, 2, 3]]);
  });

  it("takes in what several requests of one turn of the event loop ask for", async () => {
    const batches = new Batches(doubling);
    const asked = [1, 2].map(
      (item) => new Promise<number>((resolve) => setImmediate(() => resolve(batches.add(item)))),
    );

    await Promise.all(asked);

    expect(runs).to.deep.equal([[1, 2]]);
  });

  it("collects what is asked for while a run is under way", async () => {
    const gate = withResolvers<void>();
    const batches = new Batches(async (items: readonly number[]) => {
      const answers = await doubling(items);
      if (runs.length === 1) await gate.promise;
      return answers;
    });
    const first = batches.add(1);
    await settle();
    const later = [batches.add(2), batches.add(3)];
    await settle();
    expect(runs).to.deep.equal([[1]]);

    gate.resolve();

    expect(await Promise.all([first, ...later])).to.deep.equal([2, 4, 6]);
    expect(runs).to.deep.equal([[1], [2, 3]]);
  });

  it("runs with no more than so many, in the order in which they came", async () => {
    const batches = new Batches(doubling, 2);

    await Promise.all([1, 2, 3, 4, 5].map((item) => batches.add(item)));

    expect(runs).to.deep.equal([[1, 2], [3, 4], [5]]);
  });

  it("tells all of a run that it failed, and goes on with the next", async () => {
    const failure = new RangeError("full");
    const batches = new Batches(async (items: readonly number[]) => {
      if (items.includes(1)) throw failure;
      return doubling(items);
    }, 2);

    const outcomes = await Promise.allSettled([1, 2, 3].map((item) => batches.add(item)));

    expect(outcomes).to.deep.equal([
      { status: "rejected", reason: failure },
      { status: "rejected", reason: failure },
      { status: "fulfilled", value: 6 },
    ]);
    expect(await batches.add(4)).to.equal(8);
  });
});
