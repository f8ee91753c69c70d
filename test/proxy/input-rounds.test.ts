import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { UpstreamBroken, UpstreamError } from "../../src/domain/upstream-errors.ts";
import type { CallAnswer, ToolCall } from "../../src/proxy/proxy.ts";
import type { Question } from "../../src/upstream/upstream.ts";
import { Reply } from "../../src/wire/reply.ts";
import { FakeClock } from "../resilience/fake-clock.ts";
import { proves } from "../support/proves.ts";
import { ProxyHarness, anna, fail, failure, makeTool, text } from "../support/proxy-harness.ts";

const book = makeTool("book");

const needs = (inputRequests: JsonObject, requestState?: string): Reply =>
  Reply.of(
    "result",
    { resultType: "input_required", inputRequests, ...(requestState === undefined ? {} : { requestState }) },
    "2026",
  );
const form = (message: string): JsonObject => ({ method: "elicitation/create", params: { message } });
const done = (): Reply => Reply.of("result", { resultType: "complete", content: [] }, "2026");
const said = (content: JsonObject): Reply => Reply.of("result", { action: "accept", content }, "2025");

describe("a 2025 client and an upstream of 2026 that asks", () => {
  let h: ProxyHarness;
  let questions: Question[];
  let user: (question: Question) => Promise<Reply> | Reply;
  beforeEach(() => {
    h = new ProxyHarness();
    questions = [];
    user = () => said({ name: "Anna" });
  });
  afterEach(() => h.proxy.close());

  /** The upstream's answers, one for each leg. */
  const legs = (...replies: (() => Reply)[]): void => {
    h.answer = () => (replies.length > 1 ? replies.shift() : replies[0])?.() ?? text("");
  };
  const call = (more: Partial<ToolCall> = {}): Promise<CallAnswer> =>
    h.call(
      anna,
      book,
      { day: 1 },
      {
        envelope: { capabilities: { elicitation: {}, sampling: {}, roots: {} } },
        onRequest: async (question) => {
          questions.push(question);
          return user(question);
        },
        ...more,
      },
    );

  it("asks the client, and sends the call again with the answer and the verbatim state", async () => {
    legs(() => needs({ who: form("Name?") }, "s/1=="), done);

    const { reply, attempts } = await call({ meta: { trace: "t" } });

    expect(reply.value["resultType"]).to.equal("complete");
    expect(attempts).to.equal(1);
    expect(questions.map(({ method, params }) => [method, params])).to.deep.equal([
      ["elicitation/create", { message: "Name?" }],
    ]);
    expect(h.sent.map(({ params }) => params)).to.deep.equal([
      { name: "book", arguments: { day: 1 }, _meta: { trace: "t" } },
      {
        name: "book",
        arguments: { day: 1 },
        _meta: { trace: "t" },
        inputResponses: { who: { action: "accept", content: { name: "Anna" } } },
        requestState: "s/1==",
      },
    ]);
    expect(h.metered).to.deep.equal([["weather", "book", "ok"]]);
  });

  it("asks several questions at once", async () => {
    legs(
      () => needs({ a: form("A?"), b: { method: "roots/list" }, c: { method: "sampling/createMessage" } }),
      done,
    );
    const open: ((reply: Reply) => void)[] = [];
    user = () => new Promise((resolve) => open.push(resolve));

    const pending = call();
    await new Promise(setImmediate);
    expect(questions.map(({ method }) => method)).to.deep.equal([
      "elicitation/create",
      "roots/list",
      "sampling/createMessage",
    ]);
    for (const [index, answer] of open.toReversed().entries()) answer(Reply.of("result", { index }, "2025"));
    await pending;

    expect(h.sent[1]?.params["inputResponses"]).to.deep.equal({
      a: { index: 2 },
      b: { index: 1 },
      c: { index: 0 },
    });
  });

  it("goes on for as many rounds as the upstream asks, each with the answers of its own", async () => {
    legs(
      () => needs({ one: form("1?") }, "first"),
      () => needs({ two: form("2?") }),
      done,
    );

    await call();

    expect(
      h.sent.map(({ params }) => [Object.keys(params["inputResponses"] ?? {}), params["requestState"]]),
    ).to.deep.equal([
      [[], undefined],
      [["one"], "first"],
      [["two"], undefined],
    ]);
  });

  it("gives up on an upstream that asks without end", async () => {
    legs(() => needs({ again: form("Again?") }));

    const error = await failure(call());

    expect(error).to.be.instanceOf(UpstreamError).and.to.include({
      code: "upstream_protocol_error",
      executed: "unknown",
    });
    expect(h.sent).to.have.length(17);
    expect(questions).to.have.length(16);
  });

  it("asks again after a pause when the upstream only wants that, even for a client that can answer nothing", async () => {
    const clock = new FakeClock();
    try {
      legs(() => needs({}, "busy"), done);

      const pending = call({ envelope: undefined, onRequest: undefined });
      await clock.advance(200);
      expect(h.sent).to.have.length(1);
      await clock.advance(100);
      await pending;

      expect(h.sent[1]?.params).to.deep.equal({ name: "book", arguments: { day: 1 }, requestState: "busy" });
    } finally {
      clock.restore();
    }
  });

  it("tells the upstream that nobody answered when a form was refused or failed", async () => {
    legs(() => needs({ who: form("Name?") }), done);
    user = () => Reply.of("error", { code: -32603, message: "too late" }, "2025");

    await call();

    expect(h.sent[1]?.params["inputResponses"]).to.deep.equal({ who: { action: "cancel" } });
  });

  it("ends when another question was refused, and takes back those that are open", async () => {
    legs(() => needs({ a: form("A?"), model: { method: "sampling/createMessage" } }), done);
    user = ({ method, signal }) =>
      method === "sampling/createMessage"
        ? Reply.of("error", { code: -1, message: "User rejected sampling request" }, "2025")
        : new Promise((resolve) =>
            signal.addEventListener("abort", () =>
              resolve(Reply.of("error", { code: -1, message: "x" }, "2025")),
            ),
          );

    const error = await failure(call());

    expect(error).to.include({ code: "interaction_unsupported", executed: "unknown" });
    expect(String(error)).to.include("User rejected sampling request");
    expect(questions.map(({ signal }) => signal.aborted)).to.deep.equal([true, true]);
    expect(h.sent).to.have.length(1);
  });

  it("asks nothing of a client that could not answer everything, and names what it lacks", async () => {
    legs(() => needs({ a: form("A?"), model: { method: "sampling/createMessage" } }), done);

    const error = await failure(call({ envelope: { capabilities: { elicitation: {} } } }));

    expect(error).to.include({ code: "interaction_unsupported", executed: "unknown" });
    expect(error).to.have.nested.property("details.capability", "sampling");
    expect(String(error)).to.include('did not declare the capability "sampling"');
    expect(questions).to.deep.equal([]);
    expect(h.sent).to.have.length(1);
    expect(h.metered).to.deep.equal([["weather", "book", "unknown"]]);
  });

  it("refuses the question to a client that can be asked nothing", async () => {
    legs(() => needs({ who: form("Name?") }));

    const error = await failure(call({ envelope: undefined, onRequest: undefined }));

    expect(error).to.include({ code: "interaction_unsupported" });
    expect(error).to.have.nested.property("details.capability", "elicitation");
  });

  it("does so for prompts and resources, too", async () => {
    legs(() => needs({ who: form("Name?") }, "s"), done);
    const { signal } = new AbortController();
    const context = {
      identity: anna,
      era: "2025",
      scope: "s",
      signal,
      envelope: { capabilities: { elicitation: {} } },
      onRequest: async () => said({ name: "Anna" }),
    } as const;

    await h.proxy.forward("weather", "prompts/get", { name: "p" }, context);

    expect(h.sent.map(({ method }) => method)).to.deep.equal(["prompts/get", "prompts/get"]);
    expect(h.sent[1]?.params).to.include({ name: "p", requestState: "s" });
  });

  it("keeps progress over all rounds", async () => {
    const progress: JsonObject[] = [];
    legs(() => needs({ who: form("Name?") }), done);
    const plain = h.answer;
    h.answer = (sent) => {
      sent.onProgress?.({ progress: h.sent.length });
      return plain(sent);
    };

    await call({ onProgress: (params) => progress.push(params) });

    expect(progress).to.deep.equal([{ progress: 1 }, { progress: 2 }]);
  });

  it("sends a leg again that was refused, without asking twice", async () => {
    let tries = 0;
    h.answer = ({ params }) => {
      if (params["inputResponses"] === undefined) return needs({ who: form("Name?") }, "s");
      if (++tries > 1) return done();
      return fail(new UpstreamError("upstream_rejected", "weather", "rejected", "429"));
    };

    await call();

    expect(questions).to.have.length(1);
    expect(h.sent.map(({ params }) => params["requestState"])).to.deep.equal([undefined, "s", "s"]);
  });

  it("never sends a leg again whose outcome is unknown", async () => {
    proves("once.unknown");
    h.configure({ attempts: 3, trusted: true });
    const trusted = makeTool("book", { idempotent: true });
    h.answer = ({ params }) =>
      params["inputResponses"] === undefined
        ? needs({ who: form("Name?") }, "s")
        : fail(new UpstreamBroken("weather", "cut"));

    const error = await failure(call({ tool: trusted }));

    expect(error).to.include({ code: "upstream_broken", executed: "unknown" });
    expect(h.sent).to.have.length(2);
  });

  it("stops when the client leaves in the middle of a question", async () => {
    const caller = new AbortController();
    legs(() => needs({ who: form("Name?") }), done);
    user = ({ signal }) => {
      caller.abort();
      return Reply.of("error", { code: -1, message: String(signal.aborted) }, "2025");
    };

    const error = await failure(call({ signal: caller.signal }));
    await new Promise(setImmediate);

    expect(error).to.include({ code: "cancelled", executed: "unknown" });
    expect(h.sent).to.have.length(1);
  });
});
