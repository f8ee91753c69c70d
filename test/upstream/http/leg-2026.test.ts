import { expect } from "chai";

import type { JsonObject } from "../../../src/domain/json.ts";
import { discover } from "../../../src/upstream/http/discover.ts";
import { HttpTarget } from "../../../src/upstream/http/http-target.ts";
import { Leg2026 } from "../../../src/upstream/http/leg-2026.ts";
import { proves } from "../../support/proves.ts";
import { rejection } from "../../support/refusal.ts";
import {
  Heard,
  McpUpstream,
  NEVER,
  PlanMaker,
  openSse,
  rpcError,
  speaks2026,
  sseMessage,
  toolCall,
} from "../mcp-upstream.ts";

const P = "io.modelcontextprotocol/";
const OWN = {
  [`${P}protocolVersion`]: "2026-07-28",
  [`${P}clientCapabilities`]: {},
  [`${P}clientInfo`]: { name: "switchgear", version: "0.0.1" },
};
const call2026: typeof toolCall = (name, options) => toolCall(name, { era: "2026", ...options });

describe("an HTTP leg of the 2026 era", () => {
  let upstream: McpUpstream;
  let plans: PlanMaker;
  let heard: Heard;
  const open: Leg2026[] = [];

  beforeEach(async () => {
    upstream = await McpUpstream.start();
    plans = new PlanMaker();
    heard = new Heard();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((leg) => leg.close()));
    await plans.close();
    await upstream.close();
  });

  async function connect(options: Parameters<PlanMaker["plan"]>[1] = {}): Promise<Leg2026> {
    const plan = plans.plan(upstream.url, { wanted: "2026", ...options });
    const leg = new Leg2026(plan, heard, await discover(new HttpTarget(plan), NEVER()));
    open.push(leg);
    return leg;
  }

  it("is introduced by server/discover, with the whole envelope", async () => {
    speaks2026(upstream, { instructions: "Be kind." });

    const leg = await connect();

    const { headers, params } = upstream.last("server/discover");
    expect(params).to.deep.equal({ _meta: OWN });
    expect(headers).to.deep.include({
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "server/discover",
    });
    expect(leg).to.deep.include({ era: "2026", sessionful: false, instructions: "Be kind." });
    expect(leg.serverInfo).to.deep.equal({ name: "fixture", version: "1" });
    expect(leg.capabilities).to.deep.equal({ tools: {} });
  });

  it("refuses an upstream that does not offer the version", async () => {
    upstream.result("server/discover", { supportedVersions: ["2027-01-01"], capabilities: {} });

    expect((await rejection(() => connect())).code).to.equal("upstream_rejected");
  });

  describe("a request", () => {
    beforeEach(() => void speaks2026(upstream).result("tools/call", {}));
    const metaOf = (): JsonObject => upstream.last("tools/call").params["_meta"] as JsonObject;

    it("carries the envelope in its _meta, and says in its headers what it is", async () => {
      proves("call.headers", "capabilities.caller");
      const leg = await connect();

      await leg.call(
        call2026("get_weather", { params: { name: "get_weather", arguments: { city: "Bern" } } }),
      );

      const { params, headers } = upstream.last("tools/call");
      expect(params).to.deep.equal({ name: "get_weather", arguments: { city: "Bern" }, _meta: OWN });
      expect(headers).to.deep.include({
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "get_weather",
        "content-type": "application/json",
      });
      expect(headers).not.to.have.property("mcp-session-id");
    });

    it("without params is valid too", async () => {
      upstream.result("tools/list", { tools: [] });

      await (await connect()).call(call2026("", { method: "tools/list", params: {} }));

      expect(upstream.last("tools/list").params).to.deep.equal({ _meta: OWN });
      expect(upstream.last("tools/list").headers).not.to.have.property("mcp-name");
    });

    it("leaves out members that are undefined", async () => {
      const params: JsonObject = { name: undefined };

      await (await connect()).call(call2026("", { params }));

      expect(upstream.last("tools/call").params).to.deep.equal({ _meta: OWN });
    });

    it("passes on what the caller said of itself", async () => {
      const envelope = {
        capabilities: { sampling: {} },
        clientInfo: { name: "inspector", version: "9" },
        logLevel: "debug",
      };

      await (await connect()).call(call2026("a", { envelope }));

      expect(metaOf()).to.deep.equal({
        ...OWN,
        [`${P}clientCapabilities`]: { sampling: {} },
        [`${P}clientInfo`]: { name: "inspector", version: "9" },
        [`${P}logLevel`]: "debug",
      });
    });

    it("keeps the caller's _meta, but never a version other than that of the leg", async () => {
      const params = { name: "a", _meta: { traceparent: "00-1", [`${P}protocolVersion`]: "1999" } };

      await (await connect()).call(call2026("a", { params }));

      expect(metaOf()).to.deep.equal({ traceparent: "00-1", ...OWN });
    });

    it("asks for progress with its own id", async () => {
      upstream.on("tools/call", (exchange) => {
        openSse(exchange);
        const { progressToken } = exchange.params["_meta"] as JsonObject;
        sseMessage(exchange, { method: "notifications/progress", params: { progressToken, progress: 1 } });
        sseMessage(exchange, { id: exchange.id, result: { done: true } });
        exchange.response.end();
      });
      const progress: unknown[] = [];

      await (await connect()).call(call2026("a", { onProgress: (params) => progress.push(params) }));

      expect(metaOf()).to.have.property("progressToken", upstream.last("tools/call").id);
      expect(progress).to.deep.equal([{ progress: 1 }]);
    });

    it("has names in its headers that any header can carry", async () => {
      upstream.result("resources/read", {});
      const leg = await connect();

      await leg.call(call2026("", { method: "resources/read", params: { uri: "file:///grün" } }));

      expect(upstream.last("resources/read").headers["mcp-name"]).to.equal(
        `=?base64?${Buffer.from("file:///grün").toString("base64")}?=`,
      );
    });

    it("carries the headers of its arguments", async () => {
      await (await connect()).call(call2026("a", { headers: { "mcp-param-region": "eu" } }));

      expect(upstream.last("tools/call").headers["mcp-param-region"]).to.equal("eu");
    });

    it("of one leg never has the id of another one", async () => {
      proves("ids.own");
      const leg = await connect();

      await Promise.all(Array.from({ length: 30 }, () => leg.call(call2026("a"))));

      expect(new Set(upstream.of("tools/call").map(({ id }) => id)).size).to.equal(30);
    });
  });

  describe("an error", () => {
    beforeEach(() => void speaks2026(upstream));

    it("is an answer, whatever status it comes with", async () => {
      const leg = await connect();
      for (const [status, code] of [
        [200, -32602],
        [400, -32021],
        [404, -32601],
        [500, -32603],
      ] as const) {
        upstream.on("tools/call", (exchange) => rpcError(exchange, code, "no", status));

        const reply = await leg.call(call2026("a"));

        expect(reply).to.deep.include({ kind: "error", era: "2026" });
        expect(reply.value).to.deep.equal({ code, message: "no" });
      }
    });

    for (const code of [-32020, -32022]) {
      it(`of code ${code} says that nothing was done`, async () => {
        upstream.on("tools/call", (exchange) =>
          rpcError(exchange, code, "not like this", 400, { supported: [] }),
        );

        const error = await rejection(async () => (await connect()).call(call2026("a")));

        expect(error).to.deep.include({
          code: "upstream_rejected",
          outcome: "rejected",
          executed: "not_executed",
        });
        expect(error.details).to.deep.include({ rpc_code: code });
      });
    }
  });

  it("passes on a result that asks the user something as it is", async () => {
    const asking = {
      resultType: "input_required",
      inputRequests: { a: { method: "elicitation/create" } },
      requestState: "opaque",
    };
    speaks2026(upstream).result("tools/call", asking);

    const reply = await (await connect()).call(call2026("a"));

    expect(reply).to.deep.include({ kind: "result", era: "2026" });
    expect(reply.value).to.deep.equal(asking);
    expect(upstream.count("tools/call")).to.equal(1);
  });

  it("reads the same from JSON and from a stream", async () => {
    speaks2026(upstream);
    const leg = await connect();
    const value = { content: [{ type: "text", text: "line\nbreak ä" }] };
    upstream.result("tools/call", value);
    const json = await leg.call(call2026("a"));
    upstream.on("tools/call", (exchange) => {
      openSse(exchange);
      sseMessage(exchange, { id: exchange.id, result: value });
      exchange.response.end();
    });
    const sse = await leg.call(call2026("a"));

    expect(sse.bytes.toString()).to.equal(json.bytes.toString());
  });
});
