import { expect } from "chai";

import { ServerNotFound } from "../../src/domain/errors.ts";
import { GatewayError } from "../../src/domain/errors.ts";
import { UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { rejection } from "../support/refusal.ts";
import { until } from "../wire/raw-server.ts";
import { McpUpstream, NEVER, result, speaks2025, speaks2026, toolCall } from "./mcp-upstream.ts";
import { PoolBench } from "./pool-bench.ts";

describe("UpstreamPool", () => {
  let upstream: McpUpstream;
  let bench: PoolBench;

  beforeEach(async () => {
    upstream = (await McpUpstream.start())
      .result("tools/call", { ok: true })
      .result("tools/list", { tools: [] });
    bench = new PoolBench();
  });
  afterEach(async () => {
    await bench.close();
    await upstream.close();
  });

  const use = (gateway: object = {}): PoolBench =>
    bench.define("up", { type: "http", url: upstream.url, gateway });
  const call = (options: Parameters<typeof toolCall>[1] = {}) =>
    bench.pool.call("up", toolCall("a", options));

  describe("connecting", () => {
    it("happens at the first call, once for all that wait", async () => {
      speaks2025(upstream);
      use();
      expect(bench.pool.status("up")).to.deep.include({ state: "idle", connections: 0 });

      const replies = await Promise.all(Array.from({ length: 20 }, () => call()));

      expect(replies.map(({ value }) => value["ok"])).to.deep.equal(Array.from({ length: 20 }, () => true));
      expect(upstream.count("initialize")).to.equal(1);
      expect(bench.states("up")).to.deep.equal(["connecting", "ready"]);
    });

    it("tells the status: state, eras and number of connections", async () => {
      speaks2025(speaks2026(upstream));
      use();

      await call({ era: "2026" });
      expect(bench.pool.status("up")).to.deep.include({
        state: "ready",
        connections: 1,
        era: "2026",
        eras: ["2026"],
      });
      await call({ era: "2025" });
      expect(bench.pool.status("up")).to.deep.include({ connections: 2, eras: ["2026", "2025"] });
    });

    it("that fails is a call that was not sent, and a status with the reason", async () => {
      bench.define("up", { type: "http", url: "http://127.0.0.1:1/mcp" });

      const error = await rejection(() => call());

      expect(error).to.be.instanceOf(UpstreamUnavailable).and.deep.include({ outcome: "not_sent" });
      expect(bench.states("up")).to.deep.equal(["connecting", "failed"]);
      expect(bench.pool.status("up")).to.deep.include({ state: "failed", error, connections: 0 });
    });

    it("has its own deadline", async () => {
      await bench.close();
      bench = new PoolBench({ limits: { connectMs: 50 } });
      upstream.on("initialize", () => undefined);
      use();

      const error = await rejection(() => call());

      expect(error).to.deep.include({ code: "upstream_unavailable", outcome: "not_sent" });
      expect(error.message).to.contain("did not answer the handshake in 50 ms");
    });

    it("does not hold up a caller who gives up, and goes on for the others", async () => {
      let finish = (): void => {};
      upstream.on("initialize", (exchange) => {
        finish = () => result(exchange, { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} });
      });
      use();
      const abort = new AbortController();
      const patient = call();
      const impatient = rejection(() => call({ signal: abort.signal }));
      await until(() => upstream.count("initialize") === 1);

      abort.abort();

      expect(await impatient).to.deep.include({ code: "cancelled", executed: "not_executed" });
      finish();
      expect((await patient).value).to.deep.equal({ ok: true });
    });

    for (const [status, code] of [
      [401, "upstream_auth_required"],
      [500, "upstream_unavailable"],
      [429, "upstream_rejected"],
    ] as const) {
      it(`that ends with ${status} fails the call with ${code}, not sent`, async () => {
        upstream.on("initialize", ({ response }) => response.writeHead(status).end());
        use();

        const error = await rejection(() => call());

        expect(error).to.deep.include({ code, outcome: "not_sent", executed: "not_executed" });
        expect(error.message).not.to.contain("may have been executed");
      });
    }

    it("is not tried again at once after a failure: the same error comes at once", async () => {
      upstream.on("initialize", ({ response }) => response.writeHead(500).end());
      use();
      const first = await rejection(() => call());

      const errors = await Promise.all([
        rejection(() => call()),
        rejection(() => bench.pool.explore("up", NEVER())),
      ]);

      expect(errors).to.deep.equal([first, first]);
      expect(upstream.count("initialize")).to.equal(1);
    });

    it("is tried again when the pause has passed", async () => {
      upstream.on("initialize", ({ response }) => response.writeHead(500).end());
      use();
      await rejection(() => call());
      speaks2025(upstream);

      bench.laterMs += 501;

      expect((await call()).value).to.deep.equal({ ok: true });
      expect(bench.states("up")).to.deep.equal(["connecting", "failed", "connecting", "ready"]);
      expect(bench.pool.status("up").error).to.equal(undefined);
    });

    it("of one server is not disturbed by another one that hangs", async () => {
      const hanging = (await McpUpstream.start()).on("initialize", () => undefined);
      bench.define("hanging", { type: "http", url: hanging.url });
      speaks2025(upstream);
      use();
      const waiting = bench.pool.call("hanging", toolCall("a")).catch(() => undefined);

      expect((await call()).value).to.deep.equal({ ok: true });

      await bench.pool.drop("hanging");
      await waiting;
      await hanging.close();
    });
  });

  it("refuses servers that are unknown or disabled, and all when it is closed", async () => {
    speaks2025(upstream);
    use();
    bench.define("off", { type: "http", url: upstream.url, disabled: true });

    expect(await rejection(() => bench.pool.call("nobody", toolCall("a")))).to.be.instanceOf(ServerNotFound);
    expect((await rejection(() => bench.pool.call("off", toolCall("a")))).message).to.contain("disabled");
    expect(bench.pool.status("off").state).to.equal("disabled");
    expect(bench.pool.status("nobody").state).to.equal("disabled");
    await bench.pool.close();
    expect((await rejection(() => call())).message).to.contain("shutting down");
  });

  it("expands references when it connects, and says which one cannot be", async () => {
    await bench.close();
    bench = new PoolBench({
      expand: (text) => {
        if (text.includes("MISSING")) throw new GatewayError("needs_input", "MISSING is not set.");
        return text.replace("${TOKEN}", "s3cret");
      },
    });
    speaks2025(upstream);
    bench.define("up", { type: "http", url: upstream.url, headers: { authorization: "Bearer ${TOKEN}" } });
    bench.define("bad", { type: "http", url: upstream.url, headers: { a: "${MISSING}" } });

    await call();

    expect(upstream.last("tools/call").headers.authorization).to.equal("Bearer s3cret");
    expect(await rejection(() => bench.pool.call("bad", toolCall("a")))).to.deep.include({
      code: "needs_input",
      outcome: "not_sent",
    });
  });
});
