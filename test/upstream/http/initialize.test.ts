import { expect } from "chai";

import { Leg2025 } from "../../../src/upstream/http/leg-2025.ts";
import { rejection } from "../../support/refusal.ts";
import {
  Heard,
  McpUpstream,
  NEVER,
  PlanMaker,
  openSse,
  speaks2025,
  sseMessage,
  toolCall,
} from "../mcp-upstream.ts";

describe("the handshake of the 2025 era over HTTP", () => {
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

  it("offers the newest version, and confirms", async () => {
    speaks2025(upstream, { instructions: "Be kind." });

    const leg = await connect();

    expect(upstream.last("initialize").params).to.deep.equal({
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "switchgear", version: "0.0.1" },
    });
    expect(upstream.count("notifications/initialized")).to.equal(1);
    expect(leg).to.deep.include({ era: "2025", sessionful: false, instructions: "Be kind." });
    expect(leg.capabilities).to.deep.equal({ tools: {} });
    expect(leg.serverInfo).to.deep.equal({ name: "fixture", version: "1" });
  });

  it("takes any version of the era, and names it in every later request", async () => {
    speaks2025(upstream, { version: "2025-03-26" }).result("tools/call", {});

    await (await connect()).call(toolCall("a"));

    expect(upstream.last("initialize").headers).not.to.have.property("mcp-protocol-version");
    expect(upstream.last("notifications/initialized").headers["mcp-protocol-version"]).to.equal("2025-03-26");
    expect(upstream.last("tools/call").headers["mcp-protocol-version"]).to.equal("2025-03-26");
  });

  it("refuses a version that nobody knows", async () => {
    speaks2025(upstream, { version: "1999-01-01" });

    const error = await rejection(() => connect());

    expect(error.code).to.equal("upstream_protocol_error");
    expect(error.message).to.contain("1999-01-01");
  });

  it("may be answered with a stream", async () => {
    upstream.on("initialize", (exchange) => {
      openSse(exchange);
      sseMessage(exchange, {
        id: exchange.id,
        result: { protocolVersion: "2025-06-18", capabilities: {}, serverInfo: {} },
      });
      exchange.response.end();
    });

    expect((await connect()).era).to.equal("2025");
  });

  it("fails when the confirmation is refused", async () => {
    speaks2025(upstream).on("notifications/initialized", ({ response }) => response.writeHead(500).end());

    expect((await rejection(() => connect())).code).to.equal("upstream_broken");
  });

  it("carries the operator's headers on every request, but none that are the protocol's", async () => {
    speaks2025(upstream).result("tools/call", {});
    const headers = {
      Authorization: "Bearer s3cret",
      "X-Team": "blue",
      Accept: "text/html",
      "Mcp-Session-Id": "forged",
      Host: "evil",
    };

    await (await connect({ headers })).call(toolCall("a"));

    for (const { headers: got } of upstream.seen) {
      expect(got).to.deep.include({
        authorization: "Bearer s3cret",
        "x-team": "blue",
        accept: "application/json, text/event-stream",
      });
      expect(got["user-agent"]).to.equal("switchgear/0.0.1");
      expect(got).not.to.have.property("mcp-session-id");
      expect(got.host).to.equal(new URL(upstream.url).host);
    }
  });

  it("makes an Authorization header of credentials in the URL", async () => {
    speaks2025(upstream);

    await connect({}, upstream.url.replace("http://", "http://anna:p%40ss@"));

    expect(upstream.last("initialize").headers.authorization).to.equal(
      `Basic ${Buffer.from("anna:p@ss").toString("base64")}`,
    );
  });
});
