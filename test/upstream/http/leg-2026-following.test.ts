import { expect } from "chai";
import type { Pool } from "undici";

import type { JsonObject } from "../../../src/domain/json.ts";
import { ASSUMED, discover } from "../../../src/upstream/http/discover.ts";
import { HttpTarget } from "../../../src/upstream/http/http-target.ts";
import { Leg2026 } from "../../../src/upstream/http/leg-2026.ts";
import { rejection } from "../../support/refusal.ts";
import { until } from "../../wire/raw-server.ts";
import {
  type Exchange,
  Heard,
  McpUpstream,
  NEVER,
  PlanMaker,
  openSse,
  rpcError,
  speaks2026,
  sseMessage,
  toolCall,
} from "../mcp-upstream.ts";

const P = "io.modelcontextprotocol/";
const UPDATED = "notifications/resources/updated";
const LISTEN = "subscriptions/listen";
const call2026: typeof toolCall = (name, options) => toolCall(name, { era: "2026", ...options });

describe("what an HTTP leg of the 2026 era follows", () => {
  let upstream: McpUpstream;
  let plans: PlanMaker;
  let heard: Heard;
  const open: Leg2026[] = [];

  beforeEach(async () => {
    upstream = speaks2026(await McpUpstream.start(), {
      capabilities: { tools: { listChanged: true }, resources: { subscribe: true } },
    });
    upstream.on(LISTEN, acknowledge);
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

  const filterOf = ({ params }: Exchange): JsonObject => params["notifications"] as JsonObject;

  function acknowledge(exchange: Exchange, honoured = filterOf(exchange)): void {
    openSse(exchange);
    const _meta = { [`${P}subscriptionId`]: exchange.id };
    sseMessage(exchange, {
      method: "notifications/subscriptions/acknowledged",
      params: { notifications: honoured, _meta },
    });
  }

  function update(exchange: Exchange, uri: string): void {
    sseMessage(exchange, {
      method: UPDATED,
      params: { uri, _meta: { [`${P}subscriptionId`]: exchange.id, note: "kept" } },
    });
  }

  it("is asked for in one stream, together with the lists, and heard without the stream's id", async () => {
    const leg = await connect({ stream: "news" });
    await until(() => upstream.count(LISTEN) === 1);

    const reply = await leg.follow("a://1", NEVER());
    update(upstream.last(LISTEN), "a://1");

    expect(reply.kind).to.equal("result");
    expect(filterOf(upstream.last(LISTEN))).to.deep.equal({
      toolsListChanged: true,
      resourceSubscriptions: ["a://1"],
    });
    await until(() => heard.notifications.length === 1);
    expect(heard.notifications).to.deep.equal([[UPDATED, { uri: "a://1", _meta: { note: "kept" } }]]);
  });

  it("loses no news while the stream is exchanged", async () => {
    const leg = await connect();
    await leg.follow("a://1", NEVER());
    const [first] = upstream.of(LISTEN);
    upstream.on(LISTEN, (exchange) => {
      // The old stream must still be heard now.
      if (first !== undefined) update(first, "a://1");
      setTimeout(() => acknowledge(exchange), 30);
    });

    await leg.follow("a://2", NEVER());

    expect(heard.notifications.map(([, { uri }]) => uri)).to.deep.equal(["a://1"]);
    await until(() => first?.response.destroyed === true);
    expect(filterOf(upstream.last(LISTEN))["resourceSubscriptions"]).to.deep.equal(["a://1", "a://2"]);
    update(upstream.last(LISTEN), "a://2");
    await until(() => heard.notifications.length === 2);
  });

  it("is left out when it is let go", async () => {
    const leg = await connect();
    await leg.follow("a://1", NEVER());
    await leg.follow("a://2", NEVER());

    leg.unfollow("a://1");

    await until(() => upstream.count(LISTEN) === 3);
    expect(filterOf(upstream.last(LISTEN))["resourceSubscriptions"]).to.deep.equal(["a://2"]);
    leg.unfollow("a://2");
    await until(() => upstream.of(LISTEN).every(({ response }) => response.destroyed));
  });

  it("is refused when the upstream does not acknowledge it", async () => {
    upstream.on(LISTEN, (exchange) => acknowledge(exchange, { toolsListChanged: true }));

    const reply = await (await connect()).follow("a://1", NEVER());

    expect(reply.kind).to.equal("error");
    expect(reply.value).to.deep.include({ code: -32602, data: { uri: "a://1" } });
  });

  for (const [what, answer] of [
    ["a JSON answer", (exchange: Exchange) => rpcError(exchange, -32601, "Method not found", 404)],
    [
      "an event",
      (exchange: Exchange) => {
        openSse(exchange);
        sseMessage(exchange, { id: exchange.id, error: { code: -32601, message: "Method not found" } });
        exchange.response.end();
      },
    ],
  ] as const) {
    it(`is refused with the upstream's own error in ${what}`, async () => {
      upstream.on(LISTEN, answer);

      const reply = await (await connect()).follow("a://1", NEVER());

      expect(reply.kind).to.equal("error");
      expect(reply.value).to.deep.equal({ code: -32601, message: "Method not found" });
    });
  }

  it("fails when the upstream does", async () => {
    upstream.on(LISTEN, ({ response }) => response.writeHead(503).end());

    const error = await rejection(async () => (await connect()).follow("a://1", NEVER()));

    expect(error.code).to.equal("upstream_broken");
  });

  it("fails when the upstream refuses the gateway's credentials", async () => {
    upstream.on(LISTEN, ({ response }) => response.writeHead(401).end());

    const error = await rejection(async () => (await connect()).follow("a://1", NEVER()));

    expect(error.code).to.equal("upstream_auth_required");
  });

  it("fails when the answer is anything but a stream", async () => {
    upstream.on(LISTEN, ({ response }) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<p>"),
    );

    const error = await rejection(async () => (await connect()).follow("a://1", NEVER()));

    expect(error.code).to.equal("upstream_protocol_error");
  });

  it("is followed again when the stream was cut, and counts as changed", async () => {
    const leg = await connect();
    await leg.follow("a://1", NEVER());

    upstream.last(LISTEN).response.destroy();

    await until(() => heard.notifications.length === 1);
    expect(heard.notifications).to.deep.equal([[UPDATED, { uri: "a://1" }]]);
    expect(filterOf(upstream.last(LISTEN))["resourceSubscriptions"]).to.deep.equal(["a://1"]);
  }).timeout(5_000);

  it("leaves the connections for calls alone", async () => {
    const { pool } = plans.plan(upstream.url);
    const { pool: streamPool } = plans.plan(upstream.url);
    const leg = await connect({ pool, streamPool });

    await leg.follow("a://1", NEVER());

    expect((streamPool as Pool).stats.running).to.equal(1);
    expect((pool as Pool).stats.running).to.equal(0);
  });

  describe("the envelope", () => {
    const client = { capabilities: { sampling: {} }, clientInfo: { name: "inspector", version: "9" } };
    const metaOf = (key: string): JsonObject => upstream.last(key).params["_meta"] as JsonObject;

    it("of the connection is sent with what brings none of its own", async () => {
      upstream.result("tools/list", { tools: [] });
      const leg = await connect({ client, shared: false });

      await leg.call(call2026("", { method: "tools/list", params: {} }));
      await leg.follow("a://1", NEVER());

      for (const key of ["server/discover", "tools/list", LISTEN]) {
        expect(metaOf(key), key).to.deep.equal({
          [`${P}protocolVersion`]: "2026-07-28",
          [`${P}clientCapabilities`]: client.capabilities,
          [`${P}clientInfo`]: client.clientInfo,
        });
      }
    });

    it("of a caller comes before it", async () => {
      upstream.result("tools/call", {});
      const leg = await connect({ client });

      await leg.call(call2026("a", { envelope: { capabilities: {}, clientInfo: { name: "x" } } }));

      expect(metaOf("tools/call")).to.deep.include({
        [`${P}clientCapabilities`]: {},
        [`${P}clientInfo`]: { name: "x" },
      });
    });
  });

  it("keeps log messages from a caller who has not asked for them", async () => {
    upstream.on("tools/call", (exchange) => {
      openSse(exchange);
      for (const level of ["info", "error"])
        sseMessage(exchange, { method: "notifications/message", params: { level } });
      sseMessage(exchange, { id: exchange.id, result: {} });
      exchange.response.end();
    });
    const leg = await connect();
    const heardBy = async (logLevel?: string): Promise<unknown[]> => {
      const messages: unknown[] = [];
      const envelope = logLevel === undefined ? undefined : { capabilities: {}, logLevel };
      await leg.call(call2026("a", { envelope, onNotification: (_, { level }) => messages.push(level) }));
      return messages;
    };

    expect(await heardBy()).to.deep.equal([]);
    expect(await heardBy("error")).to.deep.equal(["error"]);
    expect(await heardBy("debug")).to.deep.equal(["info", "error"]);
  });

  it("passes on the trace of a caller in _meta and in headers", async () => {
    upstream.result("tools/call", {});
    const trace = {
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      tracestate: "v=1",
    };

    await (
      await connect()
    ).call(call2026("a", { params: { name: "a", _meta: { ...trace, baggage: "k=v" } } }));

    expect(upstream.last("tools/call").headers).to.deep.include(trace);
    expect(metaOfCall()).to.deep.include({ ...trace, baggage: "k=v" });
  });
  const metaOfCall = (): JsonObject => upstream.last("tools/call").params["_meta"] as JsonObject;

  it("can be followed where nothing is known of the upstream", async () => {
    const leg = new Leg2026(plans.plan(upstream.url, { stream: "news" }), heard, ASSUMED);
    open.push(leg);

    expect((await leg.follow("a://1", NEVER())).kind).to.equal("result");
    expect(upstream.count("server/discover")).to.equal(0);
    expect(upstream.count(LISTEN)).to.equal(1);
  });
});
