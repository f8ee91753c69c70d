import { expect } from "chai";

import { rejection } from "../support/refusal.ts";
import { until } from "../wire/raw-server.ts";
import { McpUpstream, NEVER, openSse, speaks2025, speaks2026, sseMessage, toolCall } from "./mcp-upstream.ts";
import { PoolBench } from "./pool-bench.ts";

describe("the life of a server in the pool", () => {
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

  describe("exploring", () => {
    it("reads what the upstream offers, and the eras", async () => {
      const tool = {
        name: "add",
        description: "Adds.",
        inputSchema: { type: "object" },
        extra: { kept: true },
      };
      speaks2025(upstream, { capabilities: { tools: {}, prompts: {} }, instructions: "Add only." })
        .result("tools/list", { tools: [tool] })
        .result("prompts/list", { prompts: [{ name: "greet" }] });
      use();

      const offering = await bench.pool.explore("up", NEVER());

      expect(offering).to.deep.include({
        tools: [tool],
        prompts: [{ name: "greet" }],
        eras: ["2025"],
        instructions: "Add only.",
      });
      expect(upstream.count("resources/list")).to.equal(0);
    });

    it("hears of changed lists on the shared connection, and on those of callers, who are not told themselves", async () => {
      const capabilities = { tools: { listChanged: true } };
      let sessions = 0;
      speaks2025(upstream, { capabilities, session: () => `s${++sessions}` }).on("GET", (exchange) => {
        openSse(exchange);
        sseMessage(exchange, { method: "notifications/tools/list_changed" });
      });
      use();

      await bench.pool.explore("up", NEVER());
      await Promise.all(["anna", "ben"].map((scope) => call({ scope })));

      await until(() => bench.listChanges.length === 3 && upstream.count("GET") === 3);
      expect(bench.listChanges).to.deep.equal(Array.from({ length: 3 }, () => ["up", "tools"]));
      expect(bench.told).to.deep.equal([]);
    });

    it("hears of changed lists on the stream of a call", async () => {
      speaks2025(upstream).on("tools/call", (exchange) => {
        openSse(exchange);
        sseMessage(exchange, { method: "notifications/prompts/list_changed" });
        sseMessage(exchange, { method: "notifications/resources/updated", params: { uri: "a" } });
        sseMessage(exchange, { id: exchange.id, result: {} });
        exchange.response.end();
      });
      use();

      await call();

      expect(bench.listChanges).to.deep.equal([["up", "prompts"]]);
    });
  });

  describe("ping", () => {
    it("is answered in either era, whatever the answer", async () => {
      speaks2025(upstream);
      use();
      await bench.pool.ping("up", NEVER());
      expect(upstream.count("ping")).to.equal(1);

      speaks2026(upstream);
      bench.define("new", { type: "http", url: upstream.url, gateway: { era: "2026" } });
      await bench.pool.ping("new", NEVER());
      expect(upstream.count("server/discover")).to.equal(3);
    });

    it("fails when there is no answer", async () => {
      speaks2025(upstream).on("ping", ({ response }) => response.destroy());
      use();

      expect((await rejection(() => bench.pool.ping("up", NEVER()))).code).to.equal("upstream_broken");
    });
  });

  describe("dropping a server", () => {
    it("ends its sessions and closes its sockets", async () => {
      let sessions = 0;
      speaks2025(upstream, { session: () => `s${++sessions}` });
      use();
      await call({ scope: "anna" });

      await bench.pool.drop("up");

      const ended = upstream.of("DELETE").map(({ headers }) => headers["mcp-session-id"]);
      expect(ended).to.have.members(["s1", "s2"]);
      await until(() => upstream.raw.connections === upstream.raw.closedConnections);
    });

    it("fails its calls in flight, which may have been executed", async () => {
      speaks2025(upstream).on("tools/call", () => undefined);
      use();
      const failed = rejection(() => call());
      await until(() => upstream.count("tools/call") === 1);

      await bench.pool.drop("up");

      expect(await failed).to.deep.include({ code: "upstream_broken", executed: "unknown" });
    });

    it("gives up a handshake in progress, and tells no status of it any more", async () => {
      upstream.on("initialize", () => undefined);
      use();
      const failed = rejection(() => call());
      await until(() => upstream.count("initialize") === 1);

      await bench.pool.drop("up");

      expect((await failed).message).to.contain("definition was changed or removed");
      expect(bench.states("up")).to.deep.equal(["connecting"]);
    });

    it("leaves no session behind that a waiting call would begin", async () => {
      let sessions = 0;
      let dropped: Promise<void> | undefined;
      speaks2025(upstream, { session: () => `s${++sessions}` });
      upstream.on("notifications/initialized", ({ response }) => {
        response.writeHead(202).end();
        // The shared connection is made in this moment; the caller's own would come next.
        setImmediate(() => {
          dropped = bench.pool.drop("up");
        });
      });
      use();

      const outcome = await call({ scope: "anna" }).catch((error: unknown) => error);
      await dropped;

      expect(outcome)
        .to.have.property("code")
        .that.matches(/^upstream_(?:unavailable|broken)$/);
      await until(() => upstream.raw.connections === upstream.raw.closedConnections);
    });

    it("makes the next call use the new definition", async () => {
      const other = speaks2025(await McpUpstream.start()).result("tools/call", { other: true });
      speaks2025(upstream);
      use();
      await call();
      bench.define("up", { type: "http", url: other.url });

      await bench.pool.drop("up");

      expect((await call()).value).to.deep.equal({ other: true });
      await bench.pool.drop("up");
      await other.close();
    });

    it("forgets the pause after a failure", async () => {
      upstream.on("initialize", ({ response }) => response.writeHead(500).end());
      use();
      await rejection(() => call());
      speaks2025(upstream);

      await bench.pool.drop("up");

      expect((await call()).value).to.deep.equal({ ok: true });
    });

    it("of a name that has no connections is nothing", async () => {
      await bench.pool.drop("nobody");

      expect(bench.statuses).to.deep.equal([]);
    });
  });

  it("connects anew when a session cannot be renewed", async () => {
    let sessions = 0;
    const session = () => `s${++sessions}`;
    speaks2025(upstream, { session });
    use({ sessions: "shared" });
    await call();
    upstream.on("tools/call", ({ response }) => response.writeHead(404).end());
    upstream.on("initialize", ({ response }) => response.writeHead(503).end());
    expect(await rejection(() => call())).to.have.property("outcome", "not_sent");
    expect(bench.pool.status("up").state).to.equal("failed");

    speaks2025(upstream, { session }).result("tools/call", { ok: true });

    expect((await call()).value).to.deep.equal({ ok: true });
    expect(bench.pool.status("up").state).to.equal("ready");
  });
});
