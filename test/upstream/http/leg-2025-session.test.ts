import { expect } from "chai";

import type { HttpPlan } from "../../../src/upstream/http/http-target.ts";
import { Leg2025 } from "../../../src/upstream/http/leg-2025.ts";
import { proves } from "../../support/proves.ts";
import { rejection } from "../../support/refusal.ts";
import { until } from "../../wire/raw-server.ts";
import {
  Heard,
  HeldQuestions,
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

describe("the session of an HTTP leg of the 2025 era", () => {
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

  describe("a session", () => {
    let sessions: number;
    beforeEach(() => {
      sessions = 0;
      speaks2025(upstream, { session: () => `session-${++sessions}` }).result("tools/call", {});
    });

    const forgetting = (session: string, status: number, message: string) =>
      upstream.on("tools/call", (exchange) => {
        if (exchange.headers["mcp-session-id"] !== session) return result(exchange, { ok: true });
        rpcError({ ...exchange, id: undefined }, -32000, message, status);
      });

    it("is named in every later request, and ended with the connection", async () => {
      const leg = await connect();
      await leg.call(toolCall("a"));
      await leg.close();

      expect(leg.sessionful).to.equal(true);
      for (const key of ["notifications/initialized", "tools/call", "DELETE"]) {
        expect(upstream.last(key).headers["mcp-session-id"], key).to.equal("session-1");
      }
    });

    it("is closed without an error when the upstream does not let it be ended", async () => {
      upstream.on("DELETE", ({ response }) => response.destroy());

      await (await connect()).close();

      expect(upstream.count("DELETE")).to.equal(1);
    });

    it("that is lost is begun anew, and the call sent again, without the caller's knowing", async () => {
      proves("sessions.upstream");
      forgetting("session-1", 404, "Session not found");
      const leg = await connect();

      const reply = await leg.call(toolCall("a"));

      expect(reply.value).to.deep.equal({ ok: true });
      expect(upstream.count("initialize")).to.equal(2);
      expect(upstream.last("tools/call").headers["mcp-session-id"]).to.equal("session-2");
      expect(heard.closed).to.deep.equal([]);
    });

    it("counts as lost for servers that say so with 400", async () => {
      forgetting("session-1", 400, "Bad Request: No valid session ID provided");

      expect((await (await connect()).call(toolCall("a"))).value).to.deep.equal({ ok: true });
    });

    it("is begun anew once for all calls that find it lost", async () => {
      forgetting("session-1", 404, "Session not found");
      const leg = await connect();

      const replies = await Promise.all(Array.from({ length: 20 }, () => leg.call(toolCall("a"))));

      expect(replies).to.have.length(20);
      expect(upstream.count("initialize")).to.equal(2);
    });

    it("that is lost again and again fails the call, which was not executed", async () => {
      upstream.on("tools/call", ({ response }) => response.writeHead(404).end());

      const error = await rejection(async () => (await connect()).call(toolCall("a")));

      expect(error).to.deep.include({
        code: "upstream_rejected",
        outcome: "rejected",
        executed: "not_executed",
      });
      expect(upstream.count("tools/call")).to.equal(2);
    });

    it("that cannot be begun anew ends the connection", async () => {
      forgetting("session-1", 404, "Session not found");
      const leg = await connect();
      upstream.on("initialize", ({ response }) => response.writeHead(503).end());

      const error = await rejection(() => leg.call(toolCall("a")));

      expect(error).to.deep.include({ code: "upstream_unavailable", outcome: "not_sent" });
      expect(heard.closed).to.have.length(1);
    });

    it("is not waited for by a caller who gives up", async () => {
      forgetting("session-1", 404, "Session not found");
      const leg = await connect();
      const abort = new AbortController();
      upstream.on("initialize", () => abort.abort());

      const error = await rejection(() => leg.call(toolCall("a", { signal: abort.signal })));

      expect(error).to.deep.include({ code: "cancelled", executed: "not_executed" });
    });

    it("takes open questions with it when it is lost: the upstream knows nothing of them any more", async () => {
      upstream.on("tools/call", (exchange) => {
        if (exchange.params["name"] === "ask") {
          openSse(exchange);
          sseMessage(exchange, { id: "q", method: "roots/list", params: {} });
        } else if (exchange.headers["mcp-session-id"] === "session-1") exchange.response.writeHead(404).end();
        else rpcError(exchange, -32602, "no");
      });
      const { questions, onRequest } = new HeldQuestions();
      const leg = await connect();
      leg.call(toolCall("ask", { onRequest })).catch(() => undefined);
      await until(() => questions.length === 1);

      await leg.call(toolCall("other"));

      expect(questions[0]?.signal.aborted).to.equal(true);
      expect(upstream.count("response")).to.equal(0);
    });

    it("is what a 404 is about; without one it is a refusal like any other", async () => {
      speaks2025(upstream).on("tools/call", ({ response }) => response.writeHead(404).end());

      const error = await rejection(async () => (await connect()).call(toolCall("a")));

      expect(error).to.deep.include({ code: "upstream_rejected", outcome: "rejected" });
      expect(upstream.count("initialize")).to.equal(1);
    });
  });

  describe("listening", () => {
    const LISTENING: Partial<HttpPlan> = { stream: "news" };
    const REPORTS = { tools: { listChanged: true } };

    it("hears what the upstream says unasked, and answers its pings", async () => {
      speaks2025(upstream, { capabilities: REPORTS, session: () => "s" }).on("GET", (exchange) => {
        openSse(exchange);
        sseMessage(exchange, { method: "notifications/tools/list_changed" });
        sseMessage(exchange, { id: 77, method: "ping" });
      });

      await connect(LISTENING);

      await until(() => heard.notifications.length === 1 && upstream.count("response") === 1);
      expect(heard.notifications[0]?.[0]).to.equal("notifications/tools/list_changed");
      expect(upstream.last("response").params).to.deep.include({ id: 77, result: {} });
      expect(upstream.last("GET").headers).to.deep.include({
        accept: "text/event-stream",
        "mcp-session-id": "s",
      });
    });

    it("is not tried without need", async () => {
      speaks2025(upstream, { capabilities: REPORTS }).result("tools/call", {});
      await (await connect({ stream: "none" })).call(toolCall("a"));
      speaks2025(upstream, { capabilities: { tools: {} } });
      await (await connect(LISTENING)).call(toolCall("a"));

      expect(upstream.count("GET")).to.equal(0);
    });

    it("is tried once with an upstream that has no such stream, and harms nothing", async () => {
      speaks2025(upstream, { capabilities: REPORTS }).result("tools/call", {});
      const leg = await connect(LISTENING);
      await until(() => upstream.count("GET") === 1);

      await leg.call(toolCall("a"));

      expect(upstream.count("GET")).to.equal(1);
    });

    it("renews a session that was lost meanwhile, and says that something may have been missed", async () => {
      let sessions = 0;
      speaks2025(upstream, { capabilities: REPORTS, session: () => `s${++sessions}` }).on(
        "GET",
        (exchange) => {
          if (exchange.headers["mcp-session-id"] === "s1") exchange.response.writeHead(404).end();
          else openSse(exchange);
        },
      );

      await connect(LISTENING);

      await until(() => heard.notifications.length === 1);
      expect(heard.notifications[0]?.[0]).to.equal("notifications/tools/list_changed");
      expect(upstream.count("initialize")).to.equal(2);
      expect(upstream.last("GET").headers["mcp-session-id"]).to.equal("s2");
    });

    it("ends with the connection", async () => {
      speaks2025(upstream, { capabilities: REPORTS }).on("GET", openSse);
      const leg = await connect(LISTENING);
      await until(() => upstream.count("GET") === 1);

      await leg.close();

      await until(() => upstream.last("GET").response.destroyed);
    });
  });
});
