import { expect } from "chai";
import type { Pool } from "undici";

import type { JsonObject } from "../../../src/domain/json.ts";
import { Leg2025 } from "../../../src/upstream/http/leg-2025.ts";
import { Reply } from "../../../src/wire/reply.ts";
import { until } from "../../wire/raw-server.ts";
import {
  type Exchange,
  Heard,
  HeldQuestions,
  McpUpstream,
  NEVER,
  PlanMaker,
  openSse,
  speaks2025,
  sseMessage,
  toolCall,
} from "../mcp-upstream.ts";

const says = (value: JsonObject): Reply => Reply.of("result", value, "2025");

describe("questions on the stream of a 2025 HTTP leg that belongs to no call", () => {
  let upstream: McpUpstream;
  let plans: PlanMaker;
  let heard: Heard;
  let stream: Exchange | undefined;
  const open: Leg2025[] = [];

  beforeEach(async () => {
    upstream = speaks2025(await McpUpstream.start(), { session: () => "s" });
    plans = new PlanMaker();
    heard = new Heard();
    stream = undefined;
    upstream.on("GET", (exchange) => {
      stream = exchange;
      openSse(exchange);
    });
    upstream.on("tools/call", openSse);
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
  const answers = (): readonly JsonObject[] => upstream.of("response").map(({ params }) => params);
  const opened = async (): Promise<Exchange> => {
    await until(() => stream !== undefined);
    if (stream === undefined) expect.fail("no stream");
    return stream;
  };

  it("go to whoever is behind the connection while no call could answer", async () => {
    heard.answer = async () => says({ roots: [] });
    await connect({ stream: "always" });

    sseMessage(await opened(), { id: "g1", method: "roots/list" });

    await until(() => answers().length === 1);
    expect(answers()[0]).to.deep.include({ id: "g1", result: { roots: [] } });
    expect(heard.questions[0]).to.deep.include({ method: "roots/list", params: {} });
  });

  it("go to the only call that can answer, and end when its caller leaves", async () => {
    const leg = await connect({ stream: "always", shared: false });
    const abort = new AbortController();
    const caller = new HeldQuestions();
    const { onRequest } = caller;
    leg.call(toolCall("a", { signal: abort.signal, onRequest })).catch(() => undefined);
    leg.call(toolCall("mute", { signal: abort.signal })).catch(() => undefined);
    await until(() => upstream.count("tools/call") === 2);

    sseMessage(await opened(), { id: 9, method: "elicitation/create", params: { message: "?" } });
    await until(() => caller.questions.length === 1);
    abort.abort();

    await until(() => answers().length === 1);
    expect(answers()[0]?.["error"]).to.have.property("code", -32603);
    expect(heard.questions).to.deep.equal([]);
  });

  it("go to nobody in particular when two calls could be meant", async () => {
    const leg = await connect({ stream: "always" });
    for (const name of ["a", "b"])
      leg.call(toolCall(name, { onRequest: new HeldQuestions().onRequest })).catch(() => undefined);
    await until(() => upstream.count("tools/call") === 2);

    sseMessage(await opened(), { id: 9, method: "roots/list" });

    await until(() => answers().length === 1);
    expect(heard.questions).to.have.length(1);
    expect(answers()[0]?.["error"]).to.have.property("code", -32601);
  });

  it("can be taken back there, and news that belongs to no call is heard", async () => {
    heard.answer = new HeldQuestions().onRequest;
    await connect({ stream: "always" });
    const exchange = await opened();
    sseMessage(exchange, { id: "g", method: "elicitation/create", params: {} });
    await until(() => heard.questions.length === 1);

    sseMessage(exchange, { method: "notifications/cancelled", params: { requestId: "g" } });
    sseMessage(exchange, { method: "notifications/message", params: { level: "info", data: 1 } });
    sseMessage(exchange, { method: "notifications/tasks/status", params: { taskId: "t" } });
    sseMessage(exchange, { method: "notifications/progress", params: { progressToken: 1, progress: 1 } });
    sseMessage(exchange, { method: "notifications/elicitation/complete", params: { elicitationId: "e" } });

    await until(() => heard.notifications.length === 3);
    expect(heard.questions[0]?.signal.aborted).to.equal(true);
    expect(heard.notifications.map(([method]) => method)).to.deep.equal([
      "notifications/message",
      "notifications/tasks/status",
      "notifications/elicitation/complete",
    ]);
  });

  it("comes with log messages for the only call of a client that has no session", async () => {
    const leg = await connect({ stream: "always", shared: false });
    const told: string[] = [];
    const onNotification = (method: string): void => void told.push(method);
    for (const [name, era] of [
      ["a", "2026"],
      ["b", "2025"],
    ] as const)
      leg.call(toolCall(name, { era, onNotification })).catch(() => undefined);
    await until(() => upstream.count("tools/call") === 2);

    sseMessage(await opened(), { method: "notifications/message", params: { level: "info", data: 1 } });

    await until(() => told.length === 1);
    expect(told).to.deep.equal(["notifications/message"]);
    expect(heard.notifications).to.deep.equal([]);
  });

  it("can come always where a client of its own waits, whatever lists there are", async () => {
    const leg = await connect({ stream: "always" });

    await until(() => upstream.count("GET") === 1);
    await leg.close();
    await connect({ stream: "news" });

    expect(upstream.count("GET")).to.equal(1);
  });

  it("leave the connections for calls alone: their stream has a pool of its own", async () => {
    const { pool } = plans.plan(upstream.url);
    const { pool: streamPool } = plans.plan(upstream.url);
    upstream.result("tools/call", {});
    const legs = await Promise.all(
      Array.from({ length: 12 }, () => connect({ stream: "always", pool, streamPool })),
    );
    await until(() => upstream.count("GET") === 12);

    await Promise.all(legs.map((leg) => leg.call(toolCall("a"))));

    expect((streamPool as Pool).stats.connected).to.equal(12);
    expect((pool as Pool).stats.running).to.equal(0);
  });

  it("can be answered while calls use every connection that there is for them", async () => {
    const { pool } = plans.plan(upstream.url);
    upstream.on("tools/call", (exchange) => {
      openSse(exchange);
      sseMessage(exchange, { id: `q-${exchange.id}`, method: "roots/list" });
      upstream.on("response", ({ params, response }) => {
        response.writeHead(202).end();
        const call = upstream.of("tools/call").find(({ id }) => `q-${id}` === params["id"]);
        if (call === undefined) return;
        sseMessage(call, { id: call.id, result: { answered: true } });
        call.response.end();
      });
    });
    const leg = await connect({ pool });

    const replies = await Promise.all(
      Array.from({ length: 40 }, () => leg.call(toolCall("a", { onRequest: async () => says({}) }))),
    );

    expect(replies.every(({ value }) => value["answered"] === true)).to.equal(true);
  });
});
