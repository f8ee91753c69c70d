import { expect } from "chai";

import type { JsonObject } from "../../../src/domain/json.ts";
import { UpstreamBroken } from "../../../src/domain/upstream-errors.ts";
import { Leg2025 } from "../../../src/upstream/http/leg-2025.ts";
import { rejection } from "../../support/refusal.ts";
import { until } from "../../wire/raw-server.ts";
import {
  Heard,
  McpUpstream,
  NEVER,
  PlanMaker,
  openSse,
  result,
  rpcError,
  speaks2025,
  sseMessage,
  toolCall,
} from "../mcp-upstream.ts";

const PROGRESS = "notifications/progress";

describe("an HTTP leg of the 2025 era", () => {
  let upstream: McpUpstream;
  let plans: PlanMaker;
  let heard: Heard;
  const open: Leg2025[] = [];

  beforeEach(async () => {
    upstream = await McpUpstream.start();
    plans = new PlanMaker();
    heard = new Heard();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((leg) => leg.close()));
    await plans.close();
    await upstream.close();
  });

  async function connect(
    options: Parameters<PlanMaker["plan"]>[1] = {},
    url = upstream.url,
  ): Promise<Leg2025> {
    const leg = await Leg2025.open(plans.plan(url, options), heard, NEVER());
    open.push(leg);
    return leg;
  }

  describe("a call", () => {
    beforeEach(() => void speaks2025(upstream));

    it("is answered with the upstream's bytes", async () => {
      upstream.on("tools/call", ({ id, response }) => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(`{"jsonrpc":"2.0","id":${id},"result":{"n":12345678901234567890}}`);
      });

      const reply = await (await connect()).call(toolCall("a"));

      expect(reply).to.deep.include({ kind: "result", era: "2025" });
      expect(reply.bytes.toString()).to.equal('{"n":12345678901234567890}');
    });

    it("carries the params verbatim, and an id that no other call has", async () => {
      upstream.result("tools/call", {});
      const leg = await connect();
      const params: JsonObject = {
        name: "a",
        arguments: { x: ["ü", null, { y: 1.5 }] },
        _meta: { traceparent: "00-1" },
      };

      await Promise.all(Array.from({ length: 50 }, () => leg.call(toolCall("a", { params }))));

      expect(upstream.last("tools/call").params).to.deep.equal(params);
      expect(new Set(upstream.seen.map(({ id }) => id).filter((id) => id !== undefined)).size).to.equal(51);
    });

    it("gives each of many callers its own answer, in whatever order they come", async () => {
      upstream.on("tools/call", (exchange) => {
        setTimeout(() => result(exchange, { echo: exchange.params["name"] ?? null }), Math.random() * 30);
      });
      const leg = await connect();
      const names = Array.from({ length: 200 }, (_, n) => `tool-${n}`);

      const replies = await Promise.all(names.map((name) => leg.call(toolCall(name))));

      expect(replies.map(({ value }) => value["echo"])).to.deep.equal(names);
    });

    it("is answered by an error as by a result", async () => {
      upstream.on("tools/call", (exchange) => rpcError(exchange, -32602, "Unknown tool: a"));

      const reply = await (await connect()).call(toolCall("a"));

      expect(reply.kind).to.equal("error");
      expect(reply.value).to.deep.equal({ code: -32602, message: "Unknown tool: a" });
    });

    it("is answered on a stream, after its progress and other news", async () => {
      upstream.on("tools/call", (exchange) => {
        openSse(exchange);
        exchange.response.write("id: 0\ndata:\n\n");
        const { progressToken } = exchange.params["_meta"] as JsonObject;
        for (const progress of [1, 2])
          sseMessage(exchange, {
            method: PROGRESS,
            params: { progressToken, progress, total: 2, message: "m" },
          });
        sseMessage(exchange, { method: "notifications/message", params: { level: "info", data: "log" } });
        sseMessage(exchange, { method: "notifications/tools/list_changed" });
        sseMessage(exchange, { method: PROGRESS, params: { progressToken: "another", progress: 9 } });
        sseMessage(exchange, { id: exchange.id, result: { done: true } });
        exchange.response.end();
      });
      const order: unknown[] = [];

      const reply = await (
        await connect()
      ).call(
        toolCall("a", {
          onProgress: (params) => order.push(params),
          onNotification: (method) => order.push(method),
        }),
      );
      order.push(reply.value);

      expect(order).to.deep.equal([
        { progress: 1, total: 2, message: "m" },
        { progress: 2, total: 2, message: "m" },
        "notifications/message",
        { done: true },
      ]);
      expect(heard.notifications).to.deep.equal([["notifications/tools/list_changed", {}]]);
    });

    it("asks for progress only when the caller did, and keeps the rest of _meta", async () => {
      upstream.result("tools/call", {});
      const leg = await connect();

      await leg.call(toolCall("a"));
      expect(upstream.last("tools/call").params).not.to.have.property("_meta");

      const params = { name: "a", _meta: { traceparent: "00-1" } };
      await leg.call(toolCall("a", { params, onProgress: () => undefined }));
      const { id, params: sent } = upstream.last("tools/call");
      expect(sent["_meta"]).to.deep.equal({ traceparent: "00-1", progressToken: id });
    });

    it("tells when it is sent", async () => {
      upstream.result("tools/call", {});
      let sent = 0;

      await (await connect()).call(toolCall("a", { onSent: () => (sent += 1) }));

      expect(sent).to.equal(1);
    });

    it("that is given up is aborted, and cancelled by its id", async () => {
      const abort = new AbortController();
      upstream.on("tools/call", () => abort.abort());
      const leg = await connect();

      const error = await rejection(() => leg.call(toolCall("a", { signal: abort.signal })));

      expect(error).to.deep.include({ code: "cancelled", executed: "unknown" });
      await until(() => upstream.count("notifications/cancelled") === 1);
      expect(upstream.last("notifications/cancelled").params["requestId"]).to.equal(
        upstream.last("tools/call").id,
      );
      await until(() => upstream.last("tools/call").response.destroyed);
    });

    it("that is given up before it is sent is not even cancelled", async () => {
      const leg = await connect();

      const error = await rejection(() => leg.call(toolCall("a", { signal: AbortSignal.abort() })));

      expect(error.executed).to.equal("not_executed");
      expect(upstream.count("tools/call")).to.equal(0);
      expect(upstream.count("notifications/cancelled")).to.equal(0);
    });
  });

  describe("requests of the upstream to its client", () => {
    it("are answered: a ping with a result, anything else with -32601", async () => {
      speaks2025(upstream).on("tools/call", (exchange) => {
        openSse(exchange);
        sseMessage(exchange, { id: "p1", method: "ping" });
        sseMessage(exchange, { id: "s1", method: "sampling/createMessage", params: {} });
        sseMessage(exchange, { id: exchange.id, result: {} });
        exchange.response.end();
      });

      await (await connect()).call(toolCall("a"));

      await until(() => upstream.count("response") === 2);
      const answers = upstream.of("response").map(({ params }) => params);
      expect(answers).to.deep.include({ jsonrpc: "2.0", result: {}, id: "p1" });
      expect(answers.find((answer) => answer["id"] === "s1")?.["error"]).to.have.property("code", -32601);
    });
  });

  it("sends notifications, and does not mind what becomes of them", async () => {
    speaks2025(upstream).on("notifications/odd", ({ response }) => response.destroy());
    const leg = await connect();

    leg.notify("notifications/odd", { a: 1 });
    leg.notify("notifications/roots/list_changed", {});

    await until(() => upstream.count("notifications/roots/list_changed") === 1);
    expect(upstream.last("notifications/odd").params).to.deep.equal({ a: 1 });
  });

  it("tells no call of another call's failure", async () => {
    speaks2025(upstream).on("tools/call", (exchange) => {
      if (exchange.params["name"] === "bad") exchange.response.destroy();
      else setTimeout(() => result(exchange, {}), 20);
    });
    const leg = await connect();

    const outcomes = await Promise.allSettled(
      ["good", "bad", "good", "bad", "good"].map((name) => leg.call(toolCall(name))),
    );

    expect(outcomes.map(({ status }) => status)).to.deep.equal([
      "fulfilled",
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(outcomes[1]).to.have.property("reason").that.is.instanceOf(UpstreamBroken);
  });
});
