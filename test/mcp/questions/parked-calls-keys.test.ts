import { expect } from "chai";

import { ParkedCalls } from "../../../src/mcp/questions/parked-calls.ts";
import type { Reply } from "../../../src/wire/reply.ts";
import { settled } from "../../resilience/fake-clock.ts";
import { Client, accepted, complete, retry } from "./front-requests.ts";
import { KEY, ParkedLab, QUESTION_MS, questionsIn, stateIn } from "./parked-lab.ts";

const keyed = (key = "k1", more: object = {}): Client =>
  new Client({ headers: { "idempotency-key": key }, ...more });

describe("ParkedCalls, of calls with an idempotency key", () => {
  let lab: ParkedLab;
  beforeEach(() => {
    lab = new ParkedLab();
  });
  afterEach(() => lab.close());

  it("show a client that comes back without its state the questions that are open", async () => {
    const { heard } = await lab.askedCall(keyed());

    const again = await lab.outcomeOf(lab.run(keyed()));
    const answered = lab.run(retry(stateIn(again), { q1: accepted({ name: "Anna" }) }));
    expect((await heard).value).to.deep.equal(accepted({ name: "Anna" }));
    lab.upstream.answer(complete("once"));

    expect(Object.keys(questionsIn(again))).to.deep.equal(["q1"]);
    expect(await answered).to.deep.equal(complete("once"));
    expect(lab.upstream.requests).to.have.length(1);
  });

  it("join the call that runs on after its question was answered", async () => {
    const { state } = await lab.askedCall(keyed());
    const second = lab.run(retry(state, { q1: accepted() }));
    const third = lab.run(keyed());
    lab.upstream.answer(complete("once"));

    expect(await Promise.all([second, third])).to.deep.equal([complete("once"), complete("once")]);
    expect(lab.upstream.requests).to.have.length(1);
  });

  it("begin another call for another key, other arguments, or another caller, and without a key", async () => {
    await lab.askedCall(keyed());
    const others = [
      keyed("k2"),
      keyed("k1", { params: { name: "mail__send", arguments: { to: "y" } } }),
      keyed("k1", { identity: { subject: "ben", tenant: "default", role: "user" } }),
      new Client(),
    ];
    for (const other of others) void lab.run(other).catch(() => {});
    await settled();

    expect(lab.upstream.requests).to.have.length(5);
  });

  it("begin another call when the first is over", async () => {
    const first = lab.run(keyed());
    lab.upstream.answer(complete("first"));
    await first;
    await settled();

    void lab.run(keyed()).catch(() => {});

    expect(lab.upstream.requests).to.have.length(2);
  });

  describe("whose client leaves before it was asked anything", () => {
    it("go on for a client that comes back, which is asked then", async () => {
      const first = keyed();
      const lost = lab.run(first).catch(() => undefined);
      first.leaving.abort();
      await lost;
      const heard = lab.upstream.ask("Name?");
      const again = await lab.outcomeOf(lab.run(keyed()));
      void lab.run(retry(stateIn(again), { q1: accepted({ name: "Anna" }) })).catch(() => {});

      expect((await heard).value).to.deep.equal(accepted({ name: "Anna" }));
      expect(lab.upstream.requests).to.have.length(1);
      expect(lab.upstream.last.signal.aborted).to.equal(false);
    });

    it("are cancelled when it does not come back in time; without a key, at once", async () => {
      for (const client of [keyed(), new Client()]) {
        void lab.run(client).catch(() => {});
        client.leaving.abort();
        await settled();
        expect(lab.upstream.last.signal.aborted).to.equal(
          client.request.headers["idempotency-key"] === undefined,
        );
      }
      await lab.clock.advance(61_000, 1_000);

      expect(lab.upstream.requests.map(({ signal }) => signal.aborted)).to.deep.equal([true, true]);
    });
  });

  it("tell when a call is over, be it long after its request was answered", async () => {
    const over: string[] = [];
    const limits = { questionMs: QUESTION_MS };
    const parked = new ParkedCalls({ key: KEY, limits, onOver: ({ requestId }) => over.push(requestId) });
    const client = new Client({ requestId: "the first" });
    let end: (reply: Reply) => void = () => {};
    const pending = parked.run(client.request, async (request) => {
      void request.onRequest?.({ method: "elicitation/create", params: {}, signal: request.signal });
      return new Promise((resolve) => {
        end = resolve;
      });
    });
    await lab.clock.advance(40);
    await pending;
    expect(over).to.deep.equal([]);
    end(complete("late"));
    await settled();

    expect(over).to.deep.equal(["the first"]);
    parked.close();
  });
});
