import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { META } from "../../src/domain/protocol.ts";
import { Reply } from "../../src/wire/reply.ts";
import { FrontHarness, envelope, tool } from "../support/mcp-front.ts";
import { proves } from "../support/proves.ts";

describe("POST of the two eras", () => {
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

  describe("of the 2025 era", () => {
    it("answers initialize with the version that was asked for, or with the newest of the era", async () => {
      const versionFor = async (protocolVersion: string): Promise<unknown> => {
        const response = await harness.post({
          jsonrpc: "2.0",
          id: 1,
          method: "initialize",
          params: { protocolVersion },
        });
        return ((await response.json()) as { result: JsonObject }).result["protocolVersion"];
      };
      expect(await versionFor("2024-11-05")).to.equal("2024-11-05");
      expect(await versionFor("2025-06-18")).to.equal("2025-06-18");
      expect(await versionFor("1999-01-01")).to.equal("2025-11-25");
    });

    it("refuses a request without a session, with another one's, and with an unknown version", async () => {
      const ping = { jsonrpc: "2.0", id: 9, method: "ping" };
      const session = await harness.initialize();

      expect(await refused(await harness.post(ping))).to.deep.equal({ status: 400, code: -32600, id: 9 });
      expect(await refused(await harness.post(ping, { "mcp-session-id": "x" }))).to.include({
        status: 404,
        code: -32001,
      });
      const bens = { "mcp-session-id": session, authorization: "Bearer ben" };
      expect(await refused(await harness.post(ping, bens))).to.include({ status: 404, code: -32001 });
      const odd = { "mcp-session-id": session, "mcp-protocol-version": "2099-01-01" };
      expect(await refused(await harness.post(ping, odd))).to.include({ status: 400 });
    });

    it("ties a session to the endpoint on which it was opened", async () => {
      proves("sessions.bound");
      const session = await harness.initialize();
      const ping = { jsonrpc: "2.0", id: 9, method: "ping" };
      const elsewhere = await harness.post(ping, { "mcp-session-id": session }, "/mcp/s/mail");
      expect(elsewhere.status).to.equal(404);
    });

    it("answers 202 without a body to notifications and responses", async () => {
      const headers = { "mcp-session-id": await harness.initialize() };
      const noted = await harness.post({ jsonrpc: "2.0", method: "notifications/initialized" }, headers);
      const answered = await harness.post({ jsonrpc: "2.0", id: 5, result: {} }, headers);

      expect([noted.status, await noted.text()]).to.deep.equal([202, ""]);
      expect([answered.status, await answered.text()]).to.deep.equal([202, ""]);
    });

    it("answers -32601 to an unknown method, with status 200", async () => {
      const headers = { "mcp-session-id": await harness.initialize() };
      const response = await harness.post({ jsonrpc: "2.0", id: "a", method: "nope/nope" }, headers);
      expect(await refused(response)).to.deep.equal({ status: 200, code: -32601, id: "a" });
    });

    it("cancels the call that notifications/cancelled names, and no other", async () => {
      proves("cancel.isolation");
      const headers = { "mcp-session-id": await harness.initialize() };
      const aborted: unknown[] = [];
      const release: (() => void)[] = [];
      harness.answer = (call) =>
        new Promise((resolve) => {
          const done = (): void => resolve(Reply.of("result", { content: [] }, "2025"));
          call.signal.addEventListener("abort", () => {
            aborted.push(call.args["n"]);
            done();
          });
          release.push(done);
        });
      const start = (id: number): Promise<Response> =>
        harness.post(
          { jsonrpc: "2.0", id, method: "tools/call", params: { name: "mail__send", arguments: { n: id } } },
          headers,
        );
      const calls = [start(1), start(2)];
      while (release.length < 2) await new Promise((next) => setTimeout(next, 5));

      await harness.post(
        { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } },
        headers,
      );
      await calls[0];

      expect(aborted).to.deep.equal([1]);
      for (const done of release) done();
      await calls[1];
    });
  });

  describe("of the 2026 era", () => {
    it("needs no session and completes the result of an older upstream", async () => {
      proves("eras.clients");
      const response = await harness.modern("tools/call", { name: "mail__send", arguments: {} });
      const body = (await response.json()) as { result: JsonObject };

      expect(response.headers.get("mcp-session-id")).to.equal(null);
      expect(body.result).to.deep.equal({ resultType: "complete", content: [] });
      expect(harness.calls[0]?.envelope?.clientInfo).to.deep.equal({ name: "test", version: "1" });
      expect(harness.calls[0]?.meta, "the envelope is the leg's own").to.equal(undefined);
    });

    it("completes an empty result too", async () => {
      harness.answer = () => new Reply("result", Buffer.from("{}"), "2025");
      const response = await harness.modern("tools/call", { name: "mail__send" });
      expect(((await response.json()) as JsonObject)["result"]).to.deep.equal({ resultType: "complete" });
    });

    it("answers 400 and -32602 when the envelope lacks a required key", async () => {
      for (const missing of [META.protocolVersion, META.clientCapabilities]) {
        const meta = Object.fromEntries(Object.entries(envelope()).filter(([key]) => key !== missing));
        const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list" };
        const response = await harness.post(
          { jsonrpc: "2.0", id: 3, method: "tools/list", params: { _meta: meta } },
          headers,
        );
        expect(await refused(response), missing).to.deep.equal({ status: 400, code: -32602, id: 3 });
      }
    });

    it("answers 400 and -32020 when a header is missing or says something else than the body", async () => {
      proves("call.headers-checked");
      const params = { name: "mail__send", _meta: envelope() };
      const good = {
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "mail__send",
      };
      const bad: Record<string, string>[] = [
        { ...good, "mcp-protocol-version": "2025-11-25" },
        { ...good, "mcp-method": "tools/list" },
        { ...good, "mcp-name": "mail__read" },
        { ...good, "mcp-name": "=?base64?!!?=" },
        { "mcp-protocol-version": "2026-07-28", "mcp-name": "mail__send" },
        { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call" },
      ];
      for (const headers of bad) {
        const response = await harness.post({ jsonrpc: "2.0", id: 4, method: "tools/call", params }, headers);
        expect(await refused(response), JSON.stringify(headers)).to.deep.equal({
          status: 400,
          code: -32020,
          id: 4,
        });
      }
      expect(harness.calls).to.deep.equal([]);
    });

    it("answers 400 and -32022 with the supported versions to an unknown version", async () => {
      const meta = { ...envelope(), [META.protocolVersion]: "2099-01-01" };
      const headers = { "mcp-protocol-version": "2099-01-01", "mcp-method": "server/discover" };
      const response = await harness.post(
        { jsonrpc: "2.0", id: 5, method: "server/discover", params: { _meta: meta } },
        headers,
      );
      const body = (await response.json()) as { error: JsonObject };

      expect(response.status).to.equal(400);
      expect(body.error["code"]).to.equal(-32022);
      expect(body.error["data"]).to.deep.equal({ supported: ["2026-07-28"], requested: "2099-01-01" });
    });

    it("answers 404 and -32601 to a method of the other era", async () => {
      for (const method of ["ping", "initialize", "logging/setLevel", "resources/subscribe"]) {
        expect(await refused(await harness.modern(method)), method).to.include({ status: 404, code: -32601 });
      }
    });

    it("answers 405 to GET and DELETE", async () => {
      for (const method of ["GET", "DELETE"]) {
        const headers = { authorization: "Bearer anna", "mcp-protocol-version": "2026-07-28" };
        expect((await fetch(`${harness.url}/mcp`, { method, headers })).status).to.equal(405);
      }
    });

    it("takes a name that is Base64 in its header", async () => {
      const header = `=?base64?${Buffer.from("mail__send").toString("base64")}?=`;
      const response = await harness.modern("tools/call", { name: "mail__send" }, { "mcp-name": header });
      expect(response.status).to.equal(200);
    });
  });
});
