import { expect } from "chai";

import { RetryBudget } from "../../src/resilience/retry-budget.ts";

function spendAll(budget: RetryBudget, now: number): number {
  let spent = 0;
  while (budget.spend(now)) spent++;
  return spent;
}

describe("RetryBudget", () => {
  it("begins with a small reserve", () => {
    expect(spendAll(new RetryBudget(0), 0)).to.equal(10);
  });

  it("allows three retries a second without any traffic", () => {
    const budget = new RetryBudget(0);
    spendAll(budget, 0);

    expect(spendAll(budget, 1_000)).to.equal(3);
    expect(spendAll(budget, 1_100)).to.equal(0);
    expect(spendAll(budget, 2_000)).to.equal(3);
  });

  it("allows one retry for ten calls on top", () => {
    const budget = new RetryBudget(0);
    spendAll(budget, 0);

    for (let call = 0; call < 50; call++) budget.earn();

    expect(spendAll(budget, 0)).to.equal(5);
  });

  it("saves no more than its reserve, however long or busy the good times were", () => {
    const budget = new RetryBudget(0);

    for (let call = 0; call < 100_000; call++) budget.earn();

    expect(spendAll(budget, 3_600_000)).to.equal(10);
  });

  it("holds retries to a tenth of the traffic and three a second in a storm", () => {
    const budget = new RetryBudget(0);
    let retries = 0;
    for (let call = 0; call < 10_000; call++) {
      budget.earn();
      if (budget.spend(call)) retries++;
    }

    expect(retries).to.be.within(1_020, 1_040);
  });
});
