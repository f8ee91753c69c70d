import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import type { Answerer, Question, UpstreamCall } from "../../src/upstream/upstream.ts";
import { Reply } from "../../src/wire/reply.ts";
import { proves } from "../support/proves.ts";
import { ProxyHarness, anna, failure, forecast, send, text } from "../support/proxy-harness.ts";

const yes = (): Reply => Reply.of("result", { action: "accept" }, "2025");

/** Asks the way an upstream of 2025 does: in the middle of the call. */
async function ask(call: UpstreamCall, params: JsonObject = {}): Promise<Reply> {
  const reply = await call.onRequest?.({ method: "elicitation/create", params, signal: call.signal });
  return text(`heard ${reply?.bytes.toString() ?? "nothing"}`);
}

describe("a question in the middle of a call", () => {
  let h: ProxyHarness;
  beforeEach(() => {
    h = new ProxyHarness();
  });
  afterEach(() => h.proxy.close());

  it("reaches the caller as it is, and his answer the upstream", async () => {
    const asked: Question[] = [];
    h.answer = (call) => ask(call, { message: "Sure?" });
    const onRequest: Answerer = async (question) => {
      asked.push(question);
      return yes();
    };

    const { reply } = await h.call(anna, send, {}, { onRequest });

    expect(asked.map(({ method, params }) => [method, params])).to.deep.equal([
      ["elicitation/create", { message: "Sure?" }],
    ]);
    expect(reply.value).to.deep.equal(text('heard {"action":"accept"}').value);
  });

  it("lets the deadline wait for the user, but not for the upstream", async () => {
    proves("ask.time");
    h.answer = async (call) => {
      await ask(call);
      return new Promise(() => {});
    };
    const onRequest: Answerer = () =>
      new Promise((resolve) => {
        setTimeout(() => resolve(yes()), 150);
      });
    const started = performance.now();

    const error = await failure(h.call(anna, send, {}, { onRequest, timeoutMs: 50 }));

    expect(error).to.include({ code: "upstream_timeout", executed: "unknown" });
    expect(error).to.have.nested.property("details.after_ms", 50);
    expect(performance.now() - started).to.be.at.least(195);
  });

  it("leaves the call's slot to others meanwhile", async () => {
    h.configure({ concurrency: 1, attempts: 1 });
    let answer: (reply: Reply) => void = () => {};
    h.answer = (call) => (call.params["name"] === "send" ? ask(call) : text("free"));
    const onRequest: Answerer = () => new Promise((resolve) => (answer = resolve));

    const asking = h.call(anna, send, {}, { onRequest });
    await new Promise(setImmediate);
    const other = await h.call(anna, forecast);
    answer(yes());

    expect(other.reply.value).to.deep.equal(text("free").value);
    expect((await asking).reply.isToolError).to.equal(false);
  });

  it("gives callers nothing to answer with who can answer nothing", async () => {
    await h.call(anna, send);
    expect(h.sent[0]?.onRequest).to.equal(undefined);
  });

  it("tells the caller that the upstream closed the stream on purpose", async () => {
    const pauses: (number | undefined)[] = [];
    h.answer = (call) => {
      call.onInterrupted?.(500);
      return text("later");
    };

    await h.call(anna, send, {}, { onInterrupted: (retryMs) => pauses.push(retryMs) });

    expect(pauses).to.deep.equal([500]);
  });

  describe("and the cache", () => {
    const onRequest: Answerer = async () => yes();
    beforeEach(() => h.configure({ cache: { tools: ["fore*"] } }));

    it("keeps nothing that an answer of the user is part of", async () => {
      h.answer = (call) => ask(call);
      await h.call(anna, forecast, {}, { onRequest });
      await h.call(anna, forecast, {}, { onRequest });
      expect(h.sent).to.have.length(2);
    });

    it("keeps the answer of a call in which nothing was asked", async () => {
      await h.call(anna, forecast, {}, { onRequest });
      const { cache } = await h.call(anna, forecast, {}, { onRequest });
      expect([h.sent.length, cache]).to.deep.equal([1, "hit"]);
    });

    it("keeps apart who can be asked and who cannot", async () => {
      await h.call(anna, forecast, {}, { onRequest });
      await h.call(anna, forecast);
      expect(h.sent).to.have.length(2);
    });

    it("joins no calls whose users may be asked different things", async () => {
      const answers: ((reply: Reply) => void)[] = [];
      h.answer = (call) => ask(call);
      const waiting: Answerer = () => new Promise((resolve) => answers.push(resolve));
      const calls = [1, 2].map(() => h.call(anna, forecast, {}, { onRequest: waiting }));
      await new Promise(setImmediate);

      for (const [index, answer] of answers.entries()) answer(Reply.of("result", { index }, "2025"));
      const texts = (await Promise.all(calls)).map(({ reply }) => JSON.stringify(reply.value["content"]));

      expect(h.sent).to.have.length(2);
      expect(texts[0]).to.include('\\"index\\":0');
      expect(texts[1]).to.include('\\"index\\":1');
    });
  });
});
