import { expect } from "chai";

import type { JsonObject } from "../../../src/domain/json.ts";
import { META } from "../../../src/domain/protocol.ts";
import { Reply } from "../../../src/wire/reply.ts";
import { proves } from "../../support/proves.ts";
import { AskingFront, type Rpc, asks, heardBy } from "./asking-front.ts";

const send = { name: "mail__send", arguments: { to: "x" } };

describe("a 2026 client and an upstream of 2025 that asks", () => {
  let asking: AskingFront;
  before(async () => {
    asking = await AskingFront.start({ questionMs: 500 });
  });
  after(() => asking.close());
  beforeEach(() => {
    asking.reset();
    asking.upstream = (call) => asks(call, "Name?");
  });

  const accept = (content: JsonObject): JsonObject => ({ action: "accept", content });
  const call = async (more: JsonObject = {}, meta: JsonObject = {}, who?: string): Promise<Rpc> =>
    (await asking.modern({ ...send, ...more }, "tools/call", meta, who)).answer();
  const stateIn = ({ result }: Rpc): string => String(result?.["requestState"]);
  const codeOf = ({ result }: Rpc): JsonObject =>
    ((result?.["_meta"] ?? {}) as Record<string, JsonObject>)["io.switchgear/call"] ?? {};

  it("gets the question as input_required, and the outcome for its retry", async () => {
    proves("ask.2026-2025");
    const asked = await call();
    expect(asked.result).to.deep.include({
      resultType: "input_required",
      inputRequests: {
        q1: {
          method: "elicitation/create",
          params: { message: "Name?", requestedSchema: { type: "object", properties: {} } },
        },
      },
    });

    const answer = await call({
      requestState: stateIn(asked),
      inputResponses: { q1: accept({ name: "Anna" }) },
    });

    expect(answer.result).to.include({ resultType: "complete" });
    expect(heardBy(answer)).to.deep.equal([accept({ name: "Anna" })]);
    expect(asking.sent).to.have.length(1);
  });

  it("goes through several rounds of one call", async () => {
    asking.upstream = (sent) => asks(sent, "1", "2", "3");
    let answer = await call();
    for (const key of ["q1", "q2", "q3"]) {
      expect(Object.keys(answer.result?.["inputRequests"] ?? {})).to.deep.equal([key]);
      answer = await call({ requestState: stateIn(answer), inputResponses: { [key]: accept({ key }) } });
    }

    expect(heardBy(answer)).to.deep.equal(["q1", "q2", "q3"].map((key) => accept({ key })));
    expect(asking.sent).to.have.length(1);
  });

  it("does so for prompts and resources, with what 2026 demands of their results", async () => {
    for (const [method, params, more] of [
      ["prompts/get", { name: "mail__reply" }, { resultType: "complete" }],
      ["resources/read", { uri: "inbox://all" }, { resultType: "complete", ttlMs: 0, cacheScope: "private" }],
    ] as const) {
      const asked = await (await asking.modern(params, method)).answer();
      const retry = { ...params, requestState: stateIn(asked), inputResponses: { q1: accept({}) } };

      const answer = await (await asking.modern(retry, method)).answer();

      expect(answer.result, method).to.include(more);
      expect(heardBy(answer)).to.deep.equal([accept({})]);
    }
    expect(asking.sent).to.have.length(2);
  });

  it("runs nothing twice, however often the retry comes", async () => {
    proves("once.repeated");
    const asked = await call();
    const retry = { requestState: stateIn(asked), inputResponses: { q1: accept({ n: 1 }) } };

    const answers = await Promise.all([call(retry), call(retry), call(retry)]);
    const late = await call(retry);

    for (const answer of [...answers, late]) expect(heardBy(answer)).to.deep.equal([accept({ n: 1 })]);
    expect(asking.sent).to.have.length(1);
  });

  it("may be away while it is asked: the call goes on", async () => {
    const asked = await call();
    await new Promise((later) => setTimeout(later, 200));
    expect(asking.sent[0]?.signal.aborted).to.equal(false);

    const answer = await call({ requestState: stateIn(asked), inputResponses: { q1: accept({}) } });

    expect(heardBy(answer)).to.deep.equal([accept({})]);
  });

  it("ends its call when it goes before it was asked", async () => {
    asking.upstream = () => new Promise(() => {});
    const leaving = new AbortController();
    const headers = {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "mail__send",
    };
    const _meta = {
      [META.protocolVersion]: "2026-07-28",
      [META.clientCapabilities]: { elicitation: {} },
    };
    const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { ...send, _meta } };
    const pending = asking.front.post(body, headers, "/mcp", leaving.signal).catch(() => undefined);
    while (asking.sent.length === 0) await new Promise(setImmediate);
    const cancelled = new Promise<void>((resolve) => {
      asking.sent[0]?.signal.addEventListener("abort", () => resolve());
    });

    leaving.abort();

    await cancelled;
    await pending;
  });

  it("reads that its question has expired, and that nobody knows what became of the call", async () => {
    const asked = await call();
    await new Promise((later) => setTimeout(later, 600));

    const answer = await call({ requestState: stateIn(asked), inputResponses: { q1: accept({}) } });

    expect(asking.sent[0]?.signal.aborted).to.equal(true);
    expect(answer.result).to.include({ isError: true, resultType: "complete" });
    expect(codeOf(answer)).to.include({ code: "question_expired", executed: "unknown" });
    expect(JSON.stringify(answer.result?.["content"])).to.include("unknown whether the call was executed");
    expect(asking.sent).to.have.length(1);
  });

  it("reads the same after a restart of the gateway", async () => {
    const asked = await call();
    await asking.front.restart();

    const answer = await call({ requestState: stateIn(asked), inputResponses: { q1: accept({}) } });

    expect(codeOf(answer)).to.include({ code: "question_expired", executed: "unknown" });
    expect(asking.sent).to.have.length(1);
  });

  it("gets -32602 for a state that is not that of this call", async () => {
    const state = stateIn(await call());
    const answers = { inputResponses: { q1: accept({ forged: true }) } };
    const refusals = [
      await call({ ...answers, requestState: `${state.slice(0, -4)}AAAA` }),
      await call({ ...answers, requestState: "swg1.garbage" }),
      await call({ ...answers, requestState: state }, {}, "ben"),
      await call({ ...answers, requestState: state, arguments: { to: "everybody" } }),
    ];
    for (const { error } of refusals) {
      expect(error?.code).to.equal(-32602);
      expect(error?.data).to.include({ code: "invalid_request_state", executed: "not_executed" });
    }
    expect(asking.sent).to.have.length(1);

    const answer = await call({ requestState: state, inputResponses: { q1: accept({ forged: false }) } });
    expect(heardBy(answer)).to.deep.equal([accept({ forged: false })]);
  });

  it("is not asked what it did not say it can answer", async () => {
    const answer = await call({}, { [META.clientCapabilities]: { roots: {} } });
    const [heard] = heardBy(answer) as readonly JsonObject[];
    expect(heard).to.include({ code: -32601 });
  });

  it("is asked nothing at all when it can answer nothing", async () => {
    await call({}, { [META.clientCapabilities]: {} });
    expect(asking.sent[0]?.onRequest).to.equal(undefined);
  });

  it("hears progress and log messages on the stream of whichever request is open", async () => {
    asking.upstream = async (sent) => {
      sent.onProgress?.({ progress: 1 });
      const reply = await asks(sent, "Name?");
      sent.onProgress?.({ progress: 2 });
      sent.onNotification?.("notifications/message", { level: "warning", data: "almost" });
      return reply;
    };
    const meta = { progressToken: "p1", [META.logLevel]: "info" };
    const first = await asking.modern(send, "tools/call", meta);
    const asked = await first.answer();
    const retry = { ...send, requestState: stateIn(asked), inputResponses: { q1: accept({}) } };

    const second = await asking.modern(retry, "tools/call", { ...meta, progressToken: "p2" });
    await second.answer();

    const said = (all: readonly Rpc[]): unknown[] => all.flatMap(({ params }) => (params ? [params] : []));
    expect(said(await first.over())).to.deep.equal([{ progress: 1, progressToken: "p1" }]);
    expect(said(await second.over())).to.deep.equal([
      { progress: 2, progressToken: "p2" },
      { level: "warning", data: "almost", logger: "mail" },
    ]);
  });

  it("leaves a call that it answers with a failure of the upstream as that failure", async () => {
    asking.upstream = async (sent) => {
      await asks(sent, "Name?");
      return Reply.of("error", { code: -32050, message: "theirs" }, "2025");
    };
    const asked = await call();

    const { error } = await call({ requestState: stateIn(asked), inputResponses: { q1: accept({}) } });

    expect(error).to.deep.equal({ code: -32050, message: "theirs" });
  });

  describe("and an upstream of 2026", () => {
    it("pass questions, answers and states on as they are", async () => {
      proves("ask.2026-2026");
      const question = {
        resultType: "input_required",
        inputRequests: { who: { method: "elicitation/create", params: { message: "Name?" } } },
        requestState: "their state",
      };
      asking.upstream = () => Reply.of("result", question, "2026");

      expect((await call()).result).to.deep.equal(question);
      await call({ requestState: "their state", inputResponses: { who: accept({}) } });

      expect(asking.sent[1]?.params).to.deep.include({
        requestState: "their state",
        inputResponses: { who: accept({}) },
      });
    });

    it("that is a Switchgear itself gets its own states back", async () => {
      const question = { resultType: "input_required", inputRequests: {}, requestState: "swg1.theirs.mac" };
      asking.upstream = () => Reply.of("result", question, "2026");

      for (const meta of [{}, { [META.clientCapabilities]: {} }]) {
        const asked = await call({}, meta);
        expect(stateIn(asked)).to.equal("swgx.swg1.theirs.mac");
        await call({ requestState: stateIn(asked) }, meta);
        expect(asking.sent.at(-1)?.params["requestState"]).to.equal("swg1.theirs.mac");
      }
    });
  });
});
