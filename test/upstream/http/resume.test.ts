import { expect } from "chai";

import { Leg2025 } from "../../../src/upstream/http/leg-2025.ts";
import { Reply } from "../../../src/wire/reply.ts";
import { rejection } from "../../support/refusal.ts";
import { until } from "../../wire/raw-server.ts";
import {
  type Exchange,
  Heard,
  McpUpstream,
  NEVER,
  PlanMaker,
  openSse,
  speaks2025,
  sseMessage,
  toolCall,
} from "../mcp-upstream.ts";

describe("a call whose stream ends before the answer", () => {
  let upstream: McpUpstream;
  let plans: PlanMaker;
  let leg: Leg2025;

  beforeEach(async () => {
    upstream = speaks2025(await McpUpstream.start(), { session: () => "s" });
    plans = new PlanMaker();
    leg = await Leg2025.open(plans.plan(upstream.url), new Heard(), NEVER());
  });
  afterEach(async () => {
    await leg.close();
    await plans.close();
    await upstream.close();
  });

  /** Opens the stream as the 2025-11-25 revision has it: an empty event with an id and a pause. */
  function begin(exchange: Exchange, id: string, retryMs = 5): void {
    openSse(exchange);
    exchange.response.write(`id: ${id}\nretry: ${retryMs}\ndata:\n\n`);
  }

  function answerTo(call: Exchange, exchange: Exchange): void {
    sseMessage(exchange, { id: call.id, result: { resumed: true } });
    exchange.response.end();
  }

  for (const end of ["end", "destroy"] as const) {
    it(`is taken up where it ended, and not sent again (${end})`, async () => {
      upstream.on("tools/call", (exchange) => {
        begin(exchange, "e1");
        setTimeout(() => exchange.response[end](), 10);
      });
      upstream.on("GET", (exchange) => {
        openSse(exchange);
        answerTo(upstream.last("tools/call"), exchange);
      });

      const reply = await leg.call(toolCall("a"));

      expect(reply.value).to.deep.equal({ resumed: true });
      expect(upstream.count("tools/call")).to.equal(1);
      expect(upstream.last("GET").headers).to.deep.include({ "last-event-id": "e1", "mcp-session-id": "s" });
    });
  }

  it("is taken up again and again, as long as it gets further, and tells all progress", async () => {
    upstream.on("tools/call", (exchange) => {
      begin(exchange, "e0");
      exchange.response.end();
    });
    upstream.on("GET", (exchange) => {
      const count = upstream.count("GET");
      begin(exchange, `e${count}`);
      const progressToken = upstream.last("tools/call").id;
      sseMessage(exchange, { method: "notifications/progress", params: { progressToken, progress: count } });
      if (count === 3) answerTo(upstream.last("tools/call"), exchange);
      else exchange.response.end();
    });
    const progress: unknown[] = [];

    await leg.call(toolCall("a", { onProgress: (params) => progress.push(params["progress"]) }));

    expect(progress).to.deep.equal([1, 2, 3]);
    expect(upstream.of("GET").map(({ headers }) => headers["last-event-id"])).to.deep.equal([
      "e0",
      "e1",
      "e2",
    ]);
  });

  it("tells its caller of every pause that the upstream makes on purpose", async () => {
    upstream.on("tools/call", (exchange) => {
      begin(exchange, "e0", 7);
      exchange.response.end();
    });
    upstream.on("GET", (exchange) => {
      begin(exchange, `e${upstream.count("GET")}`, 9);
      if (upstream.count("GET") === 2) answerTo(upstream.last("tools/call"), exchange);
      else exchange.response.end();
    });
    const pauses: unknown[] = [];

    await leg.call(toolCall("a", { onInterrupted: (retryMs) => pauses.push(retryMs) }));

    expect(pauses).to.deep.equal([7, 9]);
  });

  it("does not take an accident for a pause", async () => {
    upstream.on("tools/call", (exchange) => {
      begin(exchange, "e1");
      setTimeout(() => exchange.response.destroy(), 10);
    });
    upstream.on("GET", (exchange) => {
      openSse(exchange);
      answerTo(upstream.last("tools/call"), exchange);
    });
    const pauses: unknown[] = [];

    await leg.call(toolCall("a", { onInterrupted: (retryMs) => pauses.push(retryMs) }));

    expect(pauses).to.deep.equal([]);
  });

  it("answers questions also on the stream that was taken up", async () => {
    upstream.on("tools/call", (exchange) => {
      begin(exchange, "e1");
      exchange.response.end();
    });
    upstream.on("GET", (exchange) => {
      openSse(exchange);
      sseMessage(exchange, { id: "q", method: "roots/list" });
      upstream.on("response", ({ response }) => {
        response.writeHead(202).end();
        answerTo(upstream.last("tools/call"), exchange);
      });
    });

    const onRequest = async () => Reply.of("result", { roots: [] }, "2025");
    const reply = await leg.call(toolCall("a", { onRequest }));

    expect(reply.value).to.deep.equal({ resumed: true });
    expect(upstream.last("response").params).to.deep.include({ id: "q", result: { roots: [] } });
  });

  it("fails as broken when the upstream does not let it be taken up", async () => {
    upstream.on("tools/call", (exchange) => {
      begin(exchange, "e1");
      exchange.response.end();
    });

    const error = await rejection(() => leg.call(toolCall("a")));

    expect(error).to.deep.include({ code: "upstream_broken", outcome: "unknown" });
    expect(upstream.count("GET")).to.equal(1);
    expect(upstream.count("tools/call")).to.equal(1);
  });

  it("fails as broken when it does not get any further", async () => {
    upstream.on("tools/call", (exchange) => {
      begin(exchange, "e1");
      exchange.response.end();
    });
    upstream.on("GET", (exchange) => {
      openSse(exchange);
      exchange.response.end();
    });

    expect((await rejection(() => leg.call(toolCall("a")))).code).to.equal("upstream_broken");
    expect(upstream.count("GET")).to.equal(1);
  });

  it("fails at once when its events had no ids", async () => {
    upstream.on("tools/call", (exchange) => {
      openSse(exchange);
      exchange.response.end();
    });

    expect((await rejection(() => leg.call(toolCall("a")))).code).to.equal("upstream_broken");
    expect(upstream.count("GET")).to.equal(0);
  });

  it("can be given up while it waits, and may have been executed", async () => {
    const abort = new AbortController();
    upstream.on("tools/call", (exchange) => {
      begin(exchange, "e1", 60_000);
      exchange.response.end();
    });
    const failed = rejection(() => leg.call(toolCall("a", { signal: abort.signal })));
    await until(() => upstream.of("tools/call")[0]?.response.writableFinished === true);

    abort.abort();

    expect(await failed).to.deep.include({ code: "cancelled", executed: "unknown" });
    await until(() => upstream.count("notifications/cancelled") === 1);
  });
});
