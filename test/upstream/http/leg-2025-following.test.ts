import { expect } from "chai";

import { Leg2025 } from "../../../src/upstream/http/leg-2025.ts";
import { rejection } from "../../support/refusal.ts";
import { until } from "../../wire/raw-server.ts";
import {
  type Exchange,
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

const UPDATED = "notifications/resources/updated";
const CAPABILITIES = { tools: {}, logging: {}, resources: { subscribe: true } };

describe("what an HTTP leg of the 2025 era follows and logs", () => {
  let upstream: McpUpstream;
  let plans: PlanMaker;
  let heard: Heard;
  let sessions: number;
  const open: Leg2025[] = [];

  beforeEach(async () => {
    sessions = 0;
    upstream = speaks2025(await McpUpstream.start(), {
      capabilities: CAPABILITIES,
      session: () => `s${++sessions}`,
    });
    for (const method of ["resources/subscribe", "resources/unsubscribe", "logging/setLevel", "tools/call"]) {
      upstream.result(method, {});
    }
    plans = new PlanMaker();
    heard = new Heard();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((leg) => leg.close()));
    await plans.close();
    await upstream.close();
  });

  async function connect(options: Parameters<PlanMaker["plan"]>[1] = {}): Promise<Leg2025> {
    const leg = await Leg2025.open(plans.plan(upstream.url, options), heard, NEVER());
    open.push(leg);
    return leg;
  }

  /** The first session is forgotten from now on. */
  function forget(method: string): void {
    upstream.on(method, (exchange) => {
      if (exchange.headers["mcp-session-id"] === "s1") exchange.response.writeHead(404).end();
      else result(exchange, {});
    });
  }

  describe("a resource", () => {
    it("is followed by a subscription, after the stream for its news is open", async () => {
      const order: string[] = [];
      let stream: Exchange | undefined;
      upstream.on("GET", (exchange) => {
        order.push("GET");
        stream = exchange;
        openSse(exchange);
      });
      upstream.on("resources/subscribe", (exchange) => {
        order.push("subscribe");
        result(exchange, {});
        if (stream !== undefined) sseMessage(stream, { method: UPDATED, params: { uri: "a://1", extra: 1 } });
      });

      const reply = await (await connect()).follow("a://1", NEVER());

      expect(reply.kind).to.equal("result");
      expect(upstream.last("resources/subscribe").params).to.deep.equal({ uri: "a://1" });
      expect(order).to.deep.equal(["GET", "subscribe"]);
      await until(() => heard.notifications.length === 1);
      expect(heard.notifications).to.deep.equal([[UPDATED, { uri: "a://1", extra: 1 }]]);
    });

    it("opens no second stream", async () => {
      upstream.on("GET", openSse);
      const leg = await connect({ stream: "always" });

      await leg.follow("a://1", NEVER());
      await leg.follow("a://2", NEVER());

      expect(upstream.count("GET")).to.equal(1);
    });

    it("is followed also where there is no such stream", async () => {
      const leg = await connect();

      expect((await leg.follow("a://1", NEVER())).kind).to.equal("result");
      expect(upstream.count("GET")).to.equal(1);
    });

    it("may be refused", async () => {
      upstream.on("resources/subscribe", (exchange) => rpcError(exchange, -32002, "Unknown resource"));

      const reply = await (await connect()).follow("a://1", NEVER());

      expect(reply.value).to.deep.equal({ code: -32002, message: "Unknown resource" });
    });

    it("is not followed on a connection that was closed", async () => {
      const leg = await connect();
      await leg.close();

      expect((await rejection(() => leg.follow("a://1", NEVER()))).code).to.equal("upstream_broken");
      expect(upstream.count("GET")).to.equal(0);
    });

    it("is not followed any more when it is let go", async () => {
      const leg = await connect();
      await leg.follow("a://1", NEVER());

      leg.unfollow("a://1");

      await until(() => upstream.count("resources/unsubscribe") === 1);
      expect(upstream.last("resources/unsubscribe").params).to.deep.equal({ uri: "a://1" });
    });

    it("is followed in the new session after the old one was lost, and counts as changed", async () => {
      const leg = await connect();
      await leg.follow("a://1", NEVER());
      await leg.follow("a://2", NEVER());
      leg.unfollow("a://2");
      forget("tools/call");

      await leg.call(toolCall("a"));

      await until(() => heard.notifications.length === 1);
      expect(heard.notifications).to.deep.equal([[UPDATED, { uri: "a://1" }]]);
      const { headers, params } = upstream.last("resources/subscribe");
      expect(params).to.deep.equal({ uri: "a://1" });
      expect(headers["mcp-session-id"]).to.equal("s2");
      expect(upstream.count("resources/subscribe")).to.equal(3);
    });
  });

  describe("the log level of a caller", () => {
    const wants = (logLevel: string) => ({ envelope: { capabilities: {}, logLevel } });
    const levels = () => upstream.of("logging/setLevel").map(({ params }) => params["level"]);

    it("is set before the call, and only when it changes", async () => {
      const leg = await connect({ shared: false });

      for (const level of ["info", "info", "error"]) await leg.call(toolCall("a", wants(level)));
      await leg.call(toolCall("a"));

      expect(levels()).to.deep.equal(["info", "error"]);
      const order = upstream.seen.map(({ key }) => key).filter((key) => /level|call/i.test(key));
      expect(order.slice(0, 2)).to.deep.equal(["logging/setLevel", "tools/call"]);
    });

    it("is the most verbose one where several share the connection, and each hears its own", async () => {
      upstream.on("tools/call", (exchange) => {
        openSse(exchange);
        for (const level of ["debug", "info", "error"])
          sseMessage(exchange, { method: "notifications/message", params: { level } });
        sseMessage(exchange, { id: exchange.id, result: {} });
        exchange.response.end();
      });
      const leg = await connect({ shared: true });
      const heardBy = async (level?: string): Promise<unknown[]> => {
        const messages: unknown[] = [];
        const onNotification = (_: string, params: object) => messages.push(params);
        const call = { onNotification, ...(level === undefined ? {} : wants(level)) };
        await leg.call(toolCall("a", call));
        return messages.map((message) => (message as { level: string }).level);
      };

      expect(await heardBy("error")).to.deep.equal(["error"]);
      expect(await heardBy("info")).to.deep.equal(["info", "error"]);
      expect(await heardBy("error")).to.deep.equal(["error"]);
      expect(await heardBy()).to.deep.equal(["debug", "info", "error"]);
      expect(levels()).to.deep.equal(["error", "info"]);
    });

    it("is not asked of an upstream that does not log", async () => {
      speaks2025(upstream, { capabilities: { tools: {} } });

      await (await connect()).call(toolCall("a", wants("info")));

      expect(levels()).to.deep.equal([]);
    });

    for (const [what, answer] of [
      ["an error", (exchange: Exchange) => rpcError(exchange, -32601, "no")],
      ["a cut connection", ({ response }: Exchange) => void response.destroy()],
    ] as const) {
      it(`fails no call when ${what} is the answer`, async () => {
        upstream.on("logging/setLevel", answer);

        const reply = await (await connect()).call(toolCall("a", wants("info")));

        expect(reply.kind).to.equal("result");
      });
    }

    it("is set again in a new session", async () => {
      const leg = await connect();
      await leg.call(toolCall("a", wants("info")));
      forget("tools/call");

      await leg.call(toolCall("a", wants("info")));

      expect(upstream.of("logging/setLevel").map(({ headers }) => headers["mcp-session-id"])).to.deep.equal([
        "s1",
        "s2",
      ]);
    });
  });

  describe("the trace of a caller", () => {
    const trace = {
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      tracestate: "v=1",
    };
    const traced = toolCall("a", { params: { name: "a", _meta: { ...trace, baggage: "k=v" } } });

    it("goes on in _meta as it is, and in headers", async () => {
      await (await connect()).call(traced);

      const { headers, params } = upstream.last("tools/call");
      expect(params["_meta"]).to.deep.equal({ ...trace, baggage: "k=v" });
      expect(headers).to.deep.include(trace);
      expect(headers).not.to.have.property("baggage");
    });

    it("does not stay for the next call, nor replace the operator's", async () => {
      const leg = await connect({ headers: { Traceparent: "mine" } });
      await leg.call(traced);
      expect(upstream.last("tools/call").headers).to.have.property("traceparent", "mine");

      const other = await connect();
      await other.call(traced);
      await other.call(toolCall("a"));

      expect(upstream.last("tools/call").headers).not.to.have.property("traceparent");
    });
  });

  it("declares what those can do who use the connection, also when it begins anew", async () => {
    const client = {
      capabilities: { sampling: {}, elicitation: { form: {} } },
      clientInfo: { name: "inspector", version: "9" },
    };
    forget("tools/call");

    await (await connect({ client })).call(toolCall("a"));

    expect(upstream.count("initialize")).to.equal(2);
    for (const { params } of upstream.of("initialize")) {
      expect(params).to.deep.equal({
        protocolVersion: "2025-11-25",
        capabilities: client.capabilities,
        clientInfo: client.clientInfo,
      });
    }
  });
});
