import { expect } from "chai";

import { until } from "../support/child-processes.ts";
import { BridgeBench, INITIALIZE } from "./bridge-bench.ts";
import { ScriptedGateway, answerWith, json } from "./scripted-gateway.ts";

describe("the session of a 2025 client behind the bridge", function () {
  this.timeout(10_000);
  let gateway: ScriptedGateway;
  let bench: BridgeBench;

  beforeEach(async () => {
    gateway = new ScriptedGateway();
    await gateway.open();
    bench = new BridgeBench(gateway.url, { headers: { authorization: "Bearer key" }, farewellMs: 200 });
  });
  afterEach(async () => {
    await bench.end();
    await gateway.close();
  });

  it("keeps the session of a 2025 client, and ends it", async () => {
    gateway.answering = (seen, response) => {
      if (seen.verb === "GET") response.writeHead(405).end();
      else answerWith(response, seen, { protocolVersion: "2025-06-18" }, { "mcp-session-id": "s-1" });
    };
    await bench.ask(1, "initialize", INITIALIZE);
    bench.send({ method: "notifications/initialized" });
    await bench.ask(2, "tools/list");
    await bench.end();

    expect(gateway.methods()).to.have.members([
      "initialize",
      "notifications/initialized",
      "GET",
      "tools/list",
      "DELETE",
    ]);
    expect(gateway.seen[0]?.headers).not.to.have.property("mcp-session-id");
    for (const { headers } of gateway.seen.slice(1)) {
      expect(headers).to.include({ "mcp-session-id": "s-1", "mcp-protocol-version": "2025-06-18" });
    }
  });

  it("opens a lost session again and repeats the request that found out", async () => {
    let session = 1;
    gateway.answering = (seen, response) => {
      const { verb, headers, message } = seen;
      if (verb === "GET") response.writeHead(405).end();
      else if (message.method === "initialize") {
        answerWith(response, seen, { protocolVersion: "2025-11-25" }, { "mcp-session-id": `s-${session}` });
      } else if (headers["mcp-session-id"] !== `s-${session}`) {
        json(response, 404, {
          jsonrpc: "2.0",
          id: null,
          error: { code: -32001, message: "Session not found" },
        });
      } else answerWith(response, seen, { session });
    };
    await bench.ask(1, "initialize", INITIALIZE);
    bench.send({ method: "notifications/initialized" });
    await bench.ask(2, "tools/list");
    session = 2;

    const answers = await Promise.all([bench.ask(3, "tools/list"), bench.ask(4, "tools/list")]);

    expect(answers.map(({ result }) => result)).to.deep.equal([{ session: 2 }, { session: 2 }]);
    const initializations = gateway.seen.filter(({ message }) => message.method === "initialize");
    expect(initializations).to.have.length(2);
    expect(initializations[1]?.message.params).to.deep.equal(INITIALIZE);
    expect(bench.received.filter(({ id }) => id === "switchgear-bridge")).to.deep.equal([]);
  });

  it("hands on that the session is gone when it cannot be opened again", async () => {
    let isGone = false;
    gateway.answering = (seen, response) => {
      if (isGone) json(response, 404, { jsonrpc: "2.0", id: null, error: { code: -32001, message: "Gone" } });
      else answerWith(response, seen, { protocolVersion: "2025-11-25" }, { "mcp-session-id": "s" });
    };
    await bench.ask(1, "initialize", INITIALIZE);
    isGone = true;

    const answer = await bench.ask(2, "tools/list");

    expect(answer.error?.message).to.equal("Gone");
  });

  it("opens the event stream again where it broke off", async () => {
    let streams = 0;
    gateway.answering = (seen, response) => {
      if (seen.verb !== "GET") {
        answerWith(response, seen, { protocolVersion: "2025-11-25" }, { "mcp-session-id": "s" });
        return;
      }
      streams += 1;
      response.writeHead(200, { "content-type": "text/event-stream" });
      const event = JSON.stringify({ jsonrpc: "2.0", method: `notifications/n${streams}` });
      if (streams === 1) response.end(`retry: 10\nid: e-1\ndata: ${event}\n\ndata: half an ev`);
      else response.write(`data: ${event}\n\n`);
    };
    await bench.ask(1, "initialize", INITIALIZE);
    bench.send({ method: "notifications/initialized" });

    await until("both streams were read", () => bench.received.length === 3);

    expect(bench.received.slice(1).map(({ method }) => method)).to.deep.equal([
      "notifications/n1",
      "notifications/n2",
    ]);
    expect(gateway.seen.filter(({ verb }) => verb === "GET")[1]?.headers["last-event-id"]).to.equal("e-1");
  });
});
