import { expect } from "chai";

import { GatewayError } from "../../../src/domain/errors.ts";
import { ParkedCalls } from "../../../src/mcp/questions/parked-calls.ts";
import { failureOf } from "../../resilience/attempts.ts";
import { settled } from "../../resilience/fake-clock.ts";
import { proves } from "../../support/proves.ts";
import { Client, accepted, complete, retry } from "./front-requests.ts";
import { KEY, ParkedLab, QUESTION_MS, questionsIn, stateIn } from "./parked-lab.ts";

describe("ParkedCalls, over several requests", () => {
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

  describe("a retry that is repeated", () => {
    it("joins the one that is under way, and both get the outcome", async () => {
      const { state, heard } = await askedCall();
      const second = run(retry(state, { q1: accepted({ n: 1 }) }));
      const third = run(retry(state, { q1: accepted({ n: 2 }) }));
      expect((await heard).value).to.deep.equal(accepted({ n: 1 }));
      upstream.answer(complete("once"));

      expect(await Promise.all([second, third])).to.deep.equal([complete("once"), complete("once")]);
      expect(upstream.requests).to.have.length(1);
    });

    it("gets the same outcome for a minute", async () => {
      const { state } = await askedCall();
      const second = run(retry(state, { q1: accepted() }));
      upstream.answer(complete("once"));
      await second;
      await clock.advance(59_000, 1_000);

      expect(await run(retry(state, { q1: accepted() }))).to.deep.equal(complete("once"));
      await clock.advance(2_000, 1_000);
      const late = await failureOf(run(retry(state, { q1: accepted() })));

      expect(late).to.include({ code: "question_expired", executed: "unknown" });
      expect(upstream.requests).to.have.length(1);
      expect(parked.size).to.equal(0);
    });

    it("gets the same failure", async () => {
      const { state } = await askedCall();
      const second = failureOf(run(retry(state, { q1: accepted() })));
      upstream.fail(new GatewayError("upstream_broken", "cut", { executed: "unknown" }));

      expect(await second).to.include({ code: "upstream_broken" });
      expect(await failureOf(run(retry(state)))).to.include({ code: "upstream_broken" });
    });

    it("of an earlier round gets the questions of the present one", async () => {
      const { state } = await askedCall();
      const second = run(retry(state, { q1: accepted() }));
      void upstream.ask("Sure?");
      await outcomeOf(second);

      const again = await outcomeOf(run(retry(state, { q1: accepted() })));

      expect(Object.keys(questionsIn(again))).to.deep.equal(["q2"]);
    });
  });

  describe("a client that leaves", () => {
    it("before any question ends its call at once", async () => {
      const client = new Client();
      const pending = failureOf(run(client));

      client.leaving.abort();

      expect(await pending).to.include({ code: "cancelled" });
      expect(upstream.last.signal.aborted).to.equal(true);
      expect(parked.size).to.equal(0);
    });

    it("before it can know of the question ends its call at once", async () => {
      const client = new Client();
      const pending = failureOf(run(client));
      void upstream.ask("Name?");

      client.leaving.abort();

      expect(await pending).to.include({ code: "cancelled" });
      expect(upstream.last.signal.aborted).to.equal(true);
    });

    it("before its call begins begins nothing that goes on", async () => {
      const client = new Client();
      client.leaving.abort();

      expect(await failureOf(run(client))).to.include({ code: "cancelled" });
      expect(upstream.last.signal.aborted).to.equal(true);
    });

    it("after the question ends nothing", async () => {
      const client = new Client();
      const { state } = await askedCall(client);

      client.leaving.abort();
      await clock.advance(1_000, 100);

      expect(upstream.last.signal.aborted).to.equal(false);
      const second = run(retry(state, { q1: accepted() }));
      upstream.answer(complete("done"));
      expect(await second).to.deep.equal(complete("done"));
    });

    it("while its retry waits may come back for the outcome", async () => {
      const { state } = await askedCall();
      const second = retry(state, { q1: accepted() });
      const left = failureOf(run(second));
      second.leaving.abort();
      expect(await left).to.include({ code: "cancelled" });
      await clock.advance(QUESTION_MS - 1_000, 500);
      expect(upstream.last.signal.aborted).to.equal(false);

      const third = run(retry(state, { q1: accepted() }));
      upstream.answer(complete("done"));

      expect(await third).to.deep.equal(complete("done"));
      expect(upstream.requests).to.have.length(1);
    });

    it("while its retry waits, and does not come back, ends its call after `questionMs`", async () => {
      const { state } = await askedCall();
      const second = retry(state, { q1: accepted() });
      const left = failureOf(run(second));
      second.leaving.abort();
      await left;

      await clock.advance(QUESTION_MS + 500, 500);

      expect(upstream.last.signal.aborted).to.equal(true);
      expect(await failureOf(run(retry(state)))).to.include({
        code: "question_expired",
        executed: "unknown",
      });
    });

    it("finds the outcome of a call that ended meanwhile", async () => {
      const { state } = await askedCall();
      const second = retry(state, { q1: accepted() });
      const left = failureOf(run(second));
      second.leaving.abort();
      await left;
      upstream.answer(complete("done"));
      await settled();

      expect(await run(retry(state, { q1: accepted() }))).to.deep.equal(complete("done"));
    });
  });

  describe("a question that nobody answers", () => {
    it("ends the call at its upstream after `questionMs`, and says so to whoever comes late", async () => {
      const { state, heard } = await askedCall();
      await clock.advance(QUESTION_MS - 1_000, 500);
      expect(upstream.last.signal.aborted).to.equal(false);

      await clock.advance(1_500, 500);

      expect((await heard).kind).to.equal("error");
      expect(upstream.last.signal.aborted).to.equal(true);
      const error = await failureOf(run(retry(state, { q1: accepted() })));
      expect(error).to.include({ code: "question_expired", executed: "unknown", retryable: false });
      expect(error.message).to.include(`${QUESTION_MS} ms`);
      await clock.advance(61_000, 1_000);
      expect((await failureOf(run(retry(state)))).message).to.include("too late");
      expect(upstream.requests).to.have.length(1);
    });

    it("has its own time, whenever it was asked", async () => {
      const { state } = await askedCall();
      await clock.advance(QUESTION_MS - 1_000, 500);
      const second = run(retry(state, { q1: accepted() }));
      void upstream.ask("Sure?");
      const asked = await outcomeOf(second);
      await clock.advance(QUESTION_MS - 1_000, 500);

      const third = run(retry(stateIn(asked), { q2: accepted() }));
      upstream.answer(complete("done"));

      expect(await third).to.deep.equal(complete("done"));
    });
  });

  describe("a state", () => {
    it("of a gateway that was started again is of a question that is not open any more", async () => {
      const { state } = await askedCall();
      const restarted = new ParkedCalls({ key: KEY, limits: { questionMs: QUESTION_MS } });

      const error = await failureOf(restarted.run(retry(state, { q1: accepted() }).request, upstream.work));

      expect(error).to.include({ code: "question_expired", executed: "unknown" });
      expect(error.message).to.include("restarted");
      expect(upstream.requests).to.have.length(1);
    });

    it("that is forged, or another's, or for another call, is refused, and the call goes on", async () => {
      proves("ask.state");
      const { state, heard } = await askedCall();
      const other = new ParkedCalls({ key: Buffer.alloc(32, 1), limits: { questionMs: QUESTION_MS } });
      const forged = other.run(new Client().request, upstream.work);
      void upstream.ask("?");
      const answers = { q1: accepted({ forged: true }) };
      for (const client of [
        retry(`${state}x`, answers),
        retry("swg1.garbage", answers),
        retry(stateIn(await outcomeOf(forged)), answers),
        retry(state, answers, { identity: { subject: "ben", tenant: "default", role: "user" } }),
        retry(state, answers, { params: { name: "mail__send", arguments: { to: "everybody" } } }),
        retry(state, answers, { method: "prompts/get" }),
        retry(state, answers, { endpoint: { kind: "server", server: "mail" } }),
      ]) {
        const error = await failureOf(run(client));
        expect(error).to.include({ code: "invalid_request_state", executed: "not_executed" });
      }
      const calls = upstream.requests.length;
      void run(retry(state, { q1: accepted({ forged: false }) }));

      expect((await heard).value).to.deep.equal(accepted({ forged: false }));
      expect(upstream.requests).to.have.length(calls);
      other.close();
    });

    it("with answers that are no object is refused", async () => {
      const { state } = await askedCall();
      const client = new Client();
      const params = { ...client.request.params, requestState: state, inputResponses: [] };

      const error = await failureOf(run(new Client({ params })));

      expect(error).to.include({ code: "invalid_request_state" });
    });
  });
});
