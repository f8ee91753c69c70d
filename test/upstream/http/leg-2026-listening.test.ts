import { expect } from "chai";

import { discover } from "../../../src/upstream/http/discover.ts";
import { HttpTarget } from "../../../src/upstream/http/http-target.ts";
import { Leg2026 } from "../../../src/upstream/http/leg-2026.ts";
import { rejection } from "../../support/refusal.ts";
import { until } from "../../wire/raw-server.ts";
import {
  Heard,
  McpUpstream,
  NEVER,
  PlanMaker,
  openSse,
  speaks2026,
  sseMessage,
  toolCall,
} from "../mcp-upstream.ts";

const P = "io.modelcontextprotocol/";
const OWN = {
  [`${P}protocolVersion`]: "2026-07-28",
  [`${P}clientCapabilities`]: {},
  [`${P}clientInfo`]: { name: "switchgear", version: "0.0.1" },
};
const call2026: typeof toolCall = (name, options) => toolCall(name, { era: "2026", ...options });

describe("what an HTTP leg of the 2026 era hears and tells", () => {
  let upstream: McpUpstream;
  let plans: PlanMaker;
  let heard: Heard;
  const open: Leg2026[] = [];

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

  async function connect(options: Parameters<PlanMaker["plan"]>[1] = {}): Promise<Leg2026> {
    const plan = plans.plan(upstream.url, { wanted: "2026", ...options });
    const leg = new Leg2026(plan, heard, await discover(new HttpTarget(plan), NEVER()));
    open.push(leg);
    return leg;
  }

  it("cancels by closing the stream, and by nothing else", async () => {
    const abort = new AbortController();
    speaks2026(upstream).on("tools/call", (exchange) => {
      openSse(exchange);
      abort.abort();
    });

    const error = await rejection(async () =>
      (await connect()).call(call2026("a", { signal: abort.signal })),
    );

    expect(error.code).to.equal("cancelled");
    await until(() => upstream.last("tools/call").response.destroyed);
    expect(upstream.count("notifications/cancelled")).to.equal(0);
  });

  it("ignores requests of the upstream: there are none in this era", async () => {
    speaks2026(upstream).on("tools/call", (exchange) => {
      openSse(exchange);
      sseMessage(exchange, { id: 1, method: "sampling/createMessage", params: {} });
      sseMessage(exchange, { id: exchange.id, result: { done: true } });
      exchange.response.end();
    });

    expect((await (await connect()).call(call2026("a"))).value).to.deep.equal({ done: true });
    expect(upstream.count("response")).to.equal(0);
  });

  describe("listening", () => {
    const REPORTS = { tools: { listChanged: true }, prompts: {}, resources: { listChanged: true } };

    it("asks for the changes that the upstream reports, and hears them", async () => {
      speaks2026(upstream, { capabilities: REPORTS }).on("subscriptions/listen", (exchange) => {
        openSse(exchange);
        sseMessage(exchange, {
          method: "notifications/subscriptions/acknowledged",
          params: { notifications: {} },
        });
        sseMessage(exchange, { method: "notifications/tools/list_changed", params: { _meta: {} } });
      });

      await connect({ stream: "news" });

      await until(() => heard.notifications.length === 1);
      const { params, headers } = upstream.last("subscriptions/listen");
      expect(params).to.deep.equal({
        notifications: { toolsListChanged: true, resourcesListChanged: true },
        _meta: OWN,
      });
      expect(headers["mcp-method"]).to.equal("subscriptions/listen");
      expect(heard.notifications[0]?.[0]).to.equal("notifications/tools/list_changed");
    });

    it("is given up when the upstream does not know it, and harms nothing", async () => {
      speaks2026(upstream, { capabilities: REPORTS }).result("tools/call", {});
      const leg = await connect({ stream: "news" });
      await until(() => upstream.count("subscriptions/listen") === 1);

      await leg.call(call2026("a"));

      expect(upstream.count("subscriptions/listen")).to.equal(1);
    });

    it("ends with the connection", async () => {
      speaks2026(upstream, { capabilities: REPORTS }).on("subscriptions/listen", openSse);
      const leg = await connect({ stream: "news" });
      await until(() => upstream.count("subscriptions/listen") === 1);

      await leg.close();

      await until(() => upstream.last("subscriptions/listen").response.destroyed);
    });
  });

  it("sends notifications with the envelope", async () => {
    speaks2026(upstream);
    const leg = await connect();

    leg.notify("notifications/cancelled", { requestId: 5 });

    await until(() => upstream.count("notifications/cancelled") === 1);
    expect(upstream.last("notifications/cancelled").params).to.deep.equal({ requestId: 5, _meta: OWN });
    await leg.close();
    leg.notify("notifications/cancelled", { requestId: 6 });
    expect(upstream.count("notifications/cancelled")).to.equal(1);
  });
});
