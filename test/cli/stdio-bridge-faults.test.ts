import type { ServerResponse } from "node:http";

import { expect } from "chai";

import { until } from "../support/child-processes.ts";
import { BridgeBench, ENVELOPE } from "./bridge-bench.ts";
import { ScriptedGateway, answerWith, json } from "./scripted-gateway.ts";

describe("bridgeStdio when things go wrong", function () {
  this.timeout(10_000);
  let gateway: ScriptedGateway;
  let bench: BridgeBench;
  const call = { name: "echo", arguments: {}, _meta: ENVELOPE };

  beforeEach(async () => {
    gateway = new ScriptedGateway();
    await gateway.open();
    bench = new BridgeBench(gateway.url, { headers: { authorization: "Bearer key" }, farewellMs: 200 });
  });
  afterEach(async () => {
    await bench.end();
    await gateway.close();
  });

  it("sends the key with every request, and headers that repeat a 2026 message", async () => {
    await bench.ask(1, "tools/call", { ...call, name: "tool_é" });
    await bench.ask(2, "resources/read", { uri: "file:///a", _meta: ENVELOPE });

    const [first, second] = gateway.seen.map(({ headers }) => headers);
    expect(first).to.include({
      authorization: "Bearer key",
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": `=?base64?${Buffer.from("tool_é").toString("base64")}?=`,
    });
    expect(second).to.include({ "mcp-method": "resources/read", "mcp-name": "file:///a" });
    expect(first).not.to.have.property("mcp-session-id");
  });

  it("says that the gateway does not run, and how to start it", async () => {
    const { url } = gateway;
    await gateway.close();

    const answer = await bench.ask(1, "tools/call", call);

    expect(answer.error?.code).to.equal(-32603);
    expect(answer.error?.message).to.equal(
      `The Switchgear gateway does not answer at ${url}. Start it with "switchgear serve", then try again.`,
    );
    expect(answer.error?.data).to.include({ reason: "ECONNREFUSED", executed: "not_executed" });
    await gateway.open();
  });

  it("works again when the gateway has come", async () => {
    const port = Number(new URL(gateway.url).port);
    await gateway.close();
    const refused = await bench.ask(1, "tools/call", call);
    await gateway.open(port);

    const answer = await bench.ask(2, "tools/call", call);

    expect(refused.error?.code).to.equal(-32603);
    expect(answer.result).to.deep.equal({ ok: true });
  });

  it("says that the outcome is unknown when the connection breaks in the middle of a call", async () => {
    gateway.answering = (_seen, response) => response.destroy();

    const answer = await bench.ask(1, "tools/call", call);

    expect(answer.error?.data).to.include({ code: "upstream_broken", executed: "unknown" });
    expect(answer.error?.message).to.contain("may have been executed");
  });

  it("says so when a stream ends before the answer", async () => {
    gateway.answering = (_seen, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end('data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n');
    };

    const answer = await bench.ask(1, "tools/call", call);

    expect(answer.error?.message).to.contain("ended its answer too early");
    expect(bench.received[0]?.method).to.equal("notifications/message");
  });

  it("explains a refused key", async () => {
    gateway.answering = (_seen, response) =>
      json(response, 401, { type: "about:blank", title: "Unauthorized", code: "unauthenticated" });

    const answer = await bench.ask(1, "tools/list", { _meta: ENVELOPE });

    expect(answer.error?.message).to.contain("does not accept the API key");
    expect(answer.error?.data).to.deep.equal({ http_status: 401, code: "unauthenticated" });
  });

  it("quotes a problem document, and names the status of anything else", async () => {
    gateway.answering = ({ message }, response) =>
      message.id === 1
        ? json(response, 503, {
            title: "Unavailable",
            detail: "The gateway is shutting down.",
            code: "shutting_down",
          })
        : response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>");

    const [problem, html] = await Promise.all([
      bench.ask(1, "tools/list", { _meta: ENVELOPE }),
      bench.ask(2, "tools/list", { _meta: ENVELOPE }),
    ]);

    expect(problem.error?.message).to.equal("The gateway is shutting down.");
    expect(html.error?.message).to.equal("The gateway answered with HTTP 502.");
  });

  it("gives an error without an id the id of its request", async () => {
    gateway.answering = (_seen, response) =>
      json(response, 400, { jsonrpc: "2.0", id: null, error: { code: -32600, message: "No." } });

    const answer = await bench.ask("mine", "tools/list", { _meta: ENVELOPE });

    expect(answer.error).to.deep.equal({ code: -32600, message: "No." });
  });

  it("never hands on an answer to another request, nor what is no JSON-RPC", async () => {
    gateway.answering = ({ message }, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('data: {"jsonrpc":"2.0","id":"stolen","result":{}}\n\n');
      response.write("data: garbage\n\n");
      response.write("event: other\ndata: {}\n\n");
      response.end(`data: {"jsonrpc":"2.0",\ndata: "id":${message.id},\ndata: "result":{"ok":1}}\n\n`);
    };

    const answer = await bench.ask(1, "tools/call", call);

    expect(answer.result).to.deep.equal({ ok: 1 });
    expect(bench.received).to.have.length(1);
  });

  for (const [line, code] of [
    ["nonsense", -32700],
    ["[]", -32600],
    ['{"jsonrpc":"2.0","id":1}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"a","params":{"__proto__":1}}', -32600],
  ] as const) {
    it(`answers ${line} itself, with ${code}`, async () => {
      bench.write(`${line}\n`);

      await until("an answer", () => bench.received.length === 1);

      expect(bench.received[0]?.error?.code).to.equal(code);
      expect(gateway.seen).to.deep.equal([]);
    });
  }

  it("cancels a 2026 request by closing its stream, and answers it no more", async () => {
    gateway.answering = () => undefined;
    bench.send({ id: 1, method: "tools/call", params: call });
    await until("the call has arrived", () => gateway.seen.length === 1);

    bench.send({ method: "notifications/cancelled", params: { requestId: 1 } });

    await until("the stream is closed", () => gateway.seen[0]?.closed === true);
    expect(gateway.seen).to.have.length(1);
    expect(bench.received).to.deep.equal([]);
  });

  it("hands on the cancellation of a 2025 request, and needs no answer then", async () => {
    gateway.answering = (seen, response) => {
      if (seen.message.method === "notifications/cancelled") {
        response.writeHead(202).end();
        held?.writeHead(202).end();
      } else held = response;
    };
    let held: ServerResponse | undefined;
    bench.send({ id: 1, method: "tools/call", params: { name: "echo" } });
    await until("the call has arrived", () => gateway.seen.length === 1);

    bench.send({ method: "notifications/cancelled", params: { requestId: 1 } });
    await until(
      "both are over",
      () => gateway.seen.length === 2 && gateway.seen.every(({ closed }) => closed),
    );
    await bench.end();

    expect(gateway.methods()).to.deep.equal(["tools/call", "notifications/cancelled"]);
    expect(bench.received).to.deep.equal([]);
  });

  it("waits for answers after the end of its input", async () => {
    gateway.answering = (seen, response) =>
      void setTimeout(() => answerWith(response, seen, { late: true }), 50);
    bench.send({ id: 1, method: "tools/call", params: call });
    bench.write('{"jsonrpc":"2.0","id":2,"method":"ping"}');

    await bench.end();

    expect(bench.received.map(({ id }) => id)).to.have.members([1, 2]);
  });

  it("waits no longer than it may, and not at all for streams without an end", async () => {
    gateway.answering = () => undefined;
    bench.send({ id: 1, method: "subscriptions/listen", params: { _meta: ENVELOPE, notifications: {} } });
    await until("it has arrived", () => gateway.seen.length === 1);
    const started = performance.now();

    await bench.end();

    expect(performance.now() - started).to.be.below(150);
    expect(bench.received).to.deep.equal([]);
  });

  it("gives up what is not answered in time", async () => {
    gateway.answering = () => undefined;
    bench.send({ id: 1, method: "tools/call", params: call });
    await until("it has arrived", () => gateway.seen.length === 1);

    await bench.end();

    await until("the call is cancelled", () => gateway.seen[0]?.closed === true);
    expect(bench.received).to.deep.equal([]);
  });

  it("ends when it is told to", async () => {
    const stop = new AbortController();
    const stopped = new BridgeBench(gateway.url, { signal: stop.signal });
    await stopped.ask(1, "ping");

    stop.abort();
    await stopped.done;

    expect(stopped.received).to.have.length(1);
  });

  it("refuses a line without an end instead of filling the memory", async () => {
    bench.write("x".repeat(17 * 1024 * 1024));

    await bench.done;

    expect(bench.received[0]?.error?.code).to.equal(-32600);
  });
});
