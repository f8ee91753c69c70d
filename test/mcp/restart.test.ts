import { expect } from "chai";

import { proves } from "../support/proves.ts";
import { ResumingClient } from "../support/resuming-client.ts";

describe("a client after a restart", () => {
  let client: ResumingClient;
  beforeEach(async () => {
    client = await ResumingClient.start();
  });
  afterEach(() => client.harness.close());

  it("goes on with its session", async () => {
    proves("sessions.restart");
    await client.harness.restart();
    client.held.end();

    const answer = await client.harness.post(
      { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "mail__send" } },
      { "mcp-session-id": client.session },
    );

    expect(answer.status).to.equal(200);
    expect(await answer.json()).to.have.nested.property("result.content[0].text", "done");
  });

  it("hears that its call was lost, and that nobody knows whether it was executed", async () => {
    const lost = await client.call("my id");
    await lost.first(2);
    const { lastId } = lost;
    await client.harness.restart();
    await lost.ended();

    const stream = await client.get(lastId);
    await stream.ended();

    expect(stream.messages).to.have.length(1);
    expect(stream.messages[0]).to.deep.include({ id: "my id" });
    expect(stream.messages[0]).to.have.nested.property("error.data.executed", "unknown");
    expect(stream.messages[0])
      .to.have.nested.property("error.message")
      .that.matches(/^The gateway was restarted while the call was under way/);
    expect((await client.get(stream.lastId)).status).to.equal(204);
  });

  it("opens its stream of news again with an id of before", async () => {
    const before = await client.get();
    await before.first(1);
    await client.harness.restart();

    const stream = await client.get(before.lastId);
    await client.harness.offer("mail", { tools: [] });

    await stream.first(2);
    expect(stream.messages[0]).to.include({ method: "notifications/tools/list_changed" });
  });

  it("finds no session that it had ended", async () => {
    proves("sessions.ended");
    await client.end();

    await client.harness.restart();

    expect((await client.get()).status).to.equal(404);
  });

  it("opens no session that would not survive the next one", async () => {
    await client.harness.closeStorage();

    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: {} };
    const answer = await client.harness.post({ jsonrpc: "2.0", id: 3, method: "initialize", params });

    expect(answer.status).to.equal(503);
    expect(answer.headers.get("mcp-session-id")).to.equal(null);
    const { id, error } = (await answer.json()) as { id: number; error: { data: object } };
    expect(id).to.equal(3);
    expect(error.data).to.include({ code: "storage_unavailable", retryable: true });
  });

  it("is asked to try again while storage does not answer, and is not told that its session is gone", async () => {
    await client.harness.restart();
    await client.harness.closeStorage();

    const answer = await client.harness.post(
      { jsonrpc: "2.0", id: 7, method: "ping" },
      { "mcp-session-id": client.session },
    );

    expect(answer.status).to.equal(503);
    const { id, error } = (await answer.json()) as { id: number; error: { data: object } };
    expect(id).to.equal(7);
    expect(error.data).to.include({ code: "storage_unavailable", retryable: true });
    expect((await client.get()).status).to.equal(503);
  });
});
