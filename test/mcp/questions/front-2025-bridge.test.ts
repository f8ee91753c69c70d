import { expect } from "chai";

import type { JsonObject } from "../../../src/domain/json.ts";
import { Reply } from "../../../src/wire/reply.ts";
import { proves } from "../../support/proves.ts";
import { AskingFront, heardBy } from "./asking-front.ts";

describe("a 2025 client that is asked by an upstream of 2026", () => {
  let asking: AskingFront;
  let session: Record<string, string>;
  before(async () => {
    asking = await AskingFront.start({ questionMs: 400, resumeMs: 50 });
  });
  after(() => asking.close());
  beforeEach(async () => {
    asking.reset();
    session = await asking.session();
  });

  const accept = (content: JsonObject): JsonObject => ({ action: "accept", content });
  const form = { method: "elicitation/create", params: { message: "Name?", requestedSchema: {} } };
  const inputRequired = (more: JsonObject): Reply =>
    Reply.of("result", { resultType: "input_required", ...more }, "2026");
  beforeEach(() => {
    asking.upstream = ({ params }) => {
      const { inputResponses } = params;
      if (inputResponses === undefined)
        return inputRequired({ inputRequests: { who: form }, requestState: "their state" });
      return Reply.of(
        "result",
        { resultType: "complete", content: [{ type: "text", text: JSON.stringify(inputResponses) }] },
        "2026",
      );
    };
  });

  it("hears a real request, and gets the outcome of the second leg as its answer", async () => {
    proves("ask.2025-2026");
    const messages = await asking.legacy(session, { name: "mail__send", arguments: { to: "x" } });
    const question = await messages.question();
    expect(question).to.deep.include({ method: form.method, params: form.params });
    await asking.respond(session, question.id, accept({ name: "Anna" }));

    const answer = await messages.answer();

    expect(heardBy(answer)).to.deep.equal({ who: accept({ name: "Anna" }) });
    expect(asking.sent.map(({ params }) => params)).to.deep.equal([
      { name: "send", arguments: { to: "x" } },
      {
        name: "send",
        arguments: { to: "x" },
        inputResponses: { who: accept({ name: "Anna" }) },
        requestState: "their state",
      },
    ]);
  });

  it("does so for prompts and resources", async () => {
    for (const [method, params] of [
      ["prompts/get", { name: "mail__reply" }],
      ["resources/read", { uri: "inbox://all" }],
    ] as const) {
      const messages = await asking.legacy(session, params, method);
      const question = await messages.question();
      await asking.respond(session, question.id, accept({}));
      expect((await messages.answer()).result, method).to.have.property("content");
    }
  });

  it("reads what it lacks when it cannot be asked", async () => {
    const messages = await asking.legacy(await asking.session({ sampling: {} }));

    const { result } = await messages.answer();

    expect(result).to.include({ isError: true });
    expect(JSON.stringify(result?.["content"])).to.include(
      'did not declare the capability \\"elicitation\\"',
    );
    const { "io.switchgear/call": about } = (result?.["_meta"] ?? {}) as Record<string, JsonObject>;
    expect(about).to.include({ code: "interaction_unsupported", executed: "unknown" });
    expect(asking.sent).to.have.length(1);
  });

  it("gets an error for a prompt that would need what it lacks", async () => {
    const other = await asking.session({});

    const { error } = await (await asking.legacy(other, { name: "mail__reply" }, "prompts/get")).answer();

    expect(error?.data).to.include({ code: "interaction_unsupported", executed: "unknown" });
  });

  it("may decline, which the upstream hears as it is", async () => {
    const messages = await asking.legacy(session);
    await asking.respond(session, (await messages.question()).id, { action: "decline" });
    expect(heardBy(await messages.answer())).to.deep.equal({ who: { action: "decline" } });
  });

  it("that does not answer in time counts as having cancelled the form", async () => {
    const messages = await asking.legacy(session);
    await messages.question();
    expect(heardBy(await messages.answer())).to.deep.equal({ who: { action: "cancel" } });
  });
});
