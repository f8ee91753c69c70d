import { expect } from "chai";

import { tool } from "../support/mcp-front.ts";
import { proves } from "../support/proves.ts";
import { ResumingClient } from "../support/resuming-client.ts";

describe("a client that comes back for news", () => {
  let client: ResumingClient;
  beforeEach(async () => {
    client = await ResumingClient.start();
  });
  afterEach(() => client.harness.close());

  const changeTools = async (name: string): Promise<void> => {
    await client.harness.offer("mail", { tools: [tool(name)], capabilities: { tools: {} } });
    await new Promise((later) => setTimeout(later, 120));
  };

  it("hears what it missed, once", async () => {
    proves("resume.news");
    const first = await client.get();
    await first.first(1);
    first.cut();
    await new Promise((later) => setTimeout(later, 30));
    await changeTools("read");
    await changeTools("write");

    const stream = await client.get(first.lastId);
    await stream.first(2);

    expect(stream.messages.map(({ method }) => method)).to.deep.equal(["notifications/tools/list_changed"]);
  });

  it("hears again what comes after the event that it has, though it was sent", async () => {
    const first = await client.get();
    const [{ id: early = "" } = { id: "" }] = await first.first(1);
    await changeTools("read");
    await first.first(2);
    first.cut();

    const stream = await client.get(early);
    await stream.first(2);

    expect(stream.events.slice(-1)).to.deep.equal(first.events.slice(-1));
  });

  it("gets a fresh stream for an id that is not of its session", async () => {
    const lost = await client.call();
    await lost.first(2);
    const foreign = lost.lastId;
    await client.initialize();

    for (const id of [foreign, "garbage", "1", ""]) {
      const stream = await client.get(id);
      const [first] = await stream.first(1);
      expect([stream.status, first?.data], id).to.deep.equal([200, ""]);
      expect(stream.messages, id).to.deep.equal([]);
      stream.cut();
    }
    client.held.end();
  });

  it("loses its first stream of news to the second, and none for that of a call", async () => {
    const lost = await client.call();
    await lost.first(2);
    lost.cut();
    const first = await client.get();

    const ofCall = await client.get(lost.lastId);
    await ofCall.first(1);
    const second = await client.get();
    await first.ended();
    client.held.end();
    await ofCall.ended();

    expect(ofCall.messages).to.have.length(1);
    expect(second.status).to.equal(200);
  });
});
