import { expect } from "chai";

import { DEFAULT_LIMITS } from "../../../src/domain/limits.ts";
import { UpstreamError } from "../../../src/domain/upstream-errors.ts";
import { connectHttpTools } from "../../../src/upstream/http-tools/http-tools.ts";
import { refuseQuestion } from "../../../src/upstream/refuse-question.ts";
import { HttpToolBench, failureOf } from "../../support/http-endpoint.ts";

describe("HTTP tools", () => {
  let bench: HttpToolBench;

  beforeEach(async () => {
    bench = await HttpToolBench.start();
  });
  afterEach(() => bench.close());

  describe("failures", () => {
    for (const status of [500, 502, 503]) {
      it(`of the endpoint itself (${status}) leave open whether it was executed`, async () => {
        bench.register();
        bench.endpoint.answer(status, "text/plain", "boom");

        const error = await failureOf(bench.call());

        expect(error).to.be.instanceOf(UpstreamError);
        expect(error).to.include({ code: "upstream_broken", executed: "unknown", server: "custom" });
      });
    }

    it("tell that too many calls were not executed, and when to try again", async () => {
      bench.register();
      bench.endpoint.answer(429, "text/plain", "slow down", { "retry-after": "7" });

      expect(await failureOf(bench.call())).to.include({
        code: "upstream_rejected",
        executed: "not_executed",
        retryAfterMs: 7_000,
      });
    });

    it("to connect mean that nothing was sent", async () => {
      bench.register({ endpoint: "http://127.0.0.1:1/" });

      expect(await failureOf(bench.call())).to.include({
        code: "upstream_unavailable",
        executed: "not_executed",
      });
    });

    it("are the answer for an address that is not allowed", async () => {
      bench.register({ endpoint: "http://169.254.169.254/latest/meta-data" });
      const metadata = await failureOf(bench.call());
      bench.register({ endpoint: "http://[::1]:80/" });
      const loopback = await failureOf(bench.call());

      expect(metadata).to.include({ code: "egress_denied", executed: "not_executed" });
      expect(loopback).to.include({ code: "egress_denied", executed: "not_executed" });
    });

    it("are the answer to a body that is too large", async () => {
      bench.register();
      bench.endpoint.answer(200, "text/plain", "x".repeat(100_000));

      expect(await failureOf(bench.call())).to.include({
        code: "upstream_reply_too_large",
        executed: "unknown",
      });
    });

    it("are the answer to a connection that is cut in the middle", async () => {
      bench.register();
      bench.endpoint.reply = (response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("half");
        setImmediate(() => response.destroy());
      };

      expect(await failureOf(bench.call())).to.include({ code: "upstream_broken", executed: "unknown" });
    });

    it("come at the tool's own deadline", async () => {
      bench.register({ timeout_ms: 30 });
      bench.endpoint.reply = () => {};

      expect(await failureOf(bench.call())).to.include({ code: "upstream_timeout", executed: "unknown" });
    });

    it("come when the caller gives up, also where the tool has a deadline", async () => {
      bench.endpoint.reply = () => {};
      for (const definition of [{}, { timeout_ms: 10_000 }]) {
        bench.register(definition);
        const leaving = new AbortController();
        const calling = failureOf(bench.call({}, { signal: leaving.signal, onSent: () => leaving.abort() }));

        expect(await calling).to.include({ code: "cancelled", executed: "unknown" });
      }
    });

    it("come at once when the caller had given up before", async () => {
      bench.register({ timeout_ms: 10_000 });

      expect(await failureOf(bench.call({}, { signal: AbortSignal.abort() }))).to.include({
        code: "cancelled",
        executed: "not_executed",
      });
      expect(bench.endpoint.received).to.deep.equal([]);
    });

    it("are JSON-RPC errors for a tool or a method that does not exist", async () => {
      const tool = await bench.ask("tools/call", { params: { name: "nothing", arguments: {} } });
      const method = await bench.ask("prompts/list");

      expect([tool.kind, tool.value["code"]]).to.deep.equal(["error", -32602]);
      expect([method.kind, method.value["code"]]).to.deep.equal(["error", -32601]);
    });
  });

  describe("as an MCP server", () => {
    it("lists its tools as MCP tools", async () => {
      bench.register({
        annotations: { readOnlyHint: true, title: "A title" },
        tags: ["x"],
        schema: { input: { city: { type: "string" } }, output: { type: "object" } },
      });

      const { value } = await bench.ask("tools/list");

      expect(value).to.deep.nested.include({
        "tools[0].name": "tool",
        "tools[0].title": "A title",
        "tools[0].inputSchema": { type: "object", properties: { city: { type: "string" } } },
        "tools[0].outputSchema": { type: "object" },
        "tools[0].annotations.readOnlyHint": true,
      });
    });

    it("answers a ping, and knows what it can do", async () => {
      expect((await bench.ask("ping")).value).to.deep.equal({});
      expect(bench.connection.capabilities).to.deep.equal({ tools: {} });
    });

    it("has no resources that could be followed", async () => {
      const reply = await bench.connection.follow("a://1", new AbortController().signal);
      bench.connection.unfollow("a://1");

      expect(reply.kind).to.equal("error");
      expect(reply.value).to.deep.equal({ code: -32601, message: "Resources are not supported." });
    });

    it("does not connect for somebody who is gone", async () => {
      const plan = { server: "custom", tools: () => [], egress: bench.egress, limits: DEFAULT_LIMITS };
      const events = { onNotification: () => {}, onRequest: refuseQuestion, onClosed: () => {} };

      const error = await failureOf(connectHttpTools(plan, events, AbortSignal.abort()));

      expect(error.code).to.equal("cancelled");
    });
  });
});
