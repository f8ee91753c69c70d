import { expect } from "chai";

import { messages } from "../../support/event-messages.ts";
import { FrontHarness, tool } from "../../support/mcp-front.ts";

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const CHANGED = "notifications/tools/list_changed";
const PROMPTS = "notifications/prompts/list_changed";

describe("news of a short list", () => {
  let front: FrontHarness;
  afterEach(() => front.close());

  const start = async (...options: Parameters<typeof FrontHarness.start>) => {
    front = await FrontHarness.start(...options);
    await front.offer("mail", { tools: [tool("send"), tool("read")] }, { description: "Mail" });
  };
  const listen2025 = async (path = "/mcp"): Promise<Response> => {
    const session = await front.initialize({}, path);
    const headers = { authorization: "Bearer anna", accept: "text/event-stream", "mcp-session-id": session };
    return fetch(front.url + path, { headers });
  };
  const listen2026 = (path = "/mcp") => {
    const notifications = { toolsListChanged: true, promptsListChanged: true };
    return front.modern("subscriptions/listen", { notifications }, {}, path);
  };
  const methodsOf = async (heard: Promise<readonly object[]>) =>
    (await heard).map((message) => (message as { method?: string }).method);

  it("come when a description or a count in it changes", async () => {
    await start({}, {}, { mode: "search" });
    const heard = messages(await listen2025(), 1);

    await front.offer("mail", { tools: [tool("send"), tool("read"), tool("new")] });

    expect(await methodsOf(heard)).to.deep.equal([CHANGED]);
  });

  it("do not come when only a tool changed that it does not show", async () => {
    await start({}, {}, { mode: "search" });
    const heard = messages(await listen2025(), 1);

    await front.offer("mail", { tools: [tool("send", { description: "Sends more" }), tool("read")] });
    await later(120);
    await front.offer("mail", {
      tools: [tool("send", { description: "Sends more" }), tool("read")],
      prompts: [{ name: "p" }],
    });

    expect(await methodsOf(heard)).to.deep.equal([PROMPTS]);
  });

  it("come when a pinned tool changed, to clients of 2026 too", async () => {
    await start({}, {}, { mode: "hybrid", pinned: ["mail__send"] });
    const heard = messages(await listen2026(), 2);

    await front.offer("mail", { tools: [tool("send", { description: "Sends more" }), tool("read")] });

    expect((await methodsOf(heard))[1]).to.equal(CHANGED);
  });

  it("come when the list turns from everything into a short one", async () => {
    await start();
    const heard = messages(await listen2025(), 1);

    await front.offer("many", { tools: Array.from({ length: 60 }, (_, at) => tool(`t${at}`)) });

    expect(await methodsOf(heard)).to.deep.equal([CHANGED]);
  });

  it("come when an operator describes a server in other words", async () => {
    await start({}, {}, { mode: "search" });
    const heard = messages(await listen2025(), 1);

    await front.registry.updateServer("mail", (entry) => ({ ...entry, description: "All about mail" }));

    expect(await methodsOf(heard)).to.deep.equal([CHANGED]);
  });

  it("are none of a description where the list shows everything", async () => {
    await start({}, {}, { mode: "full" });
    const heard = messages(await listen2025(), 1);

    await front.registry.updateServer("mail", (entry) => ({ ...entry, description: "All about mail" }));
    await later(120);
    await front.offer("mail", { tools: [tool("send"), tool("read")], prompts: [{ name: "p" }] });

    expect(await methodsOf(heard)).to.deep.equal([PROMPTS]);
  });
});
