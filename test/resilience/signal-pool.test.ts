import { expect } from "chai";

import { SignalPool } from "../../src/resilience/signal-pool.ts";

describe("SignalPool", () => {
  it("uses a controller again after a call that ended well", () => {
    const pool = new SignalPool();
    const first = pool.take();

    pool.give(first);

    expect(pool.take()).to.equal(first);
  });

  it("never gives the same controller to two calls at once", () => {
    const pool = new SignalPool();
    pool.give(pool.take());

    const taken = new Set([pool.take(), pool.take(), pool.take()]);

    expect(taken.size).to.equal(3);
  });

  it("drops a controller that was aborted", () => {
    const pool = new SignalPool();
    const aborted = pool.take();
    aborted.abort();

    pool.give(aborted);

    expect(pool.take().signal.aborted).to.equal(false);
  });

  it("drops a controller to which somebody still listens", () => {
    const pool = new SignalPool();
    const controller = pool.take();
    controller.signal.addEventListener("abort", () => {});

    pool.give(controller);

    expect(pool.take()).to.not.equal(controller);
  });

  it("replaces a controller after a thousand calls", () => {
    const pool = new SignalPool();
    const controllers = new Set();
    for (let call = 0; call < 2_500; call++) {
      const controller = pool.take();
      controllers.add(controller);
      pool.give(controller);
    }

    expect(controllers.size).to.equal(3);
  });
});
