import { expect } from "chai";

import { rejection } from "../support/refusal.ts";
import { until } from "../wire/raw-server.ts";
import { type Exchange, McpUpstream, NEVER, openSse, sseMessage, toolCall } from "./mcp-upstream.ts";
import { PoolBench } from "./pool-bench.ts";
import { Answering, askable } from "./talking-child.ts";

/** Of protocol 2024-11-05: each connection is a stream, and all that is said on it names no call. */
describe("HTTP+SSE servers in the pool", () => {
  let upstream: McpUpstream;
  let bench: PoolBench;
  let count: number;
  let streams: Map<string, Exchange>;

  beforeEach(async () => {
    count = 0;
    streams = new Map();
    upstream = (await McpUpstream.start()).on("GET", (exchange) => {
      const session = String(++count);
      streams.set(session, exchange);
      openSse(exchange);
      exchange.response.write(`event: endpoint\ndata: /messages?session=${session}\n\n`);
    });
    answers("initialize", () => ({
      protocolVersion: "2024-11-05",
      capabilities: { tools: {}, resources: { subscribe: true } },
      serverInfo: { name: "old", version: "1" },
    }));
    answers("resources/subscribe", () => ({}));
    answers("tools/call", (exchange) => ({ session: sessionOf(exchange) }));
    bench = new PoolBench().define("up", { type: "sse", url: `${upstream.raw.origin}/sse` });
  });
  afterEach(async () => {
    await bench.close();
    await upstream.close();
  });

  const sessionOf = ({ request }: Exchange) =>
    new URL(request.url ?? "", "http://localhost").searchParams.get("session") ?? "";
  const say = (exchange: Exchange, message: object) => {
    const stream = streams.get(sessionOf(exchange));
    if (stream !== undefined) sseMessage(stream, message);
  };
  const call = async (options: Parameters<typeof toolCall>[1] = {}) =>
    (await bench.pool.call("up", toolCall("a", options))).value;
  const anna = { scope: "anna", era: "2026", envelope: askable("anna") } as const;

  function answers(method: string, result: (exchange: Exchange) => object): void {
    upstream.on(method, (exchange) => {
      exchange.response.writeHead(202).end("Accepted");
      say(exchange, { id: exchange.id, result: result(exchange) });
    });
  }

  it("give every call of a 2026 caller that can be asked a stream of its own", async () => {
    upstream.on("tools/call", (exchange) => {
      exchange.response.writeHead(202).end("Accepted");
      say(exchange, { id: `q${exchange.id}`, method: "elicitation/create", params: {} });
    });
    upstream.on("response", (answer) => {
      answer.response.writeHead(202).end("Accepted");
      const asked = upstream.of("tools/call").find((exchange) => sessionOf(exchange) === sessionOf(answer));
      if (asked !== undefined) say(asked, { id: asked.id, result: { heard: answer.params["result"] } });
    });
    const users = [0, 1, 2].map((n) => new Answering({ n }));

    const replies = await Promise.all(users.map(({ onRequest }) => call({ ...anna, onRequest })));

    expect(replies).to.deep.equal([{ heard: { n: 0 } }, { heard: { n: 1 } }, { heard: { n: 2 } }]);
    expect(new Set(upstream.of("tools/call").map(sessionOf)).size).to.equal(3);
    expect(bench.pool.status("up")).to.deep.include({ connections: 4, leases: 3 });
  });

  it("use the stream that was used last, when there is a free one", async () => {
    const first = await call(anna);

    expect(await call(anna)).to.deep.equal(first);
    expect(await call({ ...anna, era: "2025" })).not.to.deep.equal(first);
    expect(streams.size).to.equal(3);
  });

  it("connect anew when their streams have ended, each when it is needed", async () => {
    const [annas, bens] = [await call(anna), await call({ scope: "ben" })];
    for (const { response } of streams.values()) response.destroy();
    await until(() => bench.pool.status("up").state === "failed");
    bench.laterMs += 60_000;

    const again = [await call(anna), await call({ scope: "ben" })];

    expect(again[0]).not.to.deep.equal(annas);
    expect(again[1]).not.to.deep.equal(bens);
    expect(bench.pool.status("up")).to.deep.include({ state: "ready", leases: 2 });
  });

  it("are followed on again without a call when the stream has ended", async () => {
    await bench.pool.follow("up", "a://1", { scope: "ben", era: "2025" }, NEVER());
    const [first] = upstream.of("resources/subscribe");

    streams.get(first === undefined ? "" : sessionOf(first))?.response.destroy();
    await until(() => upstream.count("resources/subscribe") === 2);

    await until(() => bench.updates.length > 0);
    expect(bench.updates).to.deep.equal([["up", "a://1", "a://1", ["ben"]]]);
    say(upstream.last("resources/subscribe"), {
      method: "notifications/resources/updated",
      params: { uri: "a://1" },
    });
    await until(() => bench.updates.length === 2);
  });

  it("are followed by a 2026 caller that can be asked on the stream of its calls", async () => {
    const { scope, era, envelope } = anna;
    await bench.pool.follow("up", "a://1", { scope, era, envelope }, NEVER());
    const followed = upstream.last("resources/subscribe");

    expect(await call(anna)).to.deep.equal({ session: sessionOf(followed) });
    say(followed, { method: "notifications/resources/updated", params: { uri: "a://1" } });
    await until(() => bench.updates.length === 1);

    expect(bench.updates).to.deep.equal([["up", "a://1", "a://1", ["anna"]]]);
  });

  it("list for all what one of them reveals", async () => {
    const { session: revealed } = await call(anna);
    answers("resources/list", () => ({ resources: [] }));
    answers("resources/templates/list", () => ({ resourceTemplates: [] }));
    answers("tools/list", (exchange) => {
      const names = sessionOf(exchange) === revealed ? ["x", "hidden"] : ["x"];
      return { tools: names.map((name) => ({ name, inputSchema: { type: "object" } })) };
    });

    say(upstream.last("tools/call"), { method: "notifications/tools/list_changed" });
    await until(() => bench.listChanges.length === 1);

    const { tools } = await bench.pool.explore("up", NEVER());
    expect(tools.map(({ name }) => name)).to.deep.equal(["x", "hidden"]);
  });

  it("say that nothing was sent when a stream cannot be opened", async () => {
    await call(anna);
    upstream.on("GET", ({ response }) => response.writeHead(503).end());

    expect(await rejection(() => call({ scope: "ben" }))).to.deep.include({
      outcome: "not_sent",
      executed: "not_executed",
    });
    expect(await call(anna)).to.have.property("session");
  });
});
