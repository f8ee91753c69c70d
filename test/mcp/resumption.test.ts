import { expect } from "chai";

import { until } from "../support/child-processes.ts";
import { proves } from "../support/proves.ts";
import { RESUME_MS, ResumingClient, progressOf } from "../support/resuming-client.ts";

describe("a client that comes back for its call", () => {
  let client: ResumingClient;
  beforeEach(async () => {
    client = await ResumingClient.start();
  });
  afterEach(() => client.harness.close());

  it("has an id from the first moment of the stream", async () => {
    const stream = await client.call();

    const [first, second] = await stream.first(2);

    expect(stream.text).to.match(/^retry: \d+\nid: /);
    expect(first).to.deep.include({ data: "" });
    expect(second?.id).to.be.a("string").that.does.not.equal(first?.id);
    client.held.end();
    await stream.ended();
    expect(new Set(stream.events.map(({ id }) => id)).size).to.equal(3);
  });

  it("gets what it missed, what comes live, and the answer, and the call goes on meanwhile", async () => {
    proves("resume.missed");
    const lost = await client.call();
    await lost.first(2);

    lost.cut();
    await new Promise((later) => setTimeout(later, 50));
    client.held.progress(2);
    const stream = await client.get(lost.lastId);
    await stream.first(1);
    client.held.progress(3);
    client.held.end();
    await stream.ended();

    expect(client.held.isAborted).to.equal(false);
    expect(progressOf(stream)).to.deep.equal([2, 3, undefined]);
    expect(stream.messages.at(-1)).to.deep.include({ id: 1, jsonrpc: "2.0" });
    expect(stream.response.headers).to.include({
      "content-type": "text/event-stream",
      "x-accel-buffering": "no",
    });
  });

  it("gets an answer that came while it was away", async () => {
    const lost = await client.call("my id");
    await lost.first(2);
    lost.cut();
    client.held.end();

    const stream = await client.get(lost.lastId);
    await stream.ended();

    expect(stream.messages).to.have.length(1);
    expect(stream.messages[0]).to.deep.include({ id: "my id" });
  });

  it("is told to stay away when it has the answer", async () => {
    const stream = await client.call();
    client.held.end();
    await stream.ended();

    const again = await client.get(stream.lastId);

    expect([again.status, again.text]).to.deep.equal([204, ""]);
  });

  it("can lose a quiet call too once its stream has begun", async () => {
    const lost = await client.quietCall();
    await lost.first(1);

    lost.cut();
    const stream = await client.get(lost.lastId);
    await until("it is kept alive", () => stream.text.includes(":\n\n"));
    client.held.end();
    await stream.ended();

    expect(stream.messages).to.have.length(1);
    expect(client.held.isAborted).to.equal(false);
  });

  it("finds the call cancelled when it comes back too late, and hears that nobody knows what became of it", async () => {
    proves("resume.late");
    const lost = await client.call();
    await lost.first(2);

    lost.cut();
    await until("the call is cancelled", () => client.held.isAborted, RESUME_MS + 1_000);
    const stream = await client.get(lost.lastId);
    await stream.ended();

    expect(stream.messages).to.have.length(1);
    expect(stream.messages[0]).to.deep.include({ id: 1 });
    expect(stream.messages[0]).to.have.nested.property("error.data.executed", "unknown");
    expect((await client.get(stream.lastId)).status, "it knows now").to.equal(204);
  });

  it("has none to come back for when it left before it had an id: the call is cancelled at once", async () => {
    const leaving = new AbortController();
    const params = { name: "mail__send" };
    const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params };
    const gone = client.harness
      .post(body, { "mcp-session-id": client.session }, "/mcp", leaving.signal)
      .catch((error: unknown) => error);
    await client.underWay();

    leaving.abort();

    expect(await gone).to.have.property("name", "AbortError");
    await until("the call is cancelled", () => client.held.isAborted, RESUME_MS - 100);
  });

  it("cancels a call at once by saying so, also while it is away", async () => {
    const lost = await client.call();
    await lost.first(2);
    lost.cut();

    await client.notify("notifications/cancelled", { requestId: 1 });

    expect(client.held.isAborted).to.equal(true);
  });

  it("hears of an answer that was too large to be kept", async () => {
    const lost = await client.call();
    await lost.first(2);
    lost.cut();
    await new Promise((later) => setTimeout(later, 50));
    client.held.end("x".repeat(5_000));

    const stream = await client.get(lost.lastId);
    await stream.ended();

    expect(stream.messages[0]).to.have.nested.property("error.data.executed", "executed");
    expect(stream.messages[0]).to.have.nested.property("error.data.code", "payload_too_large");
  });

  it("is sent away on purpose for as long as an upstream wants, and gets the answer when it is back", async () => {
    proves("resume.polling");
    const opened = client.quietCall();
    await client.underWay();

    client.held.call?.onInterrupted?.(40);
    const first = await opened;
    await first.ended();
    client.held.end();
    const stream = await client.get(first.lastId);
    await stream.ended();

    expect(first.events.map(({ data }) => data)).to.deep.equal([""]);
    expect(first.text).to.match(/\nretry: 40\n\n$/);
    expect(stream.messages[0]).to.have.nested.property("result.content[0].text", "done");
  });

  it("ends all streams with its session", async () => {
    const stream = await client.call();
    const news = await client.get();

    const ended = await client.end();
    await Promise.all([stream.ended(), news.ended()]);

    expect(ended.status).to.equal(204);
    expect(client.held.isAborted).to.equal(true);
    expect((await client.get(stream.lastId)).status).to.equal(404);
  });

  it("of an older version gets no event without data, but ids with which it can come back", async () => {
    client.version = "2025-06-18";
    await client.initialize();
    const lost = await client.call();
    await lost.first(1);

    lost.cut();
    const stream = await client.get(lost.lastId);
    client.held.end();
    await stream.ended();

    expect(progressOf(lost)).to.deep.equal([1]);
    expect(stream.messages).to.have.length(1);
    expect(stream.events.every(({ data }) => data !== "")).to.equal(true);
  });
});
