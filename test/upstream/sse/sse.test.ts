import { expect } from "chai";

import type { Limits } from "../../../src/domain/limits.ts";
import type { HttpConnection } from "../../../src/upstream/http/http.ts";
import { connectSse } from "../../../src/upstream/sse/sse.ts";
import { rejection } from "../../support/refusal.ts";
import { until } from "../../wire/raw-server.ts";
import { Heard, NEVER, PlanMaker, toolCall } from "../mcp-upstream.ts";
import { SseUpstream } from "./sse-upstream.ts";

describe("connectSse", () => {
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

  it("shakes hands over the stream and the endpoint that it names", async () => {
    const connection = await connect();

    expect(connection).to.deep.include({ era: "2025", sessionful: true, instructions: undefined });
    expect(connection.capabilities).to.deep.equal({ tools: {} });
    expect(connection.serverInfo).to.deep.equal({ name: "old" });
    expect(upstream.mcp.count("notifications/initialized")).to.equal(1);
    expect(upstream.mcp.last("initialize").request.url).to.equal("/messages?session=1");
    for (const { headers } of upstream.mcp.seen) expect(headers.authorization).to.equal("Bearer s3cret");
  });

  it("gives each call its own answer, in whatever order they come", async () => {
    upstream.on("tools/call", (exchange) => {
      setTimeout(
        () => upstream.say({ id: exchange.id, result: { echo: exchange.params["name"] } }),
        Math.random() * 20,
      );
    });
    const connection = await connect();
    const names = Array.from({ length: 50 }, (_, n) => `t${n}`);

    const replies = await Promise.all(names.map((name) => connection.call(toolCall(name))));

    expect(replies.map(({ value }) => value["echo"])).to.deep.equal(names);
  });

  it("gives an error as an answer", async () => {
    upstream.on("tools/call", ({ id }) => upstream.say({ id, error: { code: -32602, message: "no" } }));

    expect(await (await connect()).call(toolCall("a"))).to.have.property("kind", "error");
  });

  it("tells progress to the call that it belongs to, before the answer", async () => {
    upstream.on("tools/call", ({ id, params }) => {
      const { progressToken } = params["_meta"] as { progressToken: number };
      upstream.say({ method: "notifications/progress", params: { progressToken, progress: 1 } });
      upstream.say({ method: "notifications/progress", params: { progressToken: "other", progress: 9 } });
      upstream.say({ id, result: {} });
    });
    const progress: unknown[] = [];

    await (await connect()).call(toolCall("a", { onProgress: (params) => progress.push(params) }));

    expect(progress).to.deep.equal([{ progress: 1 }]);
  });

  it("hands on notifications, and answers requests: a ping with a result, others with -32601", async () => {
    await connect();

    upstream.say({ method: "notifications/tools/list_changed" });
    upstream.say({ id: "p", method: "ping" });
    upstream.say({ id: "r", method: "roots/list" });

    await until(() => upstream.mcp.count("response") === 2 && heard.notifications.length === 1);
    const answers = upstream.mcp.of("response").map(({ params }) => params);
    expect(answers.find(({ id }) => id === "p")).to.deep.include({ result: {} });
    expect(answers.find(({ id }) => id === "r")?.["error"]).to.have.property("code", -32601);
    expect(heard.notifications).to.deep.equal([["notifications/tools/list_changed", {}]]);
  });

  it("cancels a call that is given up", async () => {
    const abort = new AbortController();
    upstream.on("tools/call", () => abort.abort());

    const error = await rejection(async () =>
      (await connect()).call(toolCall("a", { signal: abort.signal })),
    );

    expect(error).to.deep.include({ code: "cancelled", executed: "unknown" });
    await until(() => upstream.mcp.count("notifications/cancelled") === 1);
    expect(upstream.mcp.last("notifications/cancelled").params["requestId"]).to.equal(
      upstream.mcp.last("tools/call").id,
    );
  });

  it("sends nothing for a call that was given up before", async () => {
    const error = await rejection(async () =>
      (await connect()).call(toolCall("a", { signal: AbortSignal.abort() })),
    );

    expect(error).to.deep.include({ code: "cancelled", executed: "not_executed" });
    expect(upstream.mcp.count("tools/call")).to.equal(0);
  });

  describe("when the stream ends", () => {
    it("fails the calls that wait at once, and says so once", async () => {
      upstream.on("tools/call", () => undefined);
      const connection = await connect();
      const waiting = [1, 2, 3].map(() => rejection(() => connection.call(toolCall("a"))));
      await until(() => upstream.mcp.count("tools/call") === 3);

      upstream.cut();

      for (const error of await Promise.all(waiting))
        expect(error).to.deep.include({ code: "upstream_broken", outcome: "unknown" });
      expect(heard.closed).to.have.length(1);
    });

    it("is also over when it ends politely", async () => {
      await connect();

      upstream.stream?.response.end();

      await until(() => heard.closed.length === 1);
      expect(heard.closed[0]).to.contain("ended the stream");
    });

    it("takes no further calls", async () => {
      const connection = await connect();
      upstream.cut();
      await until(() => heard.closed.length === 1);

      expect((await rejection(() => connection.call(toolCall("a")))).code).to.equal("upstream_broken");
      expect(upstream.mcp.count("tools/call")).to.equal(0);
    });
  });

  it("closes the stream with the connection, and reports no end of it", async () => {
    const connection = await connect();

    await connection.close();

    await until(() => upstream.stream?.response.destroyed === true);
    expect(heard.closed).to.deep.equal([]);
  });
});
