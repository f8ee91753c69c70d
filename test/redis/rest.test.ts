import { expect } from "chai";

import { Rest } from "../../src/redis/rest.ts";

describe("Rest", () => {
  let now: number;
  let rest: Rest;
  beforeEach(() => {
    now = 1_000;
    rest = new Rest(() => now);
  });

  const pauses = (count: number) => Array.from({ length: count }, () => rest.next());

  it("grows with each failure, up to five seconds", () => {
    expect(pauses(8)).to.deep.equal([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  it("goes on growing when it fails again soon after it was well", () => {
    pauses(3);
    rest.recovered();
    now += 10_000;

    expect(rest.next()).to.equal(800);
  });

  it("begins anew when it was well for a while", () => {
    pauses(3);
    rest.recovered();
    now += 10_001;

    expect(pauses(3)).to.deep.equal([100, 200, 400]);
  });

  it("keeps growing in an outage that outlasts that while", () => {
    rest.recovered();
    now += 60_000;

    expect(pauses(2)).to.deep.equal([100, 200]);
    now += 60_000;
    expect(rest.next()).to.equal(400);
  });
});
