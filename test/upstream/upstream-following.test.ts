import { expect } from "chai";

import type { Era } from "../../src/domain/protocol.ts";
import type { ClientSelf } from "../../src/upstream/connection.ts";
import { rejection } from "../support/refusal.ts";
import { until } from "../wire/raw-server.ts";
import {
  type Exchange,
  McpUpstream,
  NEVER,
  openSse,
  result,
  speaks2025,
  sseMessage,
  toolCall,
} from "./mcp-upstream.ts";
import { PoolBench } from "./pool-bench.ts";
import { type Mode, TalkingChild, askable } from "./talking-child.ts";

interface Who {
  readonly scope: string;
  readonly era: Era;
  readonly envelope?: ClientSelf;
}

const who = (scope: string, more: Partial<Who> = {}): Who => ({ scope, era: "2025", ...more });

describe("following resources in the pool", function () {
  this.timeout(20_000);
  let bench: PoolBench;

  beforeEach(() => {
    bench = new PoolBench({ limits: { connectMs: 10_000 } });
  });
  afterEach(() => bench.close());

  describe("of a child", () => {
    let child: TalkingChild;
    const use = (mode: Mode = "2025"): void => {
      child = new TalkingChild(bench, { mode });
    };
    const follow = (uri: string, whose: Who) => bench.pool.follow("talk", uri, whose, NEVER());
    const unfollow = (uri: string, whose: Who) => bench.pool.unfollow("talk", uri, whose);
    const followedBy = async (whose: Partial<Who> = {}) => (await child.call("follows", whose)) as unknown;

    it("is asked of it once, and ends with the last follower", async () => {
      use();
      await follow("a://1", who("anna"));
      await follow("a://1", who("ben"));
      expect(await followedBy()).to.deep.equal(["a://1"]);

      unfollow("a://1", who("anna"));
      expect(await followedBy()).to.deep.equal(["a://1"]);
      unfollow("a://1", who("ben"));

      expect(await followedBy()).to.deep.equal([]);
    });

    it("tells who follows when something changes, also a part of it", async () => {
      use();
      await follow("a://1", who("anna"));
      await follow("a://1", who("ben"));
      await follow("a://2", who("carl"));

      await child.call("touch", { args: { uri: "a://1" } });
      await child.call("touch", { args: { uri: "a://2/part" } });
      await child.call("touch", { args: { uri: "a://3" } });
      await until(() => bench.updates.length >= 2);

      expect(bench.updates).to.deep.equal([
        ["talk", "a://1", "a://1", ["anna", "ben"]],
        ["talk", "a://2", "a://2/part", ["carl"]],
      ]);
    });

    it("happens on a session's own child, and its news are for that session", async () => {
      use();
      const [anna, ben] = [
        who("anna", { envelope: askable("anna") }),
        who("ben", { envelope: askable("ben") }),
      ];
      await follow("a://1", anna);
      await follow("a://1", ben);

      await child.call("touch", { ...anna, args: { uri: "a://1" } });
      await until(() => bench.updates.length > 0);

      expect(bench.updates).to.deep.equal([["talk", "a://1", "a://1", ["anna"]]]);
      expect(await followedBy()).to.deep.equal([]);
      expect(await followedBy(ben)).to.deep.equal(["a://1"]);
      unfollow("a://1", ben);
      expect(await followedBy(ben)).to.deep.equal([]);
    });

    it("keeps an idle child alive as long as somebody follows", async () => {
      use();
      const anna = who("anna", { envelope: askable("anna") });
      await follow("a://1", anna);
      const pid = await child.pid(anna);
      bench.laterMs += 60 * 60_000;

      expect(await child.pid(anna)).to.equal(pid);
    });

    it("ends with the scope, on shared children as on its own", async () => {
      use();
      const own = who("anna", { envelope: askable("anna") });
      await follow("a://1", own);
      await follow("a://2", who("anna"));
      await follow("a://2", who("ben"));
      await follow("a://3", who("anna"));

      bench.pool.release("anna");

      expect(await followedBy()).to.deep.equal(["a://2"]);
      expect(bench.pool.status("talk").leases).to.equal(0);
      await child.call("touch", { args: { uri: "a://2" } });
      await until(() => bench.updates.length > 0);
      expect(bench.updates).to.deep.equal([["talk", "a://2", "a://2", ["ben"]]]);
    });

    it("counts how often one scope follows the same", async () => {
      use();
      await follow("a://1", who("anna"));
      await follow("a://1", who("anna"));

      unfollow("a://1", who("anna"));
      expect(await followedBy()).to.deep.equal(["a://1"]);
      unfollow("a://1", who("anna"));
      unfollow("a://1", who("anna"));

      expect(await followedBy()).to.deep.equal([]);
    });

    it("that is refused by the upstream is an error, and nothing stays behind", async () => {
      use();

      const error = await rejection(() => follow("secret:1", who("anna")));

      expect(error).to.deep.include({ code: "upstream_error", outcome: "rejected" });
      expect(error.details).to.deep.include({ rpc_code: -32002 });
      unfollow("secret:1", who("anna"));
      expect(await followedBy()).to.deep.equal([]);
    });

    for (const [whose, title] of [
      [who("anna"), "the shared child"],
      [who("anna", { envelope: askable("anna") }), "a session's own child"],
    ] as const) {
      it(`goes on after the end of ${title}, without a call, and says that something may have changed`, async () => {
        use();
        await follow("a://1", whose);
        const pid = Number(await child.pid(whose));

        process.kill(pid, "SIGKILL");
        await until(() => bench.updates.length > 0);

        expect(bench.updates).to.deep.equal([["talk", "a://1", "a://1", ["anna"]]]);
        expect(await child.pid(whose)).not.to.equal(pid);
        expect(await followedBy(whose)).to.deep.equal(["a://1"]);
        await child.call("touch", { ...whose, args: { uri: "a://1" } });
        await until(() => bench.updates.length > 1);
      });
    }

    it("lets a child rest that has ended when nobody follows any more", async () => {
      use();
      await follow("a://1", who("anna"));
      const pid = Number(await child.pid());
      bench.pool.release("anna");

      process.kill(pid, "SIGKILL");
      await until(() => bench.pool.status("talk").state === "failed");
      await new Promise((resolve) => setTimeout(resolve, 100));

      expect(bench.pool.connections).to.equal(0);
    });
  });

  describe("of an HTTP server with sessions", () => {
    let upstream: McpUpstream;
    let sessions: number;
    let streams: Map<string, Exchange>;

    beforeEach(async () => {
      sessions = 0;
      streams = new Map();
      upstream = speaks2025(await McpUpstream.start(), {
        capabilities: { tools: { listChanged: true }, resources: { subscribe: true } },
        session: () => `s${++sessions}`,
      })
        .result("tools/call", { ok: true })
        .result("resources/subscribe", {})
        .result("resources/unsubscribe", {})
        .on("GET", (exchange) => {
          openSse(exchange);
          streams.set(sessionOf(exchange), exchange);
        });
      bench.define("up", { type: "http", url: upstream.url });
    });
    afterEach(() => upstream.close());

    const sessionOf = ({ headers }: Exchange) => String(headers["mcp-session-id"]);
    const follow = (uri: string, whose: Who) => bench.pool.follow("up", uri, whose, NEVER());
    const subscriptions = () => upstream.of("resources/subscribe").map(sessionOf);

    it("happens in the session of the scope", async () => {
      await follow("a://1", who("anna"));
      await follow("a://1", who("ben"));
      await bench.pool.call("up", toolCall("x", { scope: "anna" }));

      const [annas = "", bens = ""] = subscriptions();
      expect(annas).not.to.equal(bens);
      expect(sessionOf(upstream.last("tools/call"))).to.equal(annas);
      const stream = streams.get(annas) ?? expect.fail("anna's session has no stream");
      sseMessage(stream, { method: "notifications/resources/updated", params: { uri: "a://1" } });
      await until(() => bench.updates.length > 0);
      expect(bench.updates).to.deep.equal([["up", "a://1", "a://1", ["anna"]]]);
    });

    it("is asked for again in the session that follows one which was forgotten", async () => {
      await follow("a://1", who("anna"));
      const [lost = ""] = subscriptions();
      upstream.on("tools/call", (exchange) =>
        sessionOf(exchange) === lost
          ? exchange.response.writeHead(404).end()
          : result(exchange, { session: sessionOf(exchange) }),
      );

      const reply = await bench.pool.call("up", toolCall("x", { scope: "anna" }));

      expect(reply.value["session"]).not.to.equal(lost);
      await until(() => upstream.count("resources/subscribe") === 2);
      expect(subscriptions()[1]).to.equal(reply.value["session"]);
      bench.pool.unfollow("up", "a://1", who("anna"));
      await until(() => upstream.count("resources/unsubscribe") === 1);
      expect(sessionOf(upstream.last("resources/unsubscribe"))).to.equal(reply.value["session"]);
    });

    it("that has no room for another session fails like a call", async () => {
      upstream.on("initialize", ({ response }) => response.writeHead(503).end());

      expect(await rejection(() => follow("a://1", who("anna")))).to.deep.include({
        outcome: "not_sent",
        executed: "not_executed",
      });
    });
  });

  it("needs a server that is registered", async () => {
    const follow = () => bench.pool.follow("nobody", "a://1", who("anna"), NEVER());

    expect(await rejection(follow)).to.have.property("code", "server_not_found");
    bench.pool.unfollow("nobody", "a://1", who("anna"));
    bench.pool.notify("anna", "notifications/roots/list_changed", {});
  });
});
