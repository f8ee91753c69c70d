import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { messages } from "../support/event-messages.ts";
import { FrontHarness, tool } from "../support/mcp-front.ts";
import { proves } from "../support/proves.ts";

describe("news to clients", () => {
  let harness: FrontHarness;

  beforeEach(async () => {
    harness = await FrontHarness.start();
    await harness.offer("mail", { tools: [tool("send")], capabilities: { tools: {} } });
    await harness.offer("files", { tools: [tool("read")], capabilities: { tools: {} } });
  });
  afterEach(() => harness.close());

  const open = async (path = "/mcp"): Promise<Response> => {
    const session = await harness.initialize({}, path);
    const headers = { authorization: "Bearer anna", accept: "text/event-stream", "mcp-session-id": session };
    return fetch(harness.url + path, { headers });
  };

  it("tells a 2025 session on its GET stream which list changed", async () => {
    const stream = await open();
    const heard = messages(stream, 1);

    await harness.offer("mail", { tools: [tool("send"), tool("read")] });

    expect((await heard)[0]).to.include({ method: "notifications/tools/list_changed" });
  });

  it("says nothing of what changed before the stream was opened, however short a time", async () => {
    await harness.offer("mail", { tools: [tool("send"), tool("read")] });
    const heard = messages(await open(), 1);

    await new Promise((later) => setTimeout(later, 120));
    await harness.offer("mail", { tools: [tool("send"), tool("read")], prompts: [{ name: "p" }] });

    expect((await heard)[0]).to.include({ method: "notifications/prompts/list_changed" });
  });

  it("says nothing when an upstream lists the same again", async () => {
    proves("changed.quiet");
    const stream = await open();
    const heard = messages(stream, 1);

    await harness.offer("mail", { tools: [tool("send")], capabilities: { tools: {} } });
    await new Promise((later) => setTimeout(later, 120));
    await harness.offer("mail", {
      tools: [tool("send")],
      prompts: [{ name: "p" }],
      capabilities: { tools: {} },
    });

    expect((await heard)[0]).to.include({ method: "notifications/prompts/list_changed" });
  });

  it("tells a server's own endpoint of that server only", async () => {
    const stream = await open("/mcp/s/files");
    const heard = messages(stream, 1);

    await harness.offer("mail", { tools: [] });
    await new Promise((later) => setTimeout(later, 120));
    await harness.offer("files", { tools: [tool("read")], resources: [{ uri: "a://b", name: "b" }] });

    expect((await heard)[0]).to.include({ method: "notifications/resources/list_changed" });
  });

  it("acknowledges a 2026 listener first, with what it will hear of, and stamps each piece of news", async () => {
    const notifications = { toolsListChanged: true, resourceSubscriptions: ["a://b"] };
    const stream = await harness.modern("subscriptions/listen", { notifications });
    const heard = messages(stream, 2);
    await harness.offer("mail", { tools: [tool("send"), tool("read")] });

    const [acknowledged, news] = (await heard) as { method: string; params: JsonObject }[];

    expect(acknowledged?.method).to.equal("notifications/subscriptions/acknowledged");
    expect(acknowledged?.params["notifications"]).to.deep.equal({ toolsListChanged: true });
    expect(news).to.deep.include({ method: "notifications/tools/list_changed" });
    expect(news?.params["_meta"]).to.deep.equal({ "io.modelcontextprotocol/subscriptionId": 1 });
  });

  it("does not send a 2026 listener what it did not ask for", async () => {
    const stream = await harness.modern("subscriptions/listen", {
      notifications: { promptsListChanged: true },
    });
    const heard = messages(stream, 2);
    await harness.offer("mail", { tools: [tool("other")], prompts: [{ name: "p" }] });
    expect((await heard).map(({ method }) => method)).to.deep.equal([
      "notifications/subscriptions/acknowledged",
      "notifications/prompts/list_changed",
    ]);
  });

  it("ends at once a listener that nothing can be promised to, and refuses a malformed filter", async () => {
    const nothing = await harness.modern("subscriptions/listen", { notifications: {} });
    expect(await messages(nothing, 9)).to.have.length(2);
    const bad = (await (await harness.modern("subscriptions/listen", {})).json()) as { error: JsonObject };
    expect(bad.error["code"]).to.equal(-32602);
  });

  it("refuses a GET without a session, for another Accept, and for an ended session", async () => {
    const session = await harness.initialize();
    const get = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${harness.url}/mcp`, {
        headers: { authorization: "Bearer anna", accept: "text/event-stream", ...headers },
      });

    expect((await get({})).status).to.equal(400);
    expect((await get({ "mcp-session-id": session, accept: "application/json" })).status).to.equal(406);
    const headers = { authorization: "Bearer anna", "mcp-session-id": session };
    expect((await fetch(`${harness.url}/mcp`, { method: "DELETE", headers })).status).to.equal(204);
    expect((await get({ "mcp-session-id": session })).status).to.equal(404);
    expect((await fetch(`${harness.url}/mcp`, { method: "DELETE", headers })).status).to.equal(404);
    expect(harness.endedSessions).to.deep.equal([session]);
  });

  it("ends open streams when the gateway stops", async () => {
    const [legacy, modern] = [
      await open(),
      await harness.modern("subscriptions/listen", { notifications: { toolsListChanged: true } }),
    ];
    await harness.front.close();
    expect(await messages(legacy, 1)).to.deep.equal([]);
    expect((await messages(modern, 9)).at(-1)).to.have.property("result");
  });
});
