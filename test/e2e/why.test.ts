import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect } from "chai";

import { type FaultyHttp, startFaultyHttp } from "../fixtures/faulty-http.ts";
import { until } from "../support/child-processes.ts";
import { type Gateway, MAIN, startGateway } from "../support/gateway.ts";
import { exchange } from "../support/http-exchange.ts";
import type { Json } from "../support/mcp-clients.ts";
import { JSON_HEADERS, envelope2026, headers2026, initialize, rpc } from "./messages.ts";

const FAULTY = fileURLToPath(new URL("../fixtures/faulty-stdio.js", import.meta.url));
const run = promisify(execFile);

describe("why and calls", function () {
  this.timeout(60_000);

  let upstream: FaultyHttp;
  let gateway: Gateway;

  before(async () => {
    upstream = await startFaultyHttp();
    const raw = { command: process.execPath, args: [FAULTY] };
    const cache = { tools: ["exotic"], ttl: "5m" };
    gateway = await startGateway({
      mcpServers: {
        http: {
          type: "http",
          url: upstream.url,
          gateway: { timeout: "3s", tools: { hang: { timeout: "300ms" } } },
        },
        raw: { ...raw, gateway: { cache } },
      },
    });
  });
  after(async () => {
    await gateway.stop();
    await upstream.close();
  });

  /** A call of a 2026 client; the request id that its answer has in the header. */
  const modern = async (
    server: string,
    name: string,
    args: Json = {},
  ): Promise<{ id: string; text: string }> => {
    const headers = { ...JSON_HEADERS, ...gateway.headers, ...headers2026("tools/call", name) };
    const body = rpc(7, "tools/call", { name, arguments: args, ...envelope2026() });
    const answer = await exchange(gateway.endpoint(server), { headers, body });
    return { id: String(answer.headers["x-request-id"]), text: answer.text };
  };

  const why = async (id: string): Promise<Json> => {
    const { json } = await exchange(`${gateway.url}/api/v1/calls/${id}`, {
      method: "GET",
      headers: gateway.headers,
    });
    return json as Json;
  };

  const cli = async (...words: string[]): Promise<string> => {
    const env = { PATH: process.env["PATH"] ?? "", HOME: gateway.dataDir, SWITCHGEAR_URL: gateway.url };
    const args = [MAIN, ...words, "--data-dir", gateway.dataDir];
    return (await run(process.execPath, args, { env })).stdout;
  };

  it("tell of a call that was retried", async () => {
    const { id, text } = await modern("http", "busy_once");

    const call = await why(id);
    const drawn = await cli("why", id);

    expect(text).to.contain("on the second attempt");
    expect(call).to.deep.include({
      attempts: 2,
      retried: ["upstream_rejected"],
      outcome: "ok",
      via: "mcp",
      era: "2026",
    });
    const pause = (call["waterfall"] as Json[]).find(({ phase }) => phase === "pause");
    expect(pause?.["duration_ms"]).to.be.at.least(990);
    expect(drawn)
      .to.match(/^attempt 1 .*rejected, upstream_rejected$/m)
      .and.match(/^attempt 2 .*ok$/m);
  });

  it("tell of a call that took too long, by the id that its error names, in both eras and over REST", async () => {
    const { id, text } = await modern("http", "hang");
    const session = await initialize(gateway, "http");
    const old = await exchange(gateway.endpoint("http"), {
      headers: { ...JSON_HEADERS, ...gateway.headers, "mcp-session-id": session, "x-request-id": "of-2025" },
      body: rpc(8, "tools/call", { name: "hang", arguments: {} }),
    });
    const rest = await exchange(`${gateway.url}/api/v1/tools/http__hang/execute`, {
      headers: { ...gateway.headers, "content-type": "application/json" },
      body: { arguments: {} },
    });

    expect(text).to.contain(`"request_id":"${id}"`);
    expect(old.text).to.contain('"request_id":"of-2025"');
    expect(rest.json?.["request_id"]).to.equal(rest.headers["x-request-id"]);
    for (const name of [id, "of-2025", String(rest.headers["x-request-id"])]) {
      const call = await why(name);
      expect(call, name).to.include({
        code: "upstream_timeout",
        executed: "unknown",
        outcome: "unknown",
        attempts: 1,
      });
      expect(call["duration_ms"], name).to.be.within(290, 3_000);
    }
    expect(await cli("calls", "--failed"))
      .to.contain(id)
      .and.contain("upstream_timeout");
  });

  it("tell of a call that was answered from the cache", async () => {
    await modern("raw", "exotic");
    const { id } = await modern("raw", "exotic");

    expect(await why(id)).to.include({ cache: "hit", attempts: 0, upstream_ms: 0, outcome: "ok" });
  });

  it("tell of a call of a tool that there is not", async () => {
    const { id } = await modern("raw", "no_such_tool");

    expect(await why(id)).to.include({
      code: "tool_not_found",
      executed: "not_executed",
      tool: "no_such_tool",
    });
  });

  it("tell of calls before a restart", async () => {
    const { id } = await modern("raw", "exotic");
    await until("it is written", async () => (await why(id))["request_id"] === id);
    const { dataDir, port } = gateway;
    await gateway.stop({ keepData: true });
    gateway = await startGateway({ mcpServers: {}, dataDir, port });

    expect(await why(id)).to.include({ request_id: id, tool: "exotic" });
    expect(JSON.parse(await cli("calls", "--json", "--limit", "3")))
      .to.have.property("items")
      .with.length(3);
  });
});
