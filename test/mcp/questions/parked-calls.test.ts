import { expect } from "chai";

import { GatewayError } from "../../../src/domain/errors.ts";
import { failureOf } from "../../resilience/attempts.ts";
import { Client, accepted, complete, question, retry } from "./front-requests.ts";
import { ParkedLab, questionsIn, stateIn } from "./parked-lab.ts";

describe("ParkedCalls", () => {
  let lab: ParkedLab;
  let clock: ParkedLab["clock"];
  let parked: ParkedLab["parked"];
  let upstream: ParkedLab["upstream"];
  let run: ParkedLab["run"];
  let outcomeOf: ParkedLab["outcomeOf"];
  let askedCall: ParkedLab["askedCall"];
  beforeEach(() => {
    lab = new ParkedLab();
    ({ clock, parked, upstream, run, outcomeOf, askedCall } = lab);
  });
  afterEach(() => lab.close());

  it("concerns clients that can be asked something, and calls that come back", () => {
    expect(parked.concerns(new Client().request)).to.equal(true);
    expect(parked.concerns(new Client({ envelope: { capabilities: {} } }).request)).to.equal(false);
    expect(parked.concerns(new Client({ envelope: undefined }).request)).to.equal(false);
    expect(parked.concerns(retry("swg1.x.y", {}, { envelope: { capabilities: {} } }).request)).to.equal(true);
    expect(parked.concerns(retry("opaque", {}, { envelope: undefined }).request)).to.equal(false);
  });

  it("leaves a call alone whose upstream asks nothing", async () => {
    const pending = run(new Client());
    upstream.answer(complete("done"));

    expect(await pending).to.deep.equal(complete("done"));
    expect(parked.size).to.equal(0);
  });

  it("passes a failure on as it is", async () => {
    const pending = run(new Client());
    upstream.fail(new GatewayError("forbidden", "no"));

    expect(await failureOf(pending)).to.include({ code: "forbidden" });
  });

  it("turns a question into input_required, and a retry into its answer", async () => {
    const first = run(new Client());
    const heard = upstream.ask({
      ...question("Name?"),
      params: { message: "Name?", _meta: { progressToken: 1 } },
    });

    const asked = await outcomeOf(first);
    expect(asked.era).to.equal("2026");
    expect(asked.value).to.deep.include({
      resultType: "input_required",
      inputRequests: { q1: { method: "elicitation/create", params: { message: "Name?" } } },
    });
    const second = run(retry(stateIn(asked), { q1: accepted({ name: "Anna" }) }));
    expect((await heard).value).to.deep.equal(accepted({ name: "Anna" }));
    upstream.answer(complete("Hello, Anna"));

    expect(await second).to.deep.equal(complete("Hello, Anna"));
    expect(upstream.requests).to.have.length(1);
  });

  it("collects questions that come at about the same time", async () => {
    const first = run(new Client());
    void upstream.ask("1");
    await clock.advance(10, 10);
    void upstream.ask("2");

    const reply = await outcomeOf(first);

    expect(Object.keys(questionsIn(reply))).to.deep.equal(["q1", "q2"]);
  });

  it("asks only for what is missing when a retry answers a part", async () => {
    const first = run(new Client());
    const heard = [upstream.ask("1"), upstream.ask("2")];
    const asked = await outcomeOf(first);

    const again = await outcomeOf(
      run(retry(stateIn(asked), { q1: accepted(), q2: "no object", x: accepted() })),
    );
    expect(Object.keys(questionsIn(again))).to.deep.equal(["q2"]);
    expect((await heard[0])?.value).to.deep.equal(accepted());
    const last = run(retry(stateIn(again), { q2: accepted({ b: 2 }) }));
    expect((await heard[1])?.value).to.deep.equal(accepted({ b: 2 }));
    upstream.answer(complete("done"));

    expect(await last).to.deep.equal(complete("done"));
  });

  it("asks the same again when a retry answers nothing", async () => {
    const { state } = await askedCall();

    const again = await outcomeOf(run(retry(state)));

    expect(Object.keys(questionsIn(again))).to.deep.equal(["q1"]);
  });

  it("carries on through several rounds, with a name of its own for each question", async () => {
    const { state } = await askedCall();
    const second = run(retry(state, { q1: accepted() }));
    const heard = upstream.ask("Sure?");
    const asked = await outcomeOf(second);
    expect(Object.keys(questionsIn(asked))).to.deep.equal(["q2"]);

    const third = run(retry(stateIn(asked), { q2: accepted({ sure: true }) }));
    expect((await heard).value).to.deep.equal(accepted({ sure: true }));
    upstream.answer(complete("done"));

    expect(await third).to.deep.equal(complete("done"));
    expect(upstream.requests).to.have.length(1);
  });

  it("takes a question away that the upstream takes back", async () => {
    const taken = new AbortController();
    const first = run(new Client());
    const heard = upstream.ask(question("1", taken.signal));
    void upstream.ask("2");
    taken.abort();

    expect((await heard).kind).to.equal("error");
    expect(Object.keys(questionsIn(await outcomeOf(first)))).to.deep.equal(["q2"]);
  });

  it("waits on when the only question is taken back", async () => {
    const taken = new AbortController();
    const first = run(new Client());
    void upstream.ask(question("1", taken.signal));
    taken.abort();
    await clock.advance(100);
    upstream.answer(complete("without"));

    expect(await first).to.deep.equal(complete("without"));
  });

  it("refuses what the client did not say it can answer", async () => {
    void run(new Client());

    const reply = await upstream.ask({ ...question("?"), method: "roots/list" });

    expect(reply.value).to.include({ code: -32601 });
    expect((await upstream.ask({ ...question("?"), method: "ping" })).value).to.deep.equal({});
    expect(parked.size).to.equal(0);
  });

  it("passes what the upstream says on to whichever request is open", async () => {
    const first = new Client();
    const pending = run(first);
    upstream.last.onProgress?.({ progress: 1 });
    upstream.last.onNotification?.("notifications/message", { data: "one" });
    void upstream.ask("Name?");
    const state = stateIn(await outcomeOf(pending));
    upstream.last.onProgress?.({ progress: 2 });
    const second = retry(state, { q1: accepted() });
    void run(second);
    upstream.last.onProgress?.({ progress: 3 });
    upstream.last.notify("notifications/x", {});

    expect(first.heard).to.deep.equal([
      ["progress", { progress: 1 }],
      ["notifications/message", { data: "one" }],
    ]);
    expect(second.heard).to.deep.equal([
      ["progress", { progress: 3 }],
      ["notifications/x", {}],
    ]);
  });

  it("asks the upstream for progress and news only if the first request did", () => {
    void run(new Client({ onProgress: undefined, onNotification: undefined }));
    expect(upstream.last.onProgress).to.equal(undefined);
    expect(upstream.last.onNotification).to.equal(undefined);
  });

  it("ends everything when the gateway stops", async () => {
    const { state } = await askedCall();
    const second = failureOf(run(retry(state, { q1: accepted() })));

    parked.close();

    expect(await second).to.include({ code: "question_expired" });
    expect([upstream.last.signal.aborted, parked.size]).to.deep.equal([true, 0]);
  });
});
