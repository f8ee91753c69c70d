import { expect } from "chai";

import { Postings } from "../../src/search/postings.ts";
import type { PlanTerm, QueryPlan } from "../../src/search/query-plan.ts";
import type { RankOptions } from "../../src/search/ranking.ts";
import { Ranking } from "../../src/search/ranking.ts";

/** A term by the impact it has in each slot; 0 is absence. */
function term(impacts: readonly number[], weight = 1): PlanTerm {
  const postings = new Postings("term");
  for (const [slot, impact] of impacts.entries()) if (impact > 0) postings.append(slot, impact);
  return { postings, weight, word: "term", related: false };
}

function planOf(whole: readonly PlanTerm[], clauses: readonly (readonly PlanTerm[])[] = []): QueryPlan {
  return { whole, clauses, attainable: 2 };
}

function optionsFor(end: number, changes: Partial<RankOptions> = {}): RankOptions {
  return {
    candidates: new Uint8Array(end).fill(1),
    end,
    limit: 10,
    pinned: new Set(),
    precedes: (slot, other) => slot < other,
    ...changes,
  };
}

describe("search/ranking", () => {
  it("adds up weight and impact and gives the best a score of 1", () => {
    const plan = planOf([term([0.5, 0.25, 0]), term([0, 0.5, 0], 2)]);

    const { items, total } = new Ranking().rank(plan, optionsFor(3));

    expect(items.map((item) => item.slot)).to.deep.equal([1, 0]);
    expect(items[0]?.score).to.equal(1);
    expect(items[1]?.score).to.be.closeTo(0.5 / 1.25, 1e-3);
    expect(total).to.equal(2);
  });

  it("measures the confidence against what was attainable, whatever the best is", () => {
    const { items } = new Ranking().rank(planOf([term([0.5, 1])]), optionsFor(2));

    expect(items[0]?.confidence).to.be.closeTo(0.5, 1e-3);
    expect(items[1]?.confidence).to.be.closeTo(0.25, 1e-3);
  });

  it("never gives a confidence above 1", () => {
    const { items } = new Ranking().rank(planOf([term([1], 50)]), optionsFor(1));

    expect(items[0]?.confidence).to.equal(1);
  });

  it("counts, scores and measures candidates alone", () => {
    const plan = planOf([term([0.5, 1, 0.25])]);

    const { items, total } = new Ranking().rank(
      plan,
      optionsFor(3, { candidates: new Uint8Array([1, 0, 1]) }),
    );

    expect(items.map((item) => item.slot)).to.deep.equal([0, 2]);
    expect(items[0]?.score).to.equal(1);
    expect(total).to.equal(2);
  });

  it("brings the best of a short clause up beside a long one", () => {
    const long = [term([1, 0, 0.9], 5), term([0, 0, 0.1], 5)];
    const short = [term([0, 1, 0], 1)];

    const together = new Ranking().rank(planOf([...long, ...short]), optionsFor(3)).items;
    const parted = new Ranking().rank(planOf([...long, ...short], [long, short]), optionsFor(3)).items;

    const scoreOf = (items: typeof parted) => items.find((item) => item.slot === 1)?.score ?? 0;
    expect(scoreOf(parted)).to.be.above(scoreOf(together) * 2);
  });

  it("puts pinned slots first and still says what their words score", () => {
    const plan = planOf([term([1, 0.5])]);

    const { items } = new Ranking().rank(plan, optionsFor(2, { pinned: new Set([1]) }));

    expect(items.map((item) => item.slot)).to.deep.equal([1, 0]);
    expect(items[0]?.score).to.be.closeTo(0.5, 1e-3);
  });

  it("gives a pinned slot without any score, but never one that is no candidate", () => {
    const pinned = new Set([0, 1]);

    const { items, total } = new Ranking().rank(
      planOf([]),
      optionsFor(2, { pinned, candidates: new Uint8Array([0, 1]) }),
    );

    expect(items).to.deep.equal([{ slot: 1, score: 0, confidence: 0, raw: 0 }]);
    expect(total).to.equal(1);
  });

  it("tells the scores of further slots that match, and of no hidden one", () => {
    const plan = planOf([term([1, 0.5, 0, 0.25])]);

    const { items, others } = new Ranking().rank(
      plan,
      optionsFor(4, { limit: 1, others: [1, 2, 3], candidates: new Uint8Array([1, 1, 1, 0]) }),
    );

    expect(items.map(({ slot }) => slot)).to.deep.equal([0]);
    expect([...others.keys()]).to.deep.equal([1]);
    expect(others.get(1)?.score).to.be.closeTo(0.5, 1e-3);
  });

  it("orders equal scores as it is told", () => {
    const plan = planOf([term([0.5, 0.5, 0.5])]);
    const ranking = new Ranking();

    const down = ranking.rank(plan, optionsFor(3, { precedes: (slot, other) => slot > other }));
    const up = ranking.rank(plan, optionsFor(3));

    expect(down.items.map((item) => item.slot)).to.deep.equal([2, 1, 0]);
    expect(up.items.map((item) => item.slot)).to.deep.equal([0, 1, 2]);
  });

  it("keeps nothing of one query for the next", () => {
    const ranking = new Ranking();
    const first = planOf([term([1, 1, 1])], [[term([1, 0, 0])], [term([0, 1, 0])]]);
    const second = planOf([term([0, 0.5, 0])], [[term([0, 0.5, 0])], [term([0, 0.5, 0])]]);
    const fresh = new Ranking().rank(second, optionsFor(3));

    ranking.rank(first, optionsFor(3, { candidates: new Uint8Array([1, 0, 1]) }));

    expect(ranking.rank(second, optionsFor(3))).to.deep.equal(fresh);
  });

  it("grows with the number of slots", () => {
    const ranking = new Ranking();
    ranking.rank(planOf([term([1])]), optionsFor(1));

    const { total } = ranking.rank(planOf([term(Array.from({ length: 500 }, () => 0.5))]), optionsFor(500));

    expect(total).to.equal(500);
  });

  it("finds nothing with an empty plan or without candidates", () => {
    const nothing = { items: [], total: 0, others: new Map() };

    expect(new Ranking().rank(planOf([]), optionsFor(3))).to.deep.equal(nothing);
    expect(new Ranking().rank(planOf([term([])]), optionsFor(0))).to.deep.equal(nothing);
    expect(
      new Ranking().rank(planOf([term([1, 1])]), optionsFor(2, { candidates: new Uint8Array(2) })),
    ).to.deep.equal(nothing);
  });
});
