import { expect } from "chai";

import type { JsonObject } from "../../../src/domain/json.ts";
import { type ChannelCall, PendingCall } from "../../../src/upstream/stdio/pending-call.ts";
import { Reply } from "../../../src/wire/reply.ts";

function pending(call: Partial<ChannelCall> = {}) {
  const events: unknown[] = [];
  const caller = new AbortController();
  const entry = new PendingCall(
    7,
    "text",
    { signal: caller.signal, ...call },
    {
      resolve: (reply) => events.push(["resolved", reply.value]),
      reject: (error) => events.push(["rejected", error]),
      onAbort: ({ id }) => events.push(["aborted", id]),
    },
  );
  return { entry, caller, events };
}

describe("PendingCall", () => {
  it("is sent when it leaves, and says so", () => {
    let said = 0;
    const { entry } = pending({ onSent: () => said++ });
    const before = entry.sent;

    entry.leaving();

    expect(before).to.equal(false);
    expect(entry.sent).to.equal(true);
    expect(said).to.equal(1);
  });

  it("reports that its caller has gone", () => {
    const { caller, events } = pending();

    caller.abort();

    expect(events).to.deep.equal([["aborted", 7]]);
  });

  it("hears nothing of its caller once it is answered", () => {
    const { entry, caller, events } = pending();

    entry.resolve(Reply.of("result", { a: 1 }, "2025"));
    caller.abort();

    expect(events).to.deep.equal([["resolved", { a: 1 }]]);
    expect(entry.withdrawn).to.equal(false);
  });

  it("is withdrawn when it fails, and hears nothing of its caller then", () => {
    const { entry, caller, events } = pending();

    entry.reject("why");
    caller.abort();

    expect(events).to.deep.equal([["rejected", "why"]]);
    expect(entry.withdrawn).to.equal(true);
  });

  it("hands on progress up to its limit", () => {
    const seen: JsonObject[] = [];
    const { entry } = pending({ onProgress: (params) => seen.push(params) });

    for (let progress = 1; progress <= 5; progress++) entry.progress({ progress }, 3);

    expect(seen).to.deep.equal([{ progress: 1 }, { progress: 2 }, { progress: 3 }]);
  });

  it("ignores progress when nobody wants it", () => {
    const { entry, events } = pending();

    entry.progress({ progress: 1 }, 10);

    expect(events).to.deep.equal([]);
  });
});
