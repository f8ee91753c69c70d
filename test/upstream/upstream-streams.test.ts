import { expect } from "chai";

import { Reply } from "../../src/wire/reply.ts";
import { proves } from "../support/proves.ts";
import { until } from "../wire/raw-server.ts";
import {
  type Exchange,
  McpUpstream,
  NEVER,
  openSse,
  result,
  speaks2025,
  sseMessage,
  toolCall,
} from "./mcp-upstream.ts";
import { PoolBench } from "./pool-bench.ts";
import { Answering, askable } from "./talking-child.ts";

const ROOTS = { id: "q1", method: "roots/list", params: {} };

describe("the streams of leased connections in the pool", function () {
  this.timeout(20_000);
  let upstream: McpUpstream;
  let bench: PoolBench;
  let sessions: number;
  /** By session: the stream on which the upstream speaks unasked. */
  let streams: Map<string, Exchange>;

  beforeEach(async () => {
    sessions = 0;
    streams = new Map();
    upstream = speaks2025(await McpUpstream.start(), { session: () => `s${++sessions}` })
      .on("tools/call", (exchange) => result(exchange, { session: sessionOf(exchange) }))
      .on("GET", (exchange) => {
        openSse(exchange);
        streams.set(sessionOf(exchange), exchange);
      });
    bench = new PoolBench().define("up", { type: "http", url: upstream.url });
  });
  afterEach(async () => {
    await bench.close();
    await upstream.close();
  });

  const sessionOf = ({ headers }: Exchange) => String(headers["mcp-session-id"]);
  const call = (options: Parameters<typeof toolCall>[1] = {}) =>
    bench.pool.call("up", toolCall("a", options));
  const sessionFor = async (options: Parameters<typeof toolCall>[1] = {}) =>
    String((await call(options)).value["session"]);
  const anna = { scope: "anna", envelope: askable("anna") } as const;

  async function streamOf(session: string): Promise<Exchange> {
    await until(() => streams.has(session));
    return streams.get(session) ?? expect.fail("no stream");
  }

  /** What the upstream hears as the answer to its question. */
  async function answerTo(id: string): Promise<object> {
    const answer = () => upstream.of("response").find((exchange) => exchange.id === id);
    await until(() => answer() !== undefined);
    return answer()?.params ?? {};
  }

  it("are open for every lease, and hold up no call", async () => {
    const scopes = Array.from({ length: 100 }, (_, i) => `scope ${i}`);
    await Promise.all(scopes.map((scope) => call({ scope })));
    await until(() => streams.size === 100);

    const replies = await Promise.all(scopes.map((scope) => sessionFor({ scope })));

    expect(new Set(replies).size).to.equal(100);
    expect(bench.pool.status("up")).to.deep.include({ connections: 101, leases: 100 });
    await bench.pool.drop("up");
    await until(() => upstream.raw.connections === upstream.raw.closedConnections);
  });

  it("bring questions to the session, and the answers back", async () => {
    proves("ask.session");
    bench.answer = async ({ method }) => Reply.of("result", { roots: [], asked: method }, "2025");
    const stream = await streamOf(await sessionFor(anna));

    sseMessage(stream, ROOTS);

    expect(await answerTo("q1")).to.deep.include({ result: { roots: [], asked: "roots/list" } });
    expect(bench.questions).to.deep.equal([["up", "anna", "roots/list"]]);
    expect(sessionOf(upstream.last("response"))).to.equal(sessionOf(stream));
  });

  it("bring questions to the only call that can answer them", async () => {
    const user = new Answering({ roots: [] });
    const stream = await streamOf(await sessionFor(anna));
    let finish = (): void => {};
    upstream.on("tools/call", (exchange) => {
      finish = () => result(exchange, {});
    });
    const calling = call({ ...anna, onRequest: user.onRequest });
    await until(() => upstream.count("tools/call") === 2);

    sseMessage(stream, ROOTS);

    expect(await answerTo("q1")).to.deep.include({ result: { roots: [] } });
    expect(user.asked.map(({ method }) => method)).to.deep.equal(["roots/list"]);
    expect(bench.questions).to.deep.equal([]);
    finish();
    await calling;
  });

  it("bring messages to the session, but changes of lists to all: what is new is listed for all", async () => {
    const stream = await streamOf(await sessionFor(anna));

    sseMessage(stream, { method: "notifications/tools/list_changed" });
    sseMessage(stream, { method: "notifications/message", params: { level: "info", data: "hello" } });
    sseMessage(stream, { method: "notifications/elicitation/complete", params: { elicitationId: "e" } });
    await until(() => bench.told.length === 2);

    expect(bench.told).to.deep.equal([
      ["up", "anna", "notifications/message", { level: "info", data: "hello" }],
      ["up", "anna", "notifications/elicitation/complete", { elicitationId: "e" }],
    ]);
    expect(bench.listChanges).to.deep.equal([["up", "tools"]]);
  });

  it("bring a list that only this session has, for as long as the session lasts", async () => {
    const revealed = await sessionFor(anna);
    upstream.on("tools/list", (exchange) => {
      const names = sessionOf(exchange) === revealed ? ["x", "hidden"] : ["x"];
      result(exchange, { tools: names.map((name) => ({ name, inputSchema: { type: "object" } })) });
    });
    const listed = async () => (await bench.pool.explore("up", NEVER())).tools.map(({ name }) => name);
    expect(await listed()).to.deep.equal(["x"]);

    sseMessage(await streamOf(revealed), { method: "notifications/tools/list_changed" });
    await until(() => bench.listChanges.length === 1);

    expect(await listed()).to.deep.equal(["x", "hidden"]);
    bench.pool.release("anna");
    expect(bench.listChanges).to.deep.equal([
      ["up", "tools"],
      ["up", "tools"],
    ]);
    expect(await listed()).to.deep.equal(["x"]);
  });

  it("refuse questions to those who cannot be reached: they have no session, or can do nothing", async () => {
    for (const who of [
      { ...anna, era: "2026" } as const,
      { scope: "ben" },
      { scope: "carl", envelope: { capabilities: { extensions: { a: {} } } } },
    ]) {
      const stream = await streamOf(await sessionFor(who));
      sseMessage(stream, { ...ROOTS, id: `to ${who.scope}` });
      expect(await answerTo(`to ${who.scope}`)).to.have.nested.property("error.code", -32601);
    }
    expect(bench.questions).to.deep.equal([]);
  });

  it("tell the upstream what the client can do, once for each set of abilities", async () => {
    proves("capabilities.caller");
    await call(anna);
    await call({ ...anna, envelope: askable("anna") });
    await call({ ...anna, envelope: { capabilities: { sampling: {} } } });
    await call({ scope: "anna" });

    const declared = upstream.of("initialize").map(({ params }) => params["capabilities"]);
    expect(declared).to.deep.equal([
      { sampling: {}, elicitation: { form: {}, url: {} }, roots: { listChanged: true } },
      { elicitation: { form: {} }, roots: { listChanged: true } },
      { sampling: {} },
      {},
    ]);
    expect(bench.pool.status("up").leases).to.equal(3);
  });

  it("serve several calls of one 2026 caller at once: a question says on which stream it comes", async () => {
    const users = [new Answering({ n: 0 }), new Answering({ n: 1 })];
    upstream.on("tools/call", (exchange) => {
      openSse(exchange);
      const { name } = exchange.params;
      sseMessage(exchange, { id: `q of ${String(name)}`, method: "elicitation/create", params: { name } });
      upstream.on("response", (answer) => {
        answer.response.writeHead(202).end();
        const of = upstream
          .of("tools/call")
          .find(({ params }) => answer.id === `q of ${String(params["name"])}`);
        if (of === undefined) return;
        sseMessage(of, { id: of.id, result: { heard: answer.params["result"] } });
        of.response.end();
      });
    });

    const replies = await Promise.all(
      users.map(({ onRequest }, n) =>
        call({ ...anna, era: "2026", params: { name: `tool ${n}`, arguments: {} }, onRequest }),
      ),
    );

    expect(replies.map(({ value }) => value["heard"])).to.deep.equal([{ n: 0 }, { n: 1 }]);
    expect(users.map(({ asked }) => asked.map(({ params }) => params["name"]))).to.deep.equal([
      ["tool 0"],
      ["tool 1"],
    ]);
    expect(bench.pool.status("up").leases).to.equal(1);
  });

  it("are not there to ask one user for another where all share a connection", async () => {
    speaks2025(upstream);
    const annas = new Answering({});
    const waiting: Exchange[] = [];
    upstream.on("tools/call", (exchange) => {
      openSse(exchange);
      waiting.push(exchange);
    });
    const calls = [call({ ...anna, onRequest: annas.onRequest }), call({ scope: "ben" })];
    await until(() => waiting.length === 2);
    for (const [i, exchange] of waiting.entries()) sseMessage(exchange, { ...ROOTS, id: `q${i}` });

    const answers = await Promise.all(["q0", "q1"].map(answerTo));
    expect(answers.map((answer) => "error" in answer)).to.deep.equal([false, true]);
    expect(annas.asked).to.have.length(1);
    for (const exchange of waiting) {
      sseMessage(exchange, { id: exchange.id, result: {} });
      exchange.response.end();
    }
    await Promise.all(calls);
  });
});
