import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { UpstreamError } from "../../src/domain/upstream-errors.ts";
import { inputRequiredIn } from "../../src/proxy/input-required.ts";
import { Reply } from "../../src/wire/reply.ts";
import { refusal } from "../support/refusal.ts";

const asking = (more: JsonObject): Reply =>
  Reply.of("result", { resultType: "input_required", ...more }, "2026");

describe("an input_required result", () => {
  it("names its questions and its state", () => {
    const needed = inputRequiredIn(
      asking({
        inputRequests: {
          a: { method: "elicitation/create", params: { message: "Name?", requestedSchema: {} } },
          b: { method: "roots/list" },
        },
        requestState: "opaque",
      }),
      "weather",
    );

    expect(needed?.state).to.equal("opaque");
    expect(needed?.requests).to.deep.equal([
      { key: "a", method: "elicitation/create", params: { message: "Name?", requestedSchema: {} } },
      { key: "b", method: "roots/list", params: {} },
    ]);
  });

  it("is none when the result is complete, an error, of the 2025 era, or only speaks of it", () => {
    const others = [
      Reply.of("result", { resultType: "complete", content: [] }, "2026"),
      Reply.of("error", { code: -1, message: "input_required" }, "2026"),
      Reply.of("result", { resultType: "input_required" }, "2025"),
      Reply.of("result", { content: [{ type: "text", text: '"input_required"' }] }, "2026"),
      Reply.of("result", { structuredContent: { resultType: "input_required" } }, "2026"),
    ];
    for (const reply of others) expect(inputRequiredIn(reply, "weather")).to.equal(undefined);
  });

  it("gives a URL elicitation the id that 2025 clients need, and keeps one that is there", () => {
    const idOf = (params: JsonObject): unknown =>
      inputRequiredIn(asking({ inputRequests: { a: { method: "elicitation/create", params } } }), "w")
        ?.requests[0]?.params["elicitationId"];

    const made = idOf({ mode: "url", message: "Go", url: "https://x/y" });
    expect(made).to.be.a("string").with.length(36);
    expect(idOf({ mode: "url", message: "Go", url: "https://x/y" })).to.not.equal(made);
    expect(idOf({ mode: "url", elicitationId: "theirs" })).to.equal("theirs");
    expect(idOf({ message: "a form" })).to.equal(undefined);
  });

  for (const [about, more] of [
    ["asks nothing and has no state", {}],
    ["has questions that are no object", { inputRequests: [] }],
    ["has a question that is no object", { inputRequests: { a: "elicitation/create" } }],
    ["has a question without a method", { inputRequests: { a: {} } }],
    ["asks what the protocol does not know", { inputRequests: { a: { method: "ping" } } }],
    ["has params that are no object", { inputRequests: { a: { method: "roots/list", params: [] } } }],
    ["has a state that is no text", { requestState: 7 }],
  ] as const) {
    it(`is the upstream's fault when it ${about}`, () => {
      const error = refusal(() => inputRequiredIn(asking(more), "weather"));

      expect(error).to.be.instanceOf(UpstreamError);
      expect(error).to.include({ code: "upstream_protocol_error", executed: "unknown", retryable: false });
      expect(error.message).to.include('"weather"');
    });
  }
});
