import { expect } from "chai";

import { SingleFlight } from "../../src/resilience/single-flight.ts";
import { failureOf, refused } from "./attempts.ts";
import { settled } from "./fake-clock.ts";

/** Work that ends when the test says so, and remembers the signal that it was given. */
class Work {
  runs = 0;
  signal: AbortSignal | undefined;
  land: (value: string) => void = () => {};
  crash: (error: unknown) => void = () => {};

  readonly run = (signal: AbortSignal): Promise<string> => {
    this.runs++;
    this.signal = signal;
    return new Promise((resolve, reject) => {
      this.land = resolve;
      this.crash = reject;
    });
  };
}

const stay = (): AbortSignal => new AbortController().signal;

describe("SingleFlight", () => {
  it("does equal work once and gives everybody the answer", async () => {
    const flights = new SingleFlight();
    const work = new Work();

    const answers = ["a", "b", "c"].map(() => flights.run("key", stay(), work.run));
    work.land("sunny");

    expect(await Promise.all(answers)).to.deep.equal(["sunny", "sunny", "sunny"]);
    expect(work.runs).to.equal(1);
    expect(flights.size).to.equal(0);
  });

  it("keeps different work apart", async () => {
    const flights = new SingleFlight();

    const answers = await Promise.all([
      flights.run("a", stay(), async () => 1),
      flights.run("b", stay(), async () => 2),
    ]);

    expect(answers).to.deep.equal([1, 2]);
  });

  it("does the work anew for those who come after it has landed", async () => {
    const flights = new SingleFlight();
    let runs = 0;
    const work = async (): Promise<number> => ++runs;

    await flights.run("key", stay(), work);
    const second = await flights.run("key", stay(), work);

    expect(second).to.equal(2);
  });

  it("gives everybody the failure, and lets the next caller try again", async () => {
    const flights = new SingleFlight();
    const work = new Work();
    const error = refused();

    const both = [flights.run("key", stay(), work.run), flights.run("key", stay(), work.run)];
    work.crash(error);

    expect(await Promise.all(both.map(failureOf))).to.deep.equal([error, error]);
    expect(await flights.run("key", stay(), async () => "back")).to.equal("back");
  });

  it("shares a failure that is thrown before the first wait", async () => {
    const flights = new SingleFlight();
    const error = refused();

    const failure = await failureOf(
      flights.run("key", stay(), () => {
        throw error;
      }),
    );

    expect(failure).to.equal(error);
    expect(flights.size).to.equal(0);
  });

  it("lets one caller leave at once without disturbing the others", async () => {
    const flights = new SingleFlight();
    const work = new Work();
    const leaving = new AbortController();

    const gone = flights.run("key", leaving.signal, work.run);
    const staying = flights.run("key", stay(), work.run);
    leaving.abort();

    expect(await failureOf(gone)).to.include({ code: "cancelled", executed: "unknown" });
    expect(work.signal?.aborted).to.equal(false);
    work.land("sunny");
    expect(await staying).to.equal("sunny");
  });

  it("does not let the one who started the work take it along", async () => {
    const flights = new SingleFlight();
    const work = new Work();
    const first = new AbortController();
    const gone = flights.run("key", first.signal, work.run);
    first.abort();
    await failureOf(gone);

    const second = flights.run("key", stay(), async () => "anew");

    expect(work.signal?.aborted).to.equal(true);
    expect(await second).to.equal("anew");
  });

  it("aborts the work when the last caller has left", async () => {
    const flights = new SingleFlight();
    const work = new Work();
    const callers = [new AbortController(), new AbortController(), new AbortController()];
    const gone = callers.map(({ signal }) => failureOf(flights.run("key", signal, work.run)));

    callers[0]?.abort();
    callers[1]?.abort();
    expect(work.signal?.aborted).to.equal(false);
    callers[2]?.abort();

    expect(work.signal?.aborted).to.equal(true);
    await Promise.all(gone);
    expect(flights.size).to.equal(0);
  });

  it("does not let the end of abandoned work disturb the work that took its place", async () => {
    const flights = new SingleFlight();
    const abandoned = new Work();
    const leaving = new AbortController();
    const gone = failureOf(flights.run("key", leaving.signal, abandoned.run));
    leaving.abort();
    await gone;
    const fresh = new Work();
    const first = flights.run("key", stay(), fresh.run);

    abandoned.crash(new Error("torn down"));
    await settled();
    const second = flights.run("key", stay(), fresh.run);
    fresh.land("sunny");

    expect(await Promise.all([first, second])).to.deep.equal(["sunny", "sunny"]);
    expect(fresh.runs).to.equal(1);
  });

  it("starts nothing for a caller that has already left", async () => {
    const flights = new SingleFlight();
    const work = new Work();

    const error = await failureOf(flights.run("key", AbortSignal.abort(), work.run));

    expect(error.code).to.equal("cancelled");
    expect(work.runs).to.equal(0);
  });

  it("changes nothing for a caller that leaves after the answer", async () => {
    const flights = new SingleFlight();
    const caller = new AbortController();
    const work = new Work();
    const answer = flights.run("key", caller.signal, work.run);
    work.land("sunny");
    await answer;

    caller.abort();

    expect(await answer).to.equal("sunny");
    expect(work.signal?.aborted).to.equal(false);
  });
});
