import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { Reply } from "../../src/wire/reply.ts";
import { FrontHarness, envelope, tool } from "../support/mcp-front.ts";
import { proves } from "../support/proves.ts";

describe("POST to the MCP endpoint", () => {
  let harness: FrontHarness;

  before(async () => {
    harness = await FrontHarness.start({ requestBytes: 20_000, jsonDepth: 16, keepAliveMs: 90 });
    await harness.offer("mail", { tools: [tool("send"), tool("read")] });
  });
  after(() => harness.close());
  beforeEach(() => {
    harness.calls.length = 0;
    harness.answer = () => Reply.of("result", { content: [] }, "2025");
  });

  const refused = async (response: Response): Promise<{ status: number; code: unknown; id: unknown }> => {
    const body = (await response.json()) as { id: unknown; error: { code: number } };
    expect(JSON.stringify(body)).to.not.match(/\bat .*\.(?:ts|js):\d|<html/);
    return { status: response.status, code: body.error.code, id: body.id };
  };

  describe("bad input", () => {
    it("answers 400 and -32700 to text that is not JSON", async () => {
      expect(await refused(await harness.post("{nonsense"))).to.deep.equal({
        status: 400,
        code: -32700,
        id: null,
      });
    });

    it("answers 400 and -32700 to bytes that are not UTF-8", async () => {
      const body = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"\xff"}', "latin1");
      const headers = { "content-type": "application/json", authorization: "Bearer anna" };
      const response = await fetch(`${harness.url}/mcp`, { method: "POST", body, headers });
      expect(await refused(response)).to.include({ status: 400, code: -32700 });
    });

    it("answers 400 and -32600 to a batch, keeping nothing of it", async () => {
      const batch = [{ jsonrpc: "2.0", id: 1, method: "ping" }];
      expect(await refused(await harness.post(batch))).to.include({ status: 400, code: -32600 });
    });

    it("answers 400 to a nesting beyond the limit", async () => {
      const deep = `{"jsonrpc":"2.0","id":1,"method":"ping","params":${"[".repeat(40)}${"]".repeat(40)}}`;
      expect(await refused(await harness.post(deep))).to.include({ status: 400 });
    });

    it("answers 400 to a duplicate key in the envelope", async () => {
      const twice = '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}';
      expect(await refused(await harness.post(twice))).to.include({ status: 400, code: -32600 });
    });

    it("answers 413 to a body over the limit, announced or not", async () => {
      const big = JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "ping",
        params: { x: "x".repeat(30_000) },
      });
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue(Buffer.from(big));
          controller.close();
        },
      });
      const init = { method: "POST", body: stream, duplex: "half" } as RequestInit;
      const headers = { "content-type": "application/json", authorization: "Bearer anna" };

      expect(await refused(await harness.post(big))).to.include({ status: 413, code: -32600 });
      expect(await refused(await fetch(`${harness.url}/mcp`, { ...init, headers }))).to.include({
        status: 413,
      });
    });

    it("answers 415 to another content type and 406 to an Accept that it cannot satisfy", async () => {
      const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
      expect(await refused(await harness.post(ping, { "content-type": "text/plain" }))).to.include({
        status: 415,
      });
      expect(await refused(await harness.post(ping, { accept: "text/html" }))).to.include({ status: 406 });
    });

    it("answers 405 with Allow to another method", async () => {
      const response = await fetch(`${harness.url}/mcp`, {
        method: "PUT",
        headers: { authorization: "Bearer anna" },
      });
      expect(response.headers.get("allow")).to.equal("POST, GET, DELETE");
      expect(await refused(response)).to.include({ status: 405 });
    });

    it("answers 404 on the endpoint of a server that is not registered", async () => {
      const response = await harness.post({ jsonrpc: "2.0", id: 1, method: "ping" }, {}, "/mcp/s/nobody");
      expect(await refused(response)).to.include({ status: 404 });
    });

    it("leaves paths that are not MCP's to others", async () => {
      expect((await harness.post({}, {}, "/mcpx")).status).to.equal(418);
      expect((await harness.post({}, {}, "/mcp/s/")).status).to.equal(418);
      expect((await harness.post({}, {}, "/mcp/s/a/b")).status).to.equal(418);
    });

    it("answers -32602 to params of the wrong shape", async () => {
      for (const params of [{}, { name: 7 }, { name: "mail__send", arguments: [] }]) {
        const answer = (await harness.legacy("tools/call", params)) as {
          error: { code: number };
        };
        expect(answer.error.code).to.equal(-32602);
      }
      expect(harness.calls).to.deep.equal([]);
    });
  });

  describe("streaming", () => {
    it("is one JSON object without progress, and an event stream with every progress before the result", async () => {
      harness.answer = (call) => {
        for (const progress of [1, 2, 3]) call.onProgress?.({ progress, total: 3 });
        return Reply.of("result", { content: [] }, "2025");
      };

      const plain = await harness.modern("tools/call", { name: "mail__send" });
      const streamed = await harness.modern("tools/call", {
        name: "mail__send",
        _meta: { progressToken: "mine" },
      });

      expect(plain.headers.get("content-type")).to.equal("application/json");
      expect(streamed.headers.get("content-type")).to.equal("text/event-stream");
      const messages = (await streamed.text()).split("\n").filter((line) => line.startsWith("data: "));
      const parsed = messages.map(
        (line) => JSON.parse(line.slice(6)) as { params?: JsonObject; result?: JsonObject },
      );
      expect(parsed.map((message) => message.params?.["progress"])).to.deep.equal([1, 2, 3, undefined]);
      expect(parsed[0]?.params?.["progressToken"]).to.equal("mine");
      expect(parsed[3]?.result).to.deep.equal({ resultType: "complete", content: [] });
    });

    it("drops progress for a client that takes no event stream", async () => {
      harness.answer = (call) => {
        call.onProgress?.({ progress: 1 });
        return Reply.of("result", { content: [] }, "2025");
      };
      const headers = { accept: "application/json" };
      const response = await harness.modern(
        "tools/call",
        { name: "mail__send", _meta: { progressToken: 1 } },
        headers,
      );
      expect(response.headers.get("content-type")).to.equal("application/json");
    });

    it("keeps a quiet call alive with comments", async () => {
      harness.answer = () =>
        new Promise((resolve) => setTimeout(() => resolve(Reply.of("result", { content: [] }, "2025")), 250));
      const response = await harness.modern("tools/call", { name: "mail__send" });
      const text = await response.text();
      expect(text.startsWith(":")).to.equal(true);
      expect(text).to.include('"resultType":"complete"');
    });

    it("aborts the call when the client goes away", async () => {
      proves("cancel.upstream");
      const leaving = new AbortController();
      const aborted = new Promise<void>((resolve) => {
        harness.answer = (call) => {
          call.signal.addEventListener("abort", () => resolve());
          leaving.abort();
          return new Promise(() => {});
        };
      });
      const params = { name: "mail__send", _meta: envelope() };
      const headers = {
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "mail__send",
      };
      const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params };

      const response = harness.post(body, headers, "/mcp", leaving.signal).catch((error: unknown) => error);

      await aborted;
      expect(await response).to.have.property("name", "AbortError");
    });
  });
});
