import { expect } from "chai";

import { FixedWindows } from "../../src/traffic/windows.ts";

describe("FixedWindows", () => {
  let now: number;
  let windows: FixedWindows;
  beforeEach(() => {
    now = 5_000;
    windows = new FixedWindows(60_000, () => now);
  });

  it("counts each key by itself", () => {
    windows.take("a");
    windows.take("a");

    expect(windows.take("a").count).to.equal(3);
    expect(windows.take("b").count).to.equal(1);
  });

  it("begins a window with its first count, and says when it ends", () => {
    const first = windows.take("a");
    now += 20_000;
    const second = windows.take("a");

    expect([first.endsInMs, second.endsInMs]).to.deep.equal([60_000, 40_000]);
  });

  it("begins anew when the window is over, not before", () => {
    windows.take("a");
    now += 59_999;
    expect(windows.take("a").count).to.equal(2);
    now += 1;

    expect(windows.take("a")).to.deep.equal({ count: 1, endsInMs: 60_000 });
  });

  it("forgets keys whose window is over, so that many callers fill no memory", () => {
    for (let round = 0; round < 5; round++) {
      for (let n = 0; n < 10_000; n++) windows.take(`${round} ${n}`);
      now += 60_000;
    }

    expect(windows.size).to.be.at.most(20_001);
  });

  it("keeps keys whose window runs, however many there are", () => {
    for (let n = 0; n < 25_000; n++) windows.take(`key ${n}`);

    expect(windows.take("key 0").count).to.equal(2);
    expect(windows.size).to.equal(25_000);
  });
});
