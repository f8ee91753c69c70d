import { expect } from "chai";

import { UpstreamBroken, UpstreamError } from "../../src/domain/upstream-errors.ts";
import type { ToolProxy } from "../../src/proxy/proxy.ts";
import { Reply } from "../../src/wire/reply.ts";
import { KeyedLab, textIn } from "../support/keyed-proxy.ts";
import { withResolvers } from "../support/manual-clock.ts";
import { anna, ben, fail, makeTool, text } from "../support/proxy-harness.ts";
import { rejection } from "../support/refusal.ts";

const refused = (): UpstreamError =>
  new UpstreamError("upstream_auth_required", "weather", "rejected", "It wants credentials.");

describe("a call with an idempotency key", () => {
  let lab: KeyedLab;
  let proxy: ToolProxy;

  beforeEach(async () => {
    lab = await KeyedLab.open();
    proxy = lab.start();
  });
  afterEach(() => lab.close());

  it("is executed once, and its answer repeated, also after a restart", async () => {
    const first = await lab.call(proxy, "k1");
    const second = await lab.call(proxy, "k1");
    const third = await lab.call(lab.start(), "k1");

    expect([first, second, third].map(textIn)).to.deep.equal(["answer 1", "answer 1", "answer 1"]);
    expect([first.repeated, second.repeated, third.repeated]).to.deep.equal([undefined, "stored", "stored"]);
    expect(second).to.include({ attempts: 0, cache: "off" });
    expect(lab.sent).to.have.length(1);
    expect(lab.counted).to.deep.equal(["executed", "stored", "stored"]);
  });

  it("is another call under another key, of another caller, of another tool, or without a key", async () => {
    await lab.call(proxy, "k1");
    await lab.call(proxy, "k2");
    await lab.call(proxy, "k1", { identity: ben });
    await lab.call(proxy, "k1", { identity: { ...anna, tenant: "two" } });
    await lab.call(proxy, "k1", { tool: makeTool("other") });
    await lab.call(proxy, undefined);
    await lab.call(proxy, undefined);

    expect(lab.sent).to.have.length(7);
  });

  it("does not depend on the order in which arguments are written", async () => {
    await lab.call(proxy, "k1", { args: { a: 1, b: { c: 2, d: 3 } } });
    const again = await lab.call(proxy, "k1", { args: { b: { d: 3, c: 2 }, a: 1 } });

    expect(again.repeated).to.equal("stored");
  });

  it("is refused when the key was used with other arguments, and nothing is sent", async () => {
    await lab.call(proxy, "k1");

    const error = await rejection(() => lab.call(proxy, "k1", { args: { to: "carl" } }));

    expect(error).to.include({ code: "idempotency_conflict", executed: "not_executed", retryable: false });
    expect(lab.sent).to.have.length(1);
    expect(lab.counted.at(-1)).to.equal("conflict");
  });

  it("is refused with other arguments while the first is in flight, and of two that come at once one is sent", async () => {
    const all = await Promise.allSettled([
      lab.call(proxy, "k1", { args: { to: "ben" } }),
      lab.call(proxy, "k1", { args: { to: "carl" } }),
    ]);

    expect(all.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected"]);
    expect(lab.sent).to.have.length(1);
  });

  it("joins the same call in flight and waits: many at once execute once", async () => {
    const gate = withResolvers<Reply>();
    lab.answer = () => gate.promise;

    const calls = Array.from({ length: 50 }, () => lab.call(proxy, "k1"));
    setTimeout(() => gate.resolve(text("the one")), 20);
    const answers = await Promise.all(calls);

    expect(new Set(answers.map(textIn))).to.deep.equal(new Set(["the one"]));
    expect(answers.filter(({ repeated }) => repeated === "joined")).to.have.length(49);
    expect(lab.sent).to.have.length(1);
  });

  it("is stored before it is sent", async () => {
    const seen: unknown[] = [];
    lab.answer = async () => {
      const other = lab.start();
      seen.push(await rejection(() => lab.call(other, "k1")));
      return text("done");
    };

    await lab.call(proxy, "k1");

    expect(seen[0]).to.include({ code: "outcome_unknown", executed: "unknown" });
  });

  it("is never sent again when the gateway that sent it is dead", async () => {
    lab.answer = () => new Promise(() => {});
    void lab.call(proxy, "k1").catch(() => {});
    while (lab.sent.length === 0) await new Promise((next) => setTimeout(next, 1));

    const after = lab.start();
    const errors = [
      await rejection(() => lab.call(after, "k1")),
      await rejection(() => lab.call(after, "k1")),
    ];

    for (const error of errors) expect(error).to.include({ code: "outcome_unknown", executed: "unknown" });
    expect(lab.sent).to.have.length(1);
    expect(lab.counted).to.deep.equal(["executed", "unknown", "unknown"]);
  });

  describe("that fails", () => {
    it("may be made again when it was not executed", async () => {
      lab.answer = () => fail(refused());
      const error = await rejection(() => lab.call(proxy, "k1"));
      lab.answer = () => text("at last");

      const answer = await lab.call(proxy, "k1");

      expect(error).to.include({ code: "upstream_auth_required", executed: "not_executed" });
      expect(textIn(answer)).to.equal("at last");
      expect(answer.repeated).to.equal(undefined);
    });

    it("stays unknown when its outcome is", async () => {
      lab.answer = () => fail(new UpstreamBroken("weather", "the connection was reset"));
      const first = await rejection(() => lab.call(proxy, "k1"));
      const again = await rejection(() => lab.call(proxy, "k1"));
      const restarted = await rejection(() => lab.call(lab.start(), "k1"));

      expect(first).to.include({ code: "upstream_broken", executed: "unknown" });
      for (const error of [again, restarted]) expect(error).to.include({ code: "outcome_unknown" });
      expect(lab.sent).to.have.length(1);
    });

    it("with an answer that says so is not made again: the answer is repeated, be it isError or an error", async () => {
      lab.answer = () => Reply.of("result", { content: [], isError: true }, "2025");
      await lab.call(proxy, "k1");
      lab.answer = () => Reply.of("error", { code: -32_000, message: "No such city." }, "2026");
      await lab.call(proxy, "k2");

      const [failed, refusal] = [await lab.call(proxy, "k1"), await lab.call(proxy, "k2")];

      expect(failed.reply.value).to.deep.equal({ content: [], isError: true });
      expect(refusal.reply.value).to.deep.equal({ code: -32_000, message: "No such city." });
      expect([refusal.reply.kind, refusal.reply.era]).to.deep.equal(["error", "2026"]);
      expect(lab.sent).to.have.length(2);
    });
  });

  describe("whose caller leaves", () => {
    it("goes on, and the caller that comes back gets its answer", async () => {
      proxy = lab.start({ lingerMs: 5_000 });
      const gate = withResolvers<Reply>();
      lab.answer = () => gate.promise;
      const leaving = new AbortController();
      const first = rejection(() => lab.call(proxy, "k1", { signal: leaving.signal }));
      while (lab.sent.length === 0) await new Promise((next) => setTimeout(next, 1));

      leaving.abort();
      expect(await first).to.include({ code: "cancelled" });
      const second = lab.call(proxy, "k1");
      gate.resolve(text("still here"));

      expect(textIn(await second)).to.equal("still here");
      expect(lab.sent).to.have.length(1);
    });

    it("is ended when nobody comes back in time, and is unknown from then on", async () => {
      lab.answer = ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
      const leaving = new AbortController();
      const first = rejection(() => lab.call(proxy, "k1", { signal: leaving.signal }));
      while (lab.sent.length === 0) await new Promise((next) => setTimeout(next, 1));

      leaving.abort();
      await first;
      while (lab.sent[0]?.signal.aborted !== true) await new Promise((next) => setTimeout(next, 5));
      await new Promise((next) => setTimeout(next, 20));

      expect(await rejection(() => lab.call(proxy, "k1"))).to.include({ code: "outcome_unknown" });
    });

    it("is not sent at all when he has left before", async () => {
      const gone = AbortSignal.abort();

      expect(await rejection(() => lab.call(proxy, "k1", { signal: gone }))).to.include({
        code: "cancelled",
      });
    });
  });

  describe("whose upstream asks its user first (2026)", () => {
    const question = Reply.of(
      "result",
      { resultType: "input_required", requestState: "s1", inputRequests: {} },
      "2026",
    );
    const second = {
      era: "2026",
      extra: { requestState: "s1", inputResponses: { q: { action: "accept" } } },
    } as const;

    it("repeats the question, then the answer, each executed once", async () => {
      lab.answer = ({ params }) => (params["requestState"] === undefined ? question : text("booked"));

      const asked = await lab.call(proxy, "k1", { era: "2026" });
      const askedAgain = await lab.call(proxy, "k1", { era: "2026" });
      const done = await lab.call(proxy, "k1", second);
      const doneAgain = await lab.call(proxy, "k1", second);
      const fromTheStart = await lab.call(proxy, "k1", { era: "2026" });

      expect([asked, askedAgain].map(({ reply }) => reply.value["requestState"])).to.deep.equal(["s1", "s1"]);
      expect([done, doneAgain, fromTheStart].map(textIn)).to.deep.equal(["booked", "booked", "booked"]);
      expect(lab.sent).to.have.length(2);
    });

    it("refuses other answers of the user while the first are on their way", async () => {
      lab.answer = () => question;
      await lab.call(proxy, "k1", { era: "2026" });
      lab.answer = () => new Promise(() => {});
      void lab.call(proxy, "k1", second).catch(() => {});
      while (lab.sent.length < 2) await new Promise((next) => setTimeout(next, 1));

      const others = {
        ...second,
        extra: { requestState: "s1", inputResponses: { q: { action: "decline" } } },
      };
      const error = await rejection(() => lab.call(proxy, "k1", others));

      expect(error).to.include({ code: "idempotency_conflict", retryable: true });
      expect(lab.sent).to.have.length(2);
    });
  });

  it("of which the answer is too large is known as executed, and not made again", async () => {
    lab.answer = () => text("x".repeat(1024 * 1024));
    await lab.call(proxy, "k1");

    const error = await rejection(() => lab.call(proxy, "k1"));

    expect(error).to.include({ code: "answer_not_kept", executed: "executed" });
    expect(lab.sent).to.have.length(1);
  });

  it("can be made again when its time is over", async () => {
    await lab.call(proxy, "k1");
    lab.now += 3_600_001;

    const answer = await lab.call(proxy, "k1", { args: { to: "carl" } });

    expect(textIn(answer)).to.equal("answer 2");
    expect(answer.repeated).to.equal(undefined);
  });
});
