import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { proves } from "../support/proves.ts";
import { rejection } from "../support/refusal.ts";
import { McpUpstream, NEVER, result, speaks2025, speaks2026, toolCall } from "./mcp-upstream.ts";
import { PoolBench } from "./pool-bench.ts";

describe("sharing of connections in the pool", () => {
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

  describe("sharing", () => {
    let sessions: number;
    const withSessions = (): void => {
      sessions = 0;
      speaks2025(upstream, { session: () => `s${++sessions}` });
    };
    const sessionsOf = () => upstream.of("tools/call").map(({ headers }) => headers["mcp-session-id"]);

    it("gives each scope a session of its own where the upstream keeps sessions", async () => {
      withSessions();
      use();

      await call({ scope: "anna" });
      await call({ scope: "ben" });
      await call({ scope: "anna" });

      const [anna, ben, again] = sessionsOf();
      expect(anna).to.equal(again).and.not.equal(ben);
      // One more explores and listens; no caller ever uses it.
      expect(sessions).to.equal(3);
      expect([anna, ben]).not.to.include("s1");
      expect(bench.pool.status("up")).to.deep.include({ connections: 3, leases: 2 });
    });

    it("ends the session of a scope that is over, and no other", async () => {
      withSessions();
      use();
      await call({ scope: "anna" });
      await call({ scope: "ben" });

      bench.pool.release("anna");
      await call({ scope: "ben" });
      await call({ scope: "anna" });

      const [anna, ben, same, fresh] = sessionsOf();
      expect(same).to.equal(ben);
      expect(fresh).not.to.equal(anna);
      expect(sessions).to.equal(4);
    });

    it("never mixes the sessions of callers who come at once", async () => {
      proves("call.isolation");
      withSessions();
      upstream.on("tools/call", (exchange) =>
        result(exchange, { session: String(exchange.headers["mcp-session-id"]) }),
      );
      use();

      const replies = await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          call({ scope: `caller-${i % 6}` }).then(
            ({ value }) => [`caller-${i % 6}`, value["session"]] as const,
          ),
        ),
      );

      const byCaller = new Map<string, Set<unknown>>();
      for (const [caller, session] of replies)
        byCaller.set(caller, (byCaller.get(caller) ?? new Set()).add(session));
      expect([...byCaller.values()].map(({ size }) => size)).to.deep.equal([1, 1, 1, 1, 1, 1]);
      expect(new Set([...byCaller.values()].flatMap((set) => [...set])).size).to.equal(6);
    });

    it("lets all share a connection where the upstream keeps none", async () => {
      speaks2025(upstream);
      use();

      await Promise.all(["anna", "ben", "carl"].map((scope) => call({ scope })));

      expect(upstream.count("initialize")).to.equal(1);
    });

    it("lets all share a session when the operator wants so", async () => {
      withSessions();
      use({ sessions: "shared" });

      await Promise.all(["anna", "ben"].map((scope) => call({ scope })));

      expect(new Set(sessionsOf())).to.deep.equal(new Set(["s1"]));
    });

    it("gives each scope a connection when the operator wants so, session or not", async () => {
      speaks2025(upstream);
      use({ sessions: "per-client" });

      await call({ scope: "anna" });
      await call({ scope: "ben" });

      expect(upstream.count("initialize")).to.equal(3);
    });

    it("shares a leg of the 2026 era whatever the setting: it has no session", async () => {
      speaks2026(upstream);
      use({ sessions: "per-client" });

      await Promise.all(["anna", "ben"].map((scope) => call({ scope, era: "2026" })));

      expect(upstream.count("server/discover")).to.equal(1);
    });

    it("ends the session of a scope that was idle for five minutes", async () => {
      withSessions();
      use();
      await call({ scope: "anna" });
      bench.laterMs += 5 * 60_000;

      await call({ scope: "ben" });

      // The sweep itself runs by a timer; see the tests of Leases. Here: the session still works before it.
      await call({ scope: "anna" });
      expect(sessionsOf()[0]).to.equal(sessionsOf()[2]);
    });

    it("keeps a caller's session working while the shared connection cannot be made", async () => {
      withSessions();
      use();
      await call({ scope: "anna" });
      upstream.on("initialize", ({ response }) => response.writeHead(500).end());

      expect((await call({ scope: "anna" })).value).to.deep.equal({ ok: true });
      expect(await rejection(() => call({ scope: "ben" }))).to.have.property("outcome", "not_sent");
    });
  });

  describe("eras", () => {
    it("uses the 2025 leg for a 2026 caller where there is no other", async () => {
      speaks2025(upstream);
      use();

      const reply = await call({ era: "2026" });

      expect(reply.era).to.equal("2025");
      expect(upstream.last("tools/call").params).not.to.have.property("_meta");
      await call({ era: "2025" });
      expect(upstream.count("initialize")).to.equal(1);
      expect(upstream.count("server/discover")).to.equal(1);
    });

    it("uses the 2026 leg for a 2025 caller where there is no other", async () => {
      speaks2026(upstream);
      use();

      expect((await call({ era: "2025" })).era).to.equal("2026");
      await call({ era: "2026" });
      expect(upstream.count("server/discover")).to.equal(1);
    });

    it("gives sessions to 2026 callers too, on a 2025 leg that has them", async () => {
      let sessions = 0;
      speaks2025(upstream, { session: () => `s${++sessions}` });
      use();

      await call({ era: "2026", scope: "anna" });
      await call({ era: "2025", scope: "anna" });
      await call({ era: "2026", scope: "ben" });

      const used = upstream.of("tools/call").map(({ headers }) => headers["mcp-session-id"]);
      expect(used[0]).to.equal(used[1]).and.not.equal(used[2]);
    });

    it("says on a 2026 leg what this very caller can do: nothing, unless it says more", async () => {
      speaks2026(upstream);
      use();
      const envelope = { capabilities: { roots: {} }, clientInfo: { name: "anna", version: "1" } };

      await call({ era: "2025" });
      await call({ era: "2026" });
      await call({ era: "2026", envelope });
      await bench.pool.explore("up", NEVER());

      const key = "io.modelcontextprotocol/clientCapabilities";
      const declared = [...upstream.of("tools/call"), upstream.last("tools/list")].map(
        ({ params }) => (params["_meta"] as JsonObject)[key],
      );
      expect(declared).to.deep.equal([
        {},
        {},
        { roots: {} },
        { sampling: {}, elicitation: { form: {}, url: {} }, roots: { listChanged: true } },
      ]);
    });

    it("sends no first message of an era where it is assumed", async () => {
      speaks2025(speaks2026(upstream));
      use({ era: "assume-2026" });

      expect((await call({ era: "2025" })).era).to.equal("2026");

      expect([upstream.count("server/discover"), upstream.count("initialize")]).to.deep.equal([0, 0]);
      expect(bench.pool.status("up").eras).to.deep.equal(["2026"]);
    });

    it("does not probe where the era is set", async () => {
      speaks2025(speaks2026(upstream));
      use({ era: "2025" });

      await call({ era: "2026" });

      expect(upstream.count("server/discover")).to.equal(0);
    });

    it("still knows the era after the definition was dropped and came back unchanged", async () => {
      speaks2025(upstream);
      use();
      await call({ era: "2026" });

      await bench.pool.drop("up");
      await call({ era: "2026" });

      expect(upstream.count("server/discover")).to.equal(1);
      expect(upstream.count("initialize")).to.equal(2);
    });
  });
});
