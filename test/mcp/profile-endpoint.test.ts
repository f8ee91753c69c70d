import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { FrontHarness, tool } from "../support/mcp-front.ts";

describe("the endpoint of a profile", () => {
  let harness: FrontHarness;

  before(async () => {
    harness = await FrontHarness.start({}, { development: {}, gemini: { description: "For Gemini." } });
    await harness.offer("mail", { tools: [tool("send")] });
  });
  after(() => harness.close());

  it("is not there for a profile that is not, and says which one was probably meant", async () => {
    for (const response of [
      await harness.modern("tools/list", {}, {}, "/mcp/p/developement"),
      await harness.post(
        { jsonrpc: "2.0", id: 1, method: "initialize", params: {} },
        {},
        "/mcp/p/developement",
      ),
    ]) {
      const { error } = (await response.json()) as { error: { data: JsonObject; message: string } };
      expect(response.status).to.equal(404);
      expect(error.message).to.equal('No profile named "developement" is in the config file.');
      expect(error.data).to.deep.include({
        code: "profile_not_found",
        fix: [{ label: "Did you mean /mcp/p/development?" }],
      });
    }
    const far = (await (await harness.modern("ping", {}, {}, "/mcp/p/zzzzzz")).json()) as {
      error: { data: JsonObject };
    };
    expect(JSON.stringify(far.error.data)).to.include("profiles.zzzzzz");
  });

  it("is closed to those without a key, whether or not the profile exists", async () => {
    for (const path of ["/mcp/p/gemini", "/mcp/p/nothing"]) {
      const response = await fetch(harness.url + path, { method: "DELETE", headers: { authorization: "x" } });
      expect(response.status).to.be.oneOf([400, 401, 404]);
    }
  });

  it("has sessions of its own", async () => {
    const session = await harness.initialize({}, "/mcp/p/gemini");
    const list = { jsonrpc: "2.0", id: 9, method: "tools/list" };
    const at = async (path: string): Promise<number> =>
      (await harness.post(list, { "mcp-session-id": session }, path)).status;

    expect(await at("/mcp/p/gemini")).to.equal(200);
    for (const path of ["/mcp", "/mcp/p/development", "/mcp/s/mail"])
      expect(await at(path), path).to.equal(404);
  });

  it("introduces itself with the profile's description", async () => {
    const params = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "t", version: "1" },
    };
    const response = await harness.post(
      { jsonrpc: "2.0", id: 1, method: "initialize", params },
      {},
      "/mcp/p/gemini",
    );
    const { result } = (await response.json()) as { result: JsonObject };

    expect(result["instructions"]).to.match(/^For Gemini\.\n/);
  });
});
