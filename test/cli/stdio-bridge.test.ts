import { Client as ClientV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import {
  CreateMessageRequestSchema,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { expect } from "chai";

import { type EverythingUpstream, startEverythingUpstream } from "../fixtures/everything-upstream.ts";
import { until } from "../support/child-processes.ts";
import { proves } from "../support/proves.ts";
import { type RemoteUpstream, startEverything } from "../support/real-upstreams.ts";
import { BridgeBench, BridgeTransport, ENVELOPE, INITIALIZE } from "./bridge-bench.ts";

const INFO = { name: "bridge-test", version: "1" };
const textOf = (result: Record<string, unknown> | undefined) =>
  (result?.["content"] as { text: string }[] | undefined)?.[0]?.text;

describe("bridgeStdio with real servers and clients", function () {
  this.timeout(20_000);
  let upstream: EverythingUpstream;
  let bench: BridgeBench;

  before(async () => {
    upstream = await startEverythingUpstream({ port: 0, era: "dual" });
  });
  after(() => upstream.close());
  beforeEach(() => {
    bench = new BridgeBench(upstream.url);
  });
  afterEach(() => bench.end());

  describe("a 2025 client (SDK v1)", () => {
    let client: ClientV1;

    beforeEach(async () => {
      client = new ClientV1(INFO, { capabilities: { sampling: {} } });
      await client.connect(new BridgeTransport(bench));
    });

    it("initializes, lists and calls", async () => {
      const { tools } = await client.listTools();
      const result = await client.callTool({ name: "test_simple_text", arguments: {} });

      expect(client.getServerVersion()).to.include({ name: "everything-upstream" });
      expect(tools.map(({ name }) => name)).to.include("test_simple_text");
      expect(textOf(result)).to.equal("This is a simple text response for testing.");
      expect(bench.logged).to.deep.equal([]);
    });

    it("gets every progress event, in order, before the result", async () => {
      const order: (number | string)[] = [];
      bench.onMessage(({ method, params, result }) => {
        if (method === "notifications/progress") order.push(params?.["progress"] as number);
        if (result !== undefined) order.push("result");
      });

      await client.callTool({ name: "test_tool_with_progress", arguments: {} }, undefined, {
        onprogress: () => undefined,
      });

      expect(order).to.deep.equal([0, 50, 100, "result"]);
    });

    it("answers a question that the server asks in the middle of a call", async () => {
      proves("stdio.questions");
      client.setRequestHandler(CreateMessageRequestSchema, () => ({
        role: "assistant",
        model: "none",
        content: { type: "text", text: "forty-two" },
      }));

      const result = await client.callTool({ name: "test_sampling", arguments: { prompt: "?" } });

      expect(textOf(result)).to.equal("LLM response: forty-two");
    });

    it("hears of changed lists on the stream that belongs to no request", async () => {
      let changes = 0;
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => void changes++);

      await until("the change is heard", async () => {
        await client.callTool({ name: "test_trigger_tool_change", arguments: {} });
        return changes > 0;
      });

      expect(changes).to.be.above(0);
    });

    it("gets an answer although its stream was closed before it came", async () => {
      const result = await client.callTool({ name: "test_reconnection", arguments: {} });

      expect(textOf(result)).to.equal("Answered after the stream was closed");
    });

    it("is told of an error in the server's own words", async () => {
      const answer = await bench.ask("x", "no/such/method");

      expect(answer.error?.code).to.equal(-32601);
    });
  });

  describe("a 2026 client (SDK v2)", () => {
    const connect = async (mode: "auto" | { pin: string }) => {
      const client = new ClientV2(INFO, { versionNegotiation: { mode } });
      await client.connect(new BridgeTransport(bench));
      return client;
    };

    for (const mode of ["auto", { pin: "2026-07-28" }] as const) {
      it(`discovers, lists and calls: ${JSON.stringify(mode)}`, async () => {
        const client = await connect(mode);

        const { tools } = await client.listTools();
        const result = await client.callTool({ name: "test_simple_text", arguments: {} });

        expect(tools.map(({ name }) => name)).to.include("test_simple_text");
        expect(textOf(result)).to.equal("This is a simple text response for testing.");
        expect(bench.received.some(({ result: each }) => each?.["resultType"] === "complete")).to.equal(true);
      });
    }

    it("reads a resource, whose URI goes into a header", async () => {
      const client = await connect({ pin: "2026-07-28" });
      const { resources } = await client.listResources();

      const read = await client.readResource({ uri: resources[0]?.uri ?? "" });

      expect(read.contents).to.have.length(1);
    });

    it("hears of changed lists through its subscription", async () => {
      await bench.ask("list", "tools/list", { _meta: ENVELOPE });
      bench.send({
        id: "listen:1",
        method: "subscriptions/listen",
        params: { _meta: ENVELOPE, notifications: { toolsListChanged: true } },
      });
      await until("the subscription stands", () =>
        bench.received.some(({ method }) => method === "notifications/subscriptions/acknowledged"),
      );

      await bench.ask("change", "tools/call", {
        name: "test_trigger_tool_change",
        arguments: {},
        _meta: ENVELOPE,
      });

      await until("the change is heard", () =>
        bench.received.some(({ method }) => method === "notifications/tools/list_changed"),
      );
    });

    it("repeats marked arguments in headers, also for a tool that the client never listed", async () => {
      const params = { name: "test_header_parameter", arguments: { region: "Zürich" }, _meta: ENVELOPE };

      const unlisted = await bench.ask(1, "tools/call", params);
      const again = await bench.ask(2, "tools/call", params);

      expect(textOf(unlisted.result)).to.equal("region=Zürich");
      expect(textOf(again.result)).to.equal("region=Zürich");
    });

    it("hands on a refusal with the id of its request", async () => {
      const meta = { ...ENVELOPE, "io.modelcontextprotocol/protocolVersion": "2031-01-01" };

      const answer = await bench.ask("future", "tools/list", { _meta: meta });

      expect(answer.error?.code).to.equal(-32022);
    });
  });

  it("takes server/discover followed by initialize, as clients of both eras open", async () => {
    const discovered = await bench.ask(0, "server/discover", { _meta: ENVELOPE });
    const initialized = await bench.ask(1, "initialize", INITIALIZE);
    bench.send({ method: "notifications/initialized" });
    const listed = await bench.ask(2, "tools/list");

    expect(discovered.result?.["supportedVersions"]).to.include("2026-07-28");
    expect(initialized.result?.["protocolVersion"]).to.equal("2025-11-25");
    expect(listed.result?.["tools"]).to.be.an("array").with.length.above(5);
  });

  it("keeps the order of messages that are sent without waiting", async () => {
    bench.send({ id: 1, method: "initialize", params: INITIALIZE });
    bench.send({ method: "notifications/initialized" });
    bench.send({ id: 2, method: "tools/list" });

    const listed = await bench.answerTo(2);

    expect(listed.error).to.equal(undefined);
    expect(listed.result).to.have.property("tools");
  });

  it("carries many requests of both eras at once, each answer to its own id", async () => {
    await bench.ask("init", "initialize", INITIALIZE);
    bench.send({ method: "notifications/initialized" });
    const ids = Array.from({ length: 60 }, (_, n) => n);

    const answers = await Promise.all(
      ids.map((n) => {
        const params = { name: "test_header_parameter", arguments: { region: `n${n}` } };
        return bench.ask(n, "tools/call", n % 2 === 0 ? params : { ...params, _meta: ENVELOPE });
      }),
    );

    expect(answers.map(({ result }) => textOf(result))).to.deep.equal(ids.map((n) => `region=n${n}`));
    expect(new Set(bench.received.map(({ id }) => id)).size).to.equal(61);
  });
});

describe("bridgeStdio with server-everything over Streamable HTTP", function () {
  this.timeout(20_000);
  let upstream: RemoteUpstream;

  before(async () => {
    upstream = await startEverything("streamableHttp");
  });
  after(() => upstream.stop());

  it("carries a client of SDK v1, with progress", async () => {
    const bench = new BridgeBench(upstream.url);
    const client = new ClientV1(INFO);
    await client.connect(new BridgeTransport(bench));

    const sum = await client.callTool({ name: "get-sum", arguments: { a: 20, b: 22 } });
    await client.callTool(
      { name: "trigger-long-running-operation", arguments: { duration: 0.2, steps: 3 } },
      undefined,
      { onprogress: () => undefined },
    );
    const events = bench.received.filter(({ method }) => method === "notifications/progress");
    await client.close();

    expect(textOf(sum)).to.contain("42");
    expect(events).to.have.length(3);
  });
});
