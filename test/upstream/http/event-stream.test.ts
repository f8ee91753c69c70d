import { expect } from "chai";

import { DEFAULT_LIMITS } from "../../../src/domain/limits.ts";
import { EventStream } from "../../../src/upstream/http/event-stream.ts";
import { HttpTarget } from "../../../src/upstream/http/http-target.ts";
import { until } from "../../wire/raw-server.ts";
import { McpUpstream, PlanMaker, openSse } from "../mcp-upstream.ts";

describe("EventStream", () => {
  let upstream: McpUpstream;
  let plans: PlanMaker;
  let stream: EventStream | undefined;
  let received: string[];
  let gaps: number;
  let resumed: (string | undefined)[];

  beforeEach(async () => {
    upstream = await McpUpstream.start();
    plans = new PlanMaker();
    [received, gaps, resumed] = [[], 0, []];
  });
  afterEach(async () => {
    stream?.close();
    await plans.close();
    await upstream.close();
  });

  function start(endsWith?: string): void {
    const target = new HttpTarget(plans.plan(upstream.url));
    stream = new EventStream({
      server: "up",
      limits: { ...DEFAULT_LIMITS, notificationsPerCall: 20, sseEventBytes: 1_000 },
      minPauseMs: 5,
      open: (options, lastEventId) => {
        resumed.push(lastEventId);
        return target.send(options, "GET", target.headers([]));
      },
      receive: ({ data }) => {
        received.push(data.toString());
        return data.toString() === endsWith;
      },
      onGap: () => (gaps += 1),
    });
    stream.start();
  }

  it("hands on what comes", async () => {
    upstream.on("GET", (exchange) => {
      openSse(exchange);
      exchange.response.write("data: a\n\ndata:\n\ndata: b\n\n");
    });

    start();

    await until(() => received.length === 2);
    expect(received).to.deep.equal(["a", "b"]);
    expect(gaps).to.equal(0);
  });

  it("is opened again when it ends, after the last event that came", async () => {
    upstream.on("GET", (exchange) => {
      openSse(exchange);
      if (upstream.count("GET") < 3) exchange.response.end(`id: ${upstream.count("GET")}\ndata: x\n\n`);
    });

    start();

    await until(() => upstream.count("GET") === 3);
    expect(resumed).to.deep.equal([undefined, "1", "2"]);
  });

  it("is opened again when it is cut or fails, and says then that something may have been missed", async () => {
    upstream.on("GET", (exchange) => {
      const count = upstream.count("GET");
      if (count === 1) exchange.response.destroy();
      else if (count === 2) exchange.response.writeHead(503).end();
      else openSse(exchange);
    });

    start();

    await until(() => gaps === 1);
    expect(upstream.count("GET")).to.equal(3);
  });

  for (const status of [400, 401, 404, 405, 406]) {
    it(`is not asked for again after ${status}`, async () => {
      upstream.on("GET", ({ response }) => response.writeHead(status).end());

      start();

      await until(() => upstream.count("GET") === 1);
      await new Promise((resolve) => setTimeout(resolve, 40));
      expect(upstream.count("GET")).to.equal(1);
    });
  }

  it("is not asked for again where a GET shows a web page", async () => {
    upstream.on("GET", ({ response }) => response.writeHead(200, { "content-type": "text/html" }).end("<p>"));

    start();

    await until(() => upstream.count("GET") === 1);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(upstream.count("GET")).to.equal(1);
  });

  it("is ended by the event that says so, and opened again", async () => {
    upstream.on("GET", (exchange) => {
      openSse(exchange);
      exchange.response.write("data: last\n\n");
    });

    start("last");

    await until(() => upstream.count("GET") === 2);
    expect(received[0]).to.equal("last");
  });

  it("is ended by a flood, and by an event that is too large", async () => {
    upstream.on("GET", (exchange) => {
      openSse(exchange);
      exchange.response.write(
        upstream.count("GET") === 1 ? "data: x\n\n".repeat(500) : `data: ${"x".repeat(2_000)}\n\n`,
      );
    });

    start();

    await until(() => upstream.count("GET") >= 3);
    expect(received.length).to.be.at.most(20);
  });

  it("is closed at once, and never opened again", async () => {
    upstream.on("GET", openSse);
    start();
    await until(() => upstream.count("GET") === 1);

    stream?.close();

    await until(() => upstream.last("GET").response.destroyed);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(upstream.count("GET")).to.equal(1);
  });

  it("waits longer after each failure", async () => {
    const times: number[] = [];
    upstream.on("GET", ({ response }) => {
      times.push(performance.now());
      response.destroy();
    });

    start();

    await until(() => times.length === 6);
    const pauses = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(pauses[4]).to.be.above(pauses[0] ?? 0);
    expect(pauses[4]).to.be.above(70);
  });
});
