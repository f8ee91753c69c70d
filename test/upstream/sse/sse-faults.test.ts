import { expect } from "chai";

import type { Limits } from "../../../src/domain/limits.ts";
import type { HttpConnection } from "../../../src/upstream/http/http.ts";
import { connectSse } from "../../../src/upstream/sse/sse.ts";
import { rejection } from "../../support/refusal.ts";
import { until } from "../../wire/raw-server.ts";
import { Heard, NEVER, PlanMaker, openSse, toolCall } from "../mcp-upstream.ts";
import { SseUpstream } from "./sse-upstream.ts";

describe("faults of an upstream over HTTP+SSE", () => {
  let upstream: SseUpstream;
  let plans: PlanMaker;
  let heard: Heard;
  const open: HttpConnection[] = [];

  beforeEach(async () => {
    upstream = await SseUpstream.start();
    plans = new PlanMaker();
    heard = new Heard();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((connection) => connection.close()));
    await plans.close();
    await upstream.mcp.close();
  });

  async function connect(limits: Partial<Limits> = {}, signal = NEVER()): Promise<HttpConnection> {
    const plan = plans.plan(upstream.mcp.url, { headers: { authorization: "Bearer s3cret" }, limits });
    const connection = await connectSse(plan, heard, signal);
    open.push(connection);
    return connection;
  }

  const endpoints = [
    "http://evil.example/messages",
    "//evil.example/messages",
    "https://127.0.0.1/messages",
    "http://[",
    "javascript:alert(1)",
  ];
  for (const endpoint of endpoints) {
    it(`refuses the endpoint ${endpoint}: it is not on the origin of the stream`, async () => {
      await upstream.mcp.close();
      upstream = await SseUpstream.start(endpoint);

      const error = await rejection(() => connect());

      expect(error).to.deep.include({ code: "upstream_protocol_error", outcome: "rejected" });
      expect(upstream.mcp.count("initialize")).to.equal(0);
    });
  }

  it("takes an absolute endpoint on the same origin", async () => {
    await upstream.mcp.close();
    const probe = await SseUpstream.start();
    const { origin } = new URL(probe.mcp.url);
    probe.mcp.on("GET", (exchange) => {
      probe.stream = exchange;
      openSse(exchange);
      exchange.response.write(`event: endpoint\ndata: ${origin}/abs\n\n`);
    });
    upstream = probe;

    await connect();

    expect(probe.mcp.last("initialize").request.url).to.equal("/abs");
  });

  for (const [status, code] of [
    [401, "upstream_auth_required"],
    [404, "upstream_rejected"],
    [405, "upstream_rejected"],
    [500, "upstream_broken"],
    [302, "upstream_protocol_error"],
  ] as const) {
    it(`fails with ${code} when the stream is answered with ${status}`, async () => {
      upstream.mcp.on("GET", ({ response }) => response.writeHead(status).end());

      expect((await rejection(() => connect())).code).to.equal(code);
    });
  }

  it("says what to do when the address is not one of this transport", async () => {
    upstream.mcp.on("GET", ({ response }) =>
      response.writeHead(200, { "content-type": "application/json" }).end("{}"),
    );

    const error = await rejection(() => connect());

    expect(error.code).to.equal("upstream_protocol_error");
    expect(error.fix[0]?.label).to.contain('type to "http"');
  });

  it("fails when the stream ends during the handshake", async () => {
    upstream.on("initialize", () => upstream.cut());

    expect((await rejection(() => connect())).code).to.equal("upstream_broken");
    expect(heard.closed).to.deep.equal([]);
  });

  it("gives the handshake up with its signal, and closes the stream", async () => {
    const abort = new AbortController();
    upstream.on("initialize", () => abort.abort());

    expect((await rejection(() => connect({}, abort.signal))).code).to.equal("cancelled");
    await until(() => upstream.stream?.response.destroyed === true);
  });

  it("waits for an endpoint no longer than its signal", async () => {
    const abort = new AbortController();
    upstream.mcp.on("GET", (exchange) => {
      openSse(exchange);
      abort.abort();
    });

    expect((await rejection(() => connect({}, abort.signal))).code).to.equal("cancelled");
  });

  const posts = [
    [400, "upstream_rejected", "rejected"],
    [404, "upstream_rejected", "rejected"],
    [429, "upstream_rejected", "rejected"],
    [500, "upstream_broken", "unknown"],
  ] as const;
  for (const [status, code, outcome] of posts) {
    it(`fails a call whose post is answered with ${status}: ${outcome}`, async () => {
      upstream.mcp.on("tools/call", ({ response }) => response.writeHead(status).end());

      expect(await rejection(async () => (await connect()).call(toolCall("a")))).to.deep.include({
        code,
        outcome,
      });
    });
  }

  it("drops answers that nobody asked for", async () => {
    upstream.on("tools/call", ({ id }) => {
      upstream.say({ id: 999_999, result: { stolen: true } });
      upstream.say({ id, result: { own: true } });
    });

    expect((await (await connect()).call(toolCall("a"))).value).to.deep.equal({ own: true });
  });

  for (const [what, data] of [
    ["garbage", "data: not json\n\n"],
    ["an event that is too large", `data: ${"x".repeat(20_000)}\n\n`],
  ] as const) {
    it(`ends the connection after ${what}: nobody can tell whose answer it was`, async () => {
      upstream.on("tools/call", () => upstream.stream?.response.write(data));
      const connection = await connect({ replyBytes: 10_000 });

      const error = await rejection(() => connection.call(toolCall("a")));

      expect(error).to.have.property("outcome", "unknown");
      expect(heard.closed).to.have.length(1);
    });
  }

  it("hears no more progress than is allowed", async () => {
    upstream.on("tools/call", ({ id, params }) => {
      const { progressToken } = params["_meta"] as { progressToken: number };
      for (let progress = 0; progress < 50; progress++)
        upstream.say({ method: "notifications/progress", params: { progressToken, progress } });
      upstream.say({ id, result: {} });
    });
    let count = 0;

    await (
      await connect({ notificationsPerCall: 10 })
    ).call(toolCall("a", { onProgress: () => (count += 1) }));

    expect(count).to.equal(10);
  });
});
