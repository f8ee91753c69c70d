import { expect } from "chai";

import { rejection } from "../../support/refusal.ts";
import { StdioBench, textOf, toolCall } from "./stdio-bench.ts";

describe("calls through one stdio child", function () {
  this.timeout(15_000);
  let bench: StdioBench;

  beforeEach(() => {
    bench = new StdioBench();
  });
  afterEach(() => bench.close());

  it("gives each of many concurrent calls its own answer", async () => {
    const connection = await bench.tools();
    const numbers = Array.from({ length: 500 }, (_, n) => n);

    const replies = await Promise.all(numbers.map((n) => connection.call(toolCall("echo", { n }))));

    expect(replies.map((reply) => JSON.parse(textOf(reply.value)) as unknown)).to.deep.equal(
      numbers.map((n) => ({ n })),
    );
  });

  it("carries a request of several megabytes in order with small ones", async () => {
    const connection = await bench.tools();
    const big = "ä".repeat(1_500_000);

    const replies = await Promise.all(
      ["one", big, "two", big, "three"].map((value) => connection.call(toolCall("echo", { value }))),
    );

    const lengths = replies.map(
      (reply) => (JSON.parse(textOf(reply.value)) as { value: string }).value.length,
    );
    expect(lengths).to.deep.equal([3, 1_500_000, 3, 1_500_000, 5]);
  });

  it("carries an answer of megabytes", async () => {
    const connection = await bench.tools();

    const reply = await connection.call(toolCall("large"));

    expect(textOf(reply.value)).to.have.length(2_000_000);
  });

  it("hands on a JSON-RPC error as an answer", async () => {
    const connection = await bench.tools();

    const reply = await connection.call(toolCall("rpc_error"));

    expect(reply.kind).to.equal("error");
    expect(reply.value).to.deep.equal({ code: -32602, message: "Bad arguments" });
  });

  it("says just before sending that it sends", async () => {
    const connection = await bench.tools();
    const events: string[] = [];

    const calling = connection.call(toolCall("echo", {}, { onSent: () => events.push("sent") }));
    events.push("called");
    await calling;
    events.push("answered");

    expect(events).to.deep.equal(["called", "sent", "answered"]);
  });

  it("hands every progress event to its own call, before the result", async () => {
    const connection = await bench.tools();
    const seen: unknown[] = [];
    const others: unknown[] = [];

    const other = connection.call(toolCall("echo", {}, { onProgress: (params) => others.push(params) }));
    const reply = await connection.call(
      toolCall("progress", {}, { onProgress: (params) => seen.push(params) }),
    );
    const seenBeforeResult = seen.length;
    await other;

    expect(textOf(reply.value)).to.equal("done");
    expect(seenBeforeResult).to.equal(3);
    expect(seen[2]).to.deep.equal({ progress: 3, total: 3, message: "step 3" });
    expect(others).to.deep.equal([]);
  });

  it("hands on no more notifications of a call than the limit", async () => {
    const connection = await bench.tools({ limits: { notificationsPerCall: 5 } });
    let seen = 0;

    await connection.call(toolCall("progress", { many: 50 }, { onProgress: () => seen++ }));

    expect(seen).to.equal(5);
  });

  it("ignores progress that nobody asked for", async () => {
    const connection = await bench.tools();

    const reply = await connection.call(toolCall("progress"));

    expect(textOf(reply.value)).to.equal("done");
    expect(bench.notifications).to.deep.equal([]);
  });

  it("reports notifications that belong to no call", async () => {
    const connection = await bench.tools();

    await connection.call(toolCall("notify"));

    expect(bench.notifications).to.deep.equal([
      { method: "notifications/tools/list_changed", params: {} },
      { method: "notifications/message", params: { level: "info", data: "hello" } },
    ]);
  });

  it("answers a ping and refuses other requests of the child", async () => {
    const connection = await bench.tools();

    const reply = await connection.call(toolCall("ask"));

    const answers = JSON.parse(textOf(reply.value)) as readonly { id: string; error?: { code: number } }[];
    expect(answers.map(({ id, error }) => [id, error?.code])).to.deep.equal([
      ["ask-1", undefined],
      ["ask-2", -32601],
      ["ask-3", -32601],
    ]);
  });

  it("cancels upstream by its own id when the caller leaves", async () => {
    const connection = await bench.tools();
    const caller = new AbortController();
    const sent = new Promise<void>((resolve) => {
      const calling = connection.call(toolCall("silent", {}, { signal: caller.signal, onSent: resolve }));
      calling.catch(() => undefined);
    });
    await sent;

    caller.abort();
    const reply = await connection.call(toolCall("received"));

    const received = JSON.parse(textOf(reply.value)) as {
      id?: number;
      method: string;
      params: { name?: string; requestId?: number };
    }[];
    const silent = received.find((message) => message.params.name === "silent");
    const cancelled = received.find((message) => message.method === "notifications/cancelled");
    expect(cancelled?.params.requestId).to.equal(silent?.id).and.not.equal(undefined);
  });

  it("rejects a cancelled call at once and says whether it was sent", async () => {
    const connection = await bench.tools();
    const caller = new AbortController();
    const calling = connection.call(
      toolCall("silent", {}, { signal: caller.signal, onSent: () => setImmediate(() => caller.abort()) }),
    );

    const error = await rejection(() => calling);

    expect(error.code).to.equal("cancelled");
    expect(error.executed).to.equal("unknown");
  });

  it("does not send a call that is cancelled before its turn", async () => {
    const connection = await bench.tools();
    const caller = new AbortController();
    const calling = connection.call(toolCall("die", {}, { signal: caller.signal }));
    caller.abort();

    const error = await rejection(() => calling);
    const reply = await connection.call(toolCall("echo", { n: 2 }));

    expect(error.executed).to.equal("not_executed");
    expect(textOf(reply.value)).to.equal('{"n":2}');
  });

  it("does not send a call whose caller has gone", async () => {
    const connection = await bench.tools();

    const error = await rejection(() =>
      connection.call(toolCall("die", {}, { signal: AbortSignal.abort() })),
    );

    expect(error.code).to.equal("cancelled");
    expect(error.executed).to.equal("not_executed");
  });

  it("leaves no listener on a caller's signal", async () => {
    const connection = await bench.tools();
    const caller = new AbortController();
    let listeners = 0;
    const signal = caller.signal;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args));

    await connection.call(toolCall("echo", {}, { signal }));

    expect(listeners).to.equal(0);
  });
});
