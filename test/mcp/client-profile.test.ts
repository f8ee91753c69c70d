import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { META } from "../../src/domain/protocol.ts";
import { FrontHarness, tool } from "../support/mcp-front.ts";

describe("a profile chosen by the client's name", () => {
  let harness: FrontHarness;

  before(async () => {
    harness = await FrontHarness.start(
      {},
      {
        letters: { servers: ["mail"], clients: ["gemini-cli*"], names: "short" },
        animals: { servers: ["zoo"], clients: ["*"] },
      },
    );
    await harness.offer("mail", { tools: [tool("send")] });
    await harness.offer("zoo", { tools: [tool("feed")] });
  });
  after(() => harness.close());
  beforeEach(() => {
    harness.calls.length = 0;
  });

  const open = async (name: unknown, path = "/mcp"): Promise<string> => {
    const clientInfo = name === undefined ? {} : { name, version: "1" };
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
    const response = await harness.post({ jsonrpc: "2.0", id: 0, method: "initialize", params }, {}, path);
    return response.headers.get("mcp-session-id") ?? "";
  };
  const listed = (body: unknown): unknown[] =>
    (body as { result: { tools: JsonObject[] } }).result.tools.map(({ name }) => name);
  const inSession = async (session: string, path = "/mcp"): Promise<unknown[]> =>
    listed(
      await (
        await harness.post(
          { jsonrpc: "2.0", id: 1, method: "tools/list" },
          { "mcp-session-id": session },
          path,
        )
      ).json(),
    );
  const modern = async (name: string, path = "/mcp"): Promise<unknown[]> =>
    listed(
      await (
        await harness.modern("tools/list", { _meta: { [META.clientInfo]: { name, version: "1" } } }, {}, path)
      ).json(),
    );

  it("is what a 2025 session sees at /mcp, from its initialize on", async () => {
    const session = await open("gemini-cli-mcp-client");

    expect(await inSession(session)).to.deep.equal(["send"]);
    expect(await inSession(session), "and again").to.deep.equal(["send"]);
    const params = { name: "send", arguments: {} };
    const call = { jsonrpc: "2.0", id: 2, method: "tools/call", params };
    await harness.post(call, { "mcp-session-id": session });
    expect(harness.calls.map(({ tool: { id } }) => id)).to.deep.equal(["mail__send"]);
  });

  it("is what a 2026 client sees with every request", async () => {
    expect(await modern("Gemini-CLI")).to.deep.equal(["send"]);
    expect(await modern("other")).to.deep.equal(["zoo__feed"]);
    expect(await modern("Gemini-CLI")).to.deep.equal(["send"]);
  });

  it("is the first that wants the client, and none for a client without a name", async () => {
    expect(await inSession(await open("codex-mcp-client"))).to.deep.equal(["zoo__feed"]);
    expect(await inSession(await open(undefined))).to.deep.equal(["mail__send", "zoo__feed"]);
    expect(await inSession(await open(7))).to.deep.equal(["mail__send", "zoo__feed"]);
  });

  it("never takes the place of an endpoint that the client named", async () => {
    for (const [path, names] of [
      ["/mcp/p/animals", ["zoo__feed"]],
      ["/mcp/s/zoo", ["feed"]],
      ["/mcp/p/letters", ["send"]],
    ] as const) {
      expect(await inSession(await open("gemini-cli", path), path), path).to.deep.equal(names);
      expect(await modern("gemini-cli", path), path).to.deep.equal(names);
    }
  });

  it("is hidden from the session's own endpoint: it is still one of /mcp", async () => {
    const session = await open("gemini-cli");
    const ping = { jsonrpc: "2.0", id: 3, method: "ping" };

    expect((await harness.post(ping, { "mcp-session-id": session })).status).to.equal(200);
    expect((await harness.post(ping, { "mcp-session-id": session }, "/mcp/p/letters")).status).to.equal(404);
  });

  it("introduces itself as that profile", async () => {
    const params = { _meta: { [META.clientInfo]: { name: "gemini-cli", version: "1" } } };
    const body = (await (await harness.modern("server/discover", params)).json()) as { result: JsonObject };

    expect(body.result["instructions"]).to.include("1 MCP servers: mail");
  });
});
