import { expect } from "chai";

import { pause, waitFor } from "../../src/upstream/wait.ts";
import { withResolvers } from "../support/manual-clock.ts";
import { rejection } from "../support/refusal.ts";

describe("waitFor", () => {
  it("gives what the work gives", async () => {
    expect(await waitFor(Promise.resolve(5), new AbortController().signal)).to.equal(5);
    const failure = new Error("no");
    const caught = await waitFor(Promise.reject(failure), new AbortController().signal).catch(
      (error: unknown) => error,
    );
    expect(caught).to.equal(failure);
  });

  it("gives up with its signal, while the work goes on", async () => {
    const abort = new AbortController();
    const { promise, resolve } = withResolvers<number>();
    const waiting = rejection(() => waitFor(promise, abort.signal));

    abort.abort();

    expect(await waiting).to.deep.include({ code: "cancelled", executed: "not_executed" });
    resolve(7);
    expect(await promise).to.equal(7);
  });

  it("gives up at once with a signal that was aborted before", async () => {
    expect((await rejection(() => waitFor(new Promise(() => undefined), AbortSignal.abort()))).code).to.equal(
      "cancelled",
    );
  });

  it("leaves no unhandled rejection behind when the work fails later", async () => {
    const abort = new AbortController();
    const { promise, reject } = withResolvers<number>();
    const waiting = rejection(() => waitFor(promise, abort.signal));
    abort.abort();
    await waiting;

    reject(new Error("late"));

    await new Promise((resolve) => setImmediate(resolve));
    expect(await promise.catch((error: unknown) => error)).to.have.property("message", "late");
  });
});

describe("pause", () => {
  it("waits, and not longer than its signal", async () => {
    const started = performance.now();
    await pause(20, new AbortController().signal);
    expect(performance.now() - started).to.be.at.least(15);

    const abort = new AbortController();
    setTimeout(() => abort.abort(), 5);
    await pause(60_000, abort.signal);
    expect(performance.now() - started).to.be.below(5_000);
  });
});
