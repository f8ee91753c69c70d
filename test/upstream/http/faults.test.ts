import { expect } from "chai";

import type { Limits } from "../../../src/domain/limits.ts";
import type { Era } from "../../../src/domain/protocol.ts";
import { UpstreamError } from "../../../src/domain/upstream-errors.ts";
import type { UpstreamCall } from "../../../src/upstream/connection.ts";
import { type HttpConnection, connectHttp } from "../../../src/upstream/http/http.ts";
import { rejection } from "../../support/refusal.ts";
import { until } from "../../wire/raw-server.ts";
import {
  Heard,
  McpUpstream,
  NEVER,
  PlanMaker,
  openSse,
  rpcError,
  speaks2025,
  speaks2026,
  sseMessage,
  toolCall,
} from "../mcp-upstream.ts";
import { FAULTS, endless } from "./fault-table.ts";

const MB = 1024 * 1024;
const LIMITS: Partial<Limits> = { replyBytes: 2 * MB, sseEventBytes: 64 * 1024, notificationsPerCall: 50 };

for (const era of ["2025", "2026"] as const satisfies readonly Era[]) {
  describe(`faults of an upstream on a ${era} leg`, () => {
    let upstream: McpUpstream;
    let plans: PlanMaker;
    let leg: HttpConnection;

    beforeEach(async () => {
      upstream = await McpUpstream.start();
      plans = new PlanMaker();
      (era === "2025" ? speaks2025 : speaks2026)(upstream);
      leg = await connectHttp(
        plans.plan(upstream.url, { wanted: era, limits: LIMITS }),
        new Heard(),
        NEVER(),
      );
    });
    afterEach(async () => {
      await leg.close();
      await plans.close();
      await upstream.close();
    });

    const call = (options: Partial<UpstreamCall> = {}) => leg.call(toolCall("a", { era, ...options }));

    for (const { name, does, code, outcome, says = /"up"/ } of FAULTS) {
      it(`${name}: ${code}, ${outcome}`, async () => {
        upstream.on("tools/call", does);

        const error = await rejection(() => call());

        expect(error).to.be.instanceOf(UpstreamError);
        expect(error).to.deep.include({ code, outcome, server: "up" });
        expect(error.executed).to.equal(outcome === "unknown" ? "unknown" : "not_executed");
        expect(error.message)
          .to.match(says)
          .and.match(/^Upstream "up"/);
        // Whatever the first call did to the connection, the next one works; and nothing was sent twice.
        expect(upstream.count("tools/call")).to.equal(1);
        upstream.result("tools/call", { fine: true });
        expect((await call()).value).to.deep.equal({ fine: true });
      });
    }

    it("429 says when to come again", async () => {
      upstream.on("tools/call", ({ response }) => response.writeHead(429, { "retry-after": "3" }).end());

      expect(await rejection(() => call())).to.deep.include({ retryAfterMs: 3_000, retryable: true });
    });

    it("a refusal tells what the upstream said, on one line and not at length", async () => {
      upstream.on("tools/call", (exchange) =>
        rpcError({ ...exchange, id: undefined }, -32000, `Too\nmany ${"x".repeat(500)}`, 409),
      );

      const { message } = await rejection(() => call());

      expect(message).to.contain("Too many xxx").and.not.contain("\n");
      expect(message).to.have.length.below(400);
    });

    it("an answer after a foreign one is found, and the foreign one dropped", async () => {
      upstream.on("tools/call", (exchange) => {
        openSse(exchange);
        sseMessage(exchange, { id: 999_999, result: { stolen: true } });
        sseMessage(exchange, { id: exchange.id, result: { own: true } });
        exchange.response.end();
      });

      expect((await call()).value).to.deep.equal({ own: true });
    });

    it("an answer that is larger than an event may be is still an answer, up to the cap of replies", async () => {
      const text = "x".repeat(MB);
      upstream.on("tools/call", (exchange) => {
        openSse(exchange);
        sseMessage(exchange, { id: exchange.id, result: { text } });
        exchange.response.end();
      });

      expect((await call()).value).to.deep.equal({ text });
    });

    it("a slow drip of an answer is read to its end", async () => {
      upstream.on("tools/call", ({ id, response }) => {
        response.writeHead(200, { "content-type": "application/json" });
        const text = JSON.stringify({ jsonrpc: "2.0", id, result: { slow: "ü" } });
        const bytes = Buffer.from(text);
        let at = 0;
        const drip = (): void => {
          if (at < bytes.length) response.write(bytes.subarray(at, ++at), () => setImmediate(drip));
          else response.end();
        };
        drip();
      });

      expect((await call()).value).to.deep.equal({ slow: "ü" });
    });

    it("a hanging call is given up within the moment, and its connection closed", async () => {
      const abort = new AbortController();
      upstream.on("tools/call", () => undefined);
      const failed = rejection(() => call({ signal: abort.signal }));
      await until(() => upstream.count("tools/call") === 1);
      const started = performance.now();

      abort.abort();

      expect((await failed).code).to.equal("cancelled");
      expect(performance.now() - started).to.be.below(200);
      await until(() => upstream.last("tools/call").response.destroyed);
      expect(performance.now() - started).to.be.below(1_000);
    });

    it("memory stays flat while an upstream answers without end", async () => {
      upstream.on("tools/call", (exchange) => endless(exchange, "application/json", " ".repeat(256 * 1024)));
      const before = process.memoryUsage().rss;

      for (let i = 0; i < 20; i++) await rejection(() => call());

      expect(process.memoryUsage().rss - before).to.be.below(150 * MB);
    });
  });
}

describe("an upstream that cannot be reached", () => {
  const plans = new PlanMaker();
  afterEach(() => plans.close());

  it("fails the connection as not sent when it refuses", async () => {
    const error = await rejection(() =>
      connectHttp(plans.plan("http://127.0.0.1:1/mcp"), new Heard(), NEVER()),
    );

    expect(error).to.deep.include({ code: "upstream_unavailable", outcome: "not_sent" });
    expect(error.message).to.contain("refused");
  });

  it("fails a call as not sent when it went away between two calls", async () => {
    const upstream = speaks2025(await McpUpstream.start()).result("tools/call", {});
    const leg = await connectHttp(plans.plan(upstream.url), new Heard(), NEVER());
    await leg.call(toolCall("a"));
    await upstream.close();
    // The gateway has seen by then that its idle connection was closed.
    await new Promise((resolve) => setTimeout(resolve, 50));

    const error = await rejection(() => leg.call(toolCall("a")));

    expect(error).to.deep.include({ code: "upstream_unavailable", outcome: "not_sent" });
  });
});
