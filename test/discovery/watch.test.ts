import { expect } from "chai";

import { Watch, type WatchDeps } from "../../src/discovery/watch.ts";
import type { GatewayError } from "../../src/domain/errors.ts";
import { UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { ManualClock, settle, withResolvers } from "../support/manual-clock.ts";
import { offers } from "../support/open-registry.ts";
import { rejection } from "../support/refusal.ts";

describe("Watch", () => {
  let clock: ManualClock;
  let explored: number;
  let changes: number;

  function aWatch(change: Partial<WatchDeps> = {}): Watch {
    return new Watch({
      server: "a",
      explore: async () => {
        explored++;
        return offers("x");
      },
      accept: async () => {},
      enqueue: (work) => void work(),
      onChange: () => changes++,
      deadlineMs: 60_000,
      clock,
      random: () => 0,
      ...change,
    });
  }

  beforeEach(() => {
    clock = new ManualClock();
    [explored, changes] = [0, 0];
  });

  it("spreads its retries, so that a thousand upstreams do not return in one moment", async () => {
    const failing = { explore: () => Promise.reject(new UpstreamUnavailable("a", "down")) };
    const waits = await Promise.all(
      [0, 0.5, 1].map(async (chance) => {
        const own = new ManualClock();
        await rejection(() => aWatch({ ...failing, clock: own, random: () => chance }).explore());
        return own.pending[0];
      }),
    );

    expect(waits).to.deep.equal([500, 750, 1_000]);
  });

  it("does not count as explored what could not be taken over", async () => {
    const watch = aWatch({ accept: () => Promise.reject(new TypeError("broken")) });

    const error = await rejection(() => watch.explore());

    expect(error.code).to.equal("internal");
    expect(watch.error).to.equal(error);
  });

  it("waits for what must happen first", async () => {
    const dropped = withResolvers<void>();

    const exploring = aWatch().explore(dropped.promise);
    await settle();
    const before = explored;
    dropped.resolve();
    await exploring;

    expect([before, explored]).to.deep.equal([0, 1]);
  });

  it("skips its turn in the queue when somebody asked meanwhile", async () => {
    const queue: (() => Promise<unknown>)[] = [];
    const watch = aWatch({ enqueue: (work) => queue.push(work) });

    watch.soon();
    watch.soon();
    await watch.explore();
    for (const work of queue) await work();

    expect(queue).to.have.length(1);
    expect(explored).to.equal(1);
  });

  it("tells of its deadline with the time in words and details", async () => {
    const watch = aWatch({ explore: () => new Promise(() => {}) });

    const failed = rejection(() => watch.explore());
    await clock.advance(60_000);
    const error: GatewayError = await failed;

    expect(error.code).to.equal("upstream_timeout");
    expect(error.details).to.include({ server: "a", after_ms: 60_000 });
  });

  it("reports the end of every exploration once", async () => {
    const watch = aWatch();

    await watch.explore();
    await watch.explore();

    expect(changes).to.equal(2);
    expect([watch.explored, watch.busy, watch.error]).to.deep.equal([true, false, undefined]);
  });

  it("takes a lost connection for a failure only when nothing else is known", async () => {
    const watch = aWatch();
    await watch.explore();
    const first = new UpstreamUnavailable("a", "first");

    watch.lost(first);
    watch.lost(new UpstreamUnavailable("a", "second"));

    expect(watch.error).to.equal(first);
    expect(clock.pending).to.deep.equal([500]);
  });

  it("does nothing any more once it is closed", async () => {
    const watch = aWatch({ explore: () => new Promise(() => {}) });
    const exploring = rejection(() => watch.explore());

    await watch.close();
    watch.soon();
    watch.listChanged();
    watch.lost(new UpstreamUnavailable("a", "late"));

    expect((await exploring).code).to.equal("cancelled");
    expect(watch.error).to.equal(undefined);
    expect(clock.pending).to.deep.equal([]);
  });
});
