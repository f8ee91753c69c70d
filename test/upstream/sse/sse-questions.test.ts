import { expect } from "chai";
import type { Pool } from "undici";

import type { JsonObject } from "../../../src/domain/json.ts";
import type { Question } from "../../../src/upstream/connection.ts";
import type { HttpConnection } from "../../../src/upstream/http/http.ts";
import { connectSse } from "../../../src/upstream/sse/sse.ts";
import { Reply } from "../../../src/wire/reply.ts";
import { until } from "../../wire/raw-server.ts";
import { Heard, HeldQuestions, NEVER, PlanMaker, toolCall } from "../mcp-upstream.ts";
import { SseUpstream } from "./sse-upstream.ts";

const says = (value: JsonObject): Reply => Reply.of("result", value, "2025");
const LOG = "notifications/message";

describe("what an upstream says over HTTP+SSE besides answers", () => {
  let upstream: SseUpstream;
  let plans: PlanMaker;
  let heard: Heard;
  const open: HttpConnection[] = [];

  beforeEach(async () => {
    upstream = await SseUpstream.start();
    upstream.on("initialize", ({ id }) =>
      upstream.say({
        id,
        result: {
          protocolVersion: "2024-11-05",
          capabilities: { tools: {}, logging: {}, resources: { subscribe: true } },
          serverInfo: { name: "old" },
        },
      }),
    );
    for (const method of ["resources/subscribe", "resources/unsubscribe", "logging/setLevel"]) {
      upstream.on(method, ({ id }) => upstream.say({ id, result: {} }));
    }
    // A call waits until the test answers it.
    upstream.on("tools/call", () => undefined);
    plans = new PlanMaker();
    heard = new Heard();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((connection) => connection.close()));
    await plans.close();
    await upstream.mcp.close();
  });

  async function connect(options: Parameters<PlanMaker["plan"]>[1] = {}): Promise<HttpConnection> {
    const connection = await connectSse(plans.plan(upstream.mcp.url, options), heard, NEVER());
    open.push(connection);
    return connection;
  }
  const answers = (): readonly JsonObject[] => upstream.mcp.of("response").map(({ params }) => params);
  const calls = (count: number): Promise<void> => until(() => upstream.mcp.count("tools/call") === count);
  const finish = (index: number): void =>
    upstream.say({ id: upstream.mcp.of("tools/call")[index]?.id, result: {} });

  describe("a question", () => {
    it("is answered by the only call that can", async () => {
      const connection = await connect();
      const questions: Question[] = [];
      const calling = connection.call(
        toolCall("a", { onRequest: async (question) => (questions.push(question), says({ model: "m" })) }),
      );
      const other = connection.call(toolCall("b"));
      await calls(2);

      upstream.say({ id: "q", method: "sampling/createMessage", params: { maxTokens: 1 } });
      await until(() => answers().length === 1);
      finish(0);
      finish(1);
      await Promise.all([calling, other]);

      expect(answers()).to.deep.equal([{ jsonrpc: "2.0", result: { model: "m" }, id: "q" }]);
      expect(questions[0]).to.deep.include({ method: "sampling/createMessage", params: { maxTokens: 1 } });
      expect(heard.questions).to.deep.equal([]);
    });

    it("goes to whoever is behind the connection when two calls could be meant, or none", async () => {
      heard.answer = async () => says({ roots: [] });
      const connection = await connect();
      upstream.say({ id: 1, method: "roots/list" });
      await until(() => answers().length === 1);
      for (const name of ["a", "b"])
        connection.call(toolCall(name, { onRequest: async () => says({}) })).catch(() => undefined);
      await calls(2);

      upstream.say({ id: 2, method: "roots/list" });

      await until(() => answers().length === 2);
      expect(answers().map(({ id, result }) => [id, result])).to.deep.equal([
        [1, { roots: [] }],
        [2, { roots: [] }],
      ]);
    });

    it("outlives a call that it was only believed to be for", async () => {
      const connection = await connect();
      const { questions, onRequest } = new HeldQuestions();
      const calling = connection.call(toolCall("a", { onRequest }));
      await calls(1);
      upstream.say({ id: "q", method: "roots/list" });
      await until(() => questions.length === 1);

      finish(0);
      await calling;

      expect(questions[0]?.signal.aborted).to.equal(false);
      expect(answers()).to.deep.equal([]);
    });

    it("can be taken back", async () => {
      await connect();
      heard.answer = () => new Promise(() => undefined);
      upstream.say({ id: "q", method: "roots/list" });
      await until(() => heard.questions.length === 1);

      upstream.say({ method: "notifications/cancelled", params: { requestId: "q" } });

      await until(() => heard.questions[0]?.signal.aborted === true);
      expect(answers()).to.deep.equal([]);
      expect(heard.notifications).to.deep.equal([]);
    });

    it("ends with the stream", async () => {
      await connect();
      heard.answer = () => new Promise(() => undefined);
      upstream.say({ id: "q", method: "roots/list" });
      await until(() => heard.questions.length === 1);

      upstream.cut();

      await until(() => heard.questions[0]?.signal.aborted === true);
      expect(answers()).to.deep.equal([]);
    });
  });

  describe("a log message", () => {
    it("belongs to the only call that listens, from its level on", async () => {
      const connection = await connect();
      const seen: unknown[] = [];
      const calling = connection.call(
        toolCall("a", {
          envelope: { capabilities: {}, logLevel: "warning" },
          onNotification: (method, { level }) => seen.push([method, level]),
        }),
      );
      await calls(1);

      for (const level of ["info", "error"]) upstream.say({ method: LOG, params: { level } });
      finish(0);
      await calling;

      expect(seen).to.deep.equal([[LOG, "error"]]);
      expect(heard.notifications).to.deep.equal([]);
      expect(upstream.mcp.last("logging/setLevel").params).to.deep.equal({ level: "warning" });
    });

    it("belongs to none when several listen", async () => {
      const connection = await connect();
      const seen: unknown[] = [];
      const onNotification = (method: string): void => void seen.push(method);
      const both = ["a", "b"].map((name) => connection.call(toolCall(name, { onNotification })));
      await calls(2);

      upstream.say({ method: LOG, params: { level: "info" } });
      finish(0);
      finish(1);
      await Promise.all(both);

      expect(seen).to.deep.equal([]);
      expect(heard.notifications).to.deep.equal([[LOG, { level: "info" }]]);
    });

    it("is one of no more than a call may bring", async () => {
      const connection = await connect({ limits: { notificationsPerCall: 3 } });
      let seen = 0;
      const calling = connection.call(toolCall("a", { onNotification: () => void seen++ }));
      await calls(1);

      for (let n = 0; n < 10; n++) upstream.say({ method: LOG, params: { level: "info" } });
      finish(0);
      await calling;

      expect(seen).to.equal(3);
    });
  });

  it("hands on other news as belonging to no call", async () => {
    const connection = await connect();
    connection
      .call(toolCall("a", { onNotification: () => expect.fail("not its own") }))
      .catch(() => undefined);
    await calls(1);

    for (const method of ["tasks/status", "elicitation/complete", "resources/updated"])
      upstream.say({ method: `notifications/${method}`, params: { of: method } });

    await until(() => heard.notifications.length === 3);
    expect(heard.notifications[0]).to.deep.equal(["notifications/tasks/status", { of: "tasks/status" }]);
  });

  it("follows resources by subscriptions", async () => {
    const connection = await connect();

    const reply = await connection.follow("a://1", NEVER());
    connection.unfollow("a://1");

    expect(reply.kind).to.equal("result");
    expect(upstream.mcp.last("resources/subscribe").params).to.deep.equal({ uri: "a://1" });
    await until(() => upstream.mcp.count("resources/unsubscribe") === 1);
  });

  it("declares what those can do who use the connection", async () => {
    await connect({ client: { capabilities: { roots: { listChanged: true } } } });

    expect(upstream.mcp.last("initialize").params["capabilities"]).to.deep.equal({
      roots: { listChanged: true },
    });
  });

  it("passes on the trace of a caller, and keeps its stream out of the pool for calls", async () => {
    const { pool } = plans.plan(upstream.mcp.url);
    const { pool: streamPool } = plans.plan(upstream.mcp.url);
    const connection = await connect({ pool, streamPool });
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    connection.call(toolCall("a", { params: { name: "a", _meta: { traceparent } } })).catch(() => undefined);
    await calls(1);

    expect(upstream.mcp.last("tools/call").headers).to.have.property("traceparent", traceparent);
    expect(upstream.mcp.last("tools/call").params["_meta"]).to.deep.equal({ traceparent });
    expect((streamPool as Pool).stats.running).to.equal(1);
  });
});
