import { expect } from "chai";

import { type LoadState, OverloadGuard } from "../../src/traffic/traffic.ts";
import { until } from "../support/child-processes.ts";

const SETTINGS = { isOn: true, lagMs: 200, heapShare: 0.85, retryAfterMs: 2_000 };

describe("OverloadGuard", () => {
  let load: (lagMs: number, heapShare?: number) => void;
  let changes: LoadState[];
  let refused: number;
  let stopped: number;
  let guard: OverloadGuard;

  beforeEach(() => {
    changes = [];
    refused = 0;
    stopped = 0;
    guard = make();
    guard.start();
  });
  afterEach(() => guard.close());

  const make = (settings = {}) =>
    new OverloadGuard({
      settings: { ...SETTINGS, ...settings },
      onChange: (state) => changes.push(state),
      onRefused: () => refused++,
      watch: (onLoad) => {
        load = (lagMs, heapShare = 0.2) => onLoad({ lagMs, heapShare });
        return () => stopped++;
      },
    });
  const times = (count: number, work: () => void) => {
    for (let n = 0; n < count; n++) work();
  };
  const outcome = () => {
    try {
      guard.check();
      return undefined;
    } catch (error) {
      return error;
    }
  };

  it("lets everything through while all is well", () => {
    times(100, () => load(5));

    expect(outcome()).to.equal(undefined);
    expect(changes).to.deep.equal([]);
  });

  it("does not take one late moment for an overload, however late", () => {
    load(5_000);
    load(3);
    load(400);

    expect(outcome()).to.equal(undefined);
  });

  it("refuses new work when the loop is late again and again, and says when to come back", () => {
    times(3, () => load(250));

    expect(outcome()).to.include({ code: "overloaded", retryable: true, retryAfterMs: 2_000 });
    expect(guard.state).to.deep.equal({ lagMs: 250, heapShare: 0.2, isOverloaded: true, reason: "lag" });
    expect(refused).to.equal(1);
    expect(changes).to.have.length(1);
  });

  it("notices a loop that is late most of the time, with good moments between", () => {
    times(6, () => {
      load(250);
      load(5);
      load(5);
    });

    expect(guard.isOverloaded).to.equal(true);
  });

  it("refuses new work when the heap is nearly full", () => {
    times(3, () => load(1, 0.9));

    expect(guard.state).to.include({ isOverloaded: true, reason: "heap" });
    expect(outcome()).to.have.property("message").that.includes("memory");
  });

  it("ends when it was well for a while, not at once", () => {
    times(4, () => load(250));
    times(15, () => load(5));
    const before = guard.isOverloaded;
    load(5);

    expect([before, guard.isOverloaded]).to.deep.equal([true, false]);
    expect(changes.map(({ isOverloaded }) => isOverloaded)).to.deep.equal([true, false]);
    expect(outcome()).to.equal(undefined);
  });

  it("does not swing while the load is just below the bound", () => {
    times(4, () => load(250));
    times(100, () => load(150));
    times(100, () => load(10, 0.84));

    expect(guard.isOverloaded).to.equal(true);
    expect(changes).to.have.length(1);
  });

  it("does not begin just below the bound", () => {
    times(100, () => load(200, 0.85));

    expect(guard.isOverloaded).to.equal(false);
  });

  it("watches nothing when it is off, or not started", () => {
    const watched: string[] = [];
    const watch = () => {
      watched.push("watched");
      return () => {};
    };
    const off = new OverloadGuard({ settings: { ...SETTINGS, isOn: false }, watch });
    off.start();
    new OverloadGuard({ settings: SETTINGS, watch }).check();

    expect(watched).to.deep.equal([]);
    expect(() => off.check()).to.not.throw();
  });

  it("stops watching when it is closed", () => {
    guard.close();

    expect(stopped).to.equal(1);
  });
});

describe("OverloadGuard over the real event loop", function () {
  this.timeout(20_000);

  const block = (ms: number): void => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };

  it("is overloaded while the loop is blocked again and again, and well soon after", async () => {
    const states: boolean[] = [];
    const guard = new OverloadGuard({
      settings: { ...SETTINGS, lagMs: 100 },
      onChange: ({ isOverloaded }) => states.push(isOverloaded),
    });
    guard.start();
    await new Promise((later) => setTimeout(later, 100));
    for (let n = 0; n < 5; n++) {
      block(200);
      await new Promise((later) => setImmediate(later));
      await new Promise((later) => setTimeout(later, 1));
    }
    const during = guard.state;
    await until("it is well again", () => !guard.isOverloaded);
    guard.close();

    expect(during).to.include({ isOverloaded: true, reason: "lag" });
    expect(during.lagMs).to.be.greaterThan(100);
    expect(during.heapShare).to.be.within(0.001, 0.8);
    expect(states).to.deep.equal([true, false]);
  });

  it("is not overloaded by one long block", async () => {
    const guard = new OverloadGuard({ settings: SETTINGS });
    guard.start();
    await new Promise((later) => setTimeout(later, 50));
    block(900);
    await new Promise((later) => setTimeout(later, 60));

    expect(guard.isOverloaded).to.equal(false);
    guard.close();
  });
});
