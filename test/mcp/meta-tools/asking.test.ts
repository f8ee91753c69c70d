import { expect } from "chai";

import { Reply } from "../../../src/wire/reply.ts";
import { AskingFront, asks, heardBy } from "../questions/asking-front.ts";

const CALL = { name: "call_tool", arguments: { tool: "mail__send", args: { to: "x" } } };

describe("a tool that asks its user, called by call_tool", () => {
  let asking: AskingFront;

  before(async () => {
    asking = await AskingFront.start({ questionMs: 2_000 });
  });
  after(() => asking.close());
  beforeEach(() => {
    asking.reset();
    asking.upstream = (call) => asks(call, "Name?");
  });

  it("asks a 2025 client on the stream of its request", async () => {
    const session = await asking.session();
    const messages = await asking.legacy(session, CALL);

    const question = await messages.question("Name?");
    await asking.respond(session, question.id, { action: "accept", content: { name: "Anna" } });

    expect(heardBy(await messages.answer())).to.deep.equal([{ action: "accept", content: { name: "Anna" } }]);
    expect(asking.sent.map(({ params }) => params)).to.deep.equal([{ name: "send", arguments: { to: "x" } }]);
  });

  it("answers a 2026 client with input_required, and takes its retry of call_tool", async () => {
    const asked = await (await asking.modern(CALL)).answer();
    expect(asked.result).to.include({ resultType: "input_required" });
    const requestState = String(asked.result?.["requestState"]);
    const inputResponses = { q1: { action: "accept", content: { name: "Anna" } } };

    const answer = await (await asking.modern({ ...CALL, requestState, inputResponses })).answer();

    expect(answer.result).to.include({ resultType: "complete" });
    expect(heardBy(answer)).to.deep.equal([inputResponses.q1]);
    expect(asking.sent).to.have.length(1);
  });

  it("takes no answer for another tool than the one that asked", async () => {
    const asked = await (await asking.modern(CALL)).answer();
    const requestState = String(asked.result?.["requestState"]);
    const other = { ...CALL, arguments: { tool: "mail__send", args: { to: "y" } } };

    const answer = await (await asking.modern({ ...other, requestState, inputResponses: {} })).answer();

    expect(answer.error?.data ?? answer.result?.["_meta"]).to.satisfy((said: unknown) =>
      JSON.stringify(said).includes("invalid_request_state"),
    );
    expect(asking.sent).to.have.length(1);
  });

  it("hands the question and the answer of a 2026 upstream through as they are", async () => {
    const inputRequests = { theirs: { method: "elicitation/create", params: { message: "Sure?" } } };
    const wants = { resultType: "input_required", inputRequests, requestState: "opaque" };
    asking.upstream = ({ params }) =>
      Reply.of(
        "result",
        params["requestState"] === "opaque" ? { resultType: "complete", content: [] } : wants,
        "2026",
      );

    const asked = await (await asking.modern(CALL)).answer();
    const retry = { ...CALL, requestState: "opaque", inputResponses: { theirs: { action: "decline" } } };
    const answer = await (await asking.modern(retry)).answer();

    expect(asked.result).to.deep.equal(wants);
    expect(answer.result).to.deep.include({ resultType: "complete" });
    expect(asking.sent[1]?.params).to.deep.equal({
      name: "send",
      arguments: { to: "x" },
      inputResponses: { theirs: { action: "decline" } },
      requestState: "opaque",
    });
  });

  it("reports progress, and ends with its request", async () => {
    const session = await asking.session({});
    let aborted = false;
    asking.upstream = (call) =>
      new Promise((resolve) => {
        call.onProgress?.({ progress: 1 });
        call.signal.addEventListener("abort", () => {
          aborted = true;
          resolve(Reply.of("result", { content: [] }, "2025"));
        });
      });
    const leaving = new AbortController();
    const params = { ...CALL, _meta: { progressToken: "p" } };

    const messages = await asking.legacy(session, params, "tools/call", leaving.signal);
    const progress = await messages.find(({ method }) => method === "notifications/progress");
    await asking.front.post(
      { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "req-tools/call" } },
      session,
    );
    await messages.over();

    expect(progress?.params).to.deep.equal({ progress: 1, progressToken: "p" });
    expect(aborted).to.equal(true);
    leaving.abort();
  });
});
