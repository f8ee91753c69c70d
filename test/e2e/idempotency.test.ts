import { request } from "node:http";
import { text as textOf } from "node:stream/consumers";

import { expect } from "chai";

import { type FaultyHttp, startFaultyHttp } from "../fixtures/faulty-http.ts";
import { until } from "../support/child-processes.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { type Received, exchange } from "../support/http-exchange.ts";
import { JSON_HEADERS, initialize, rpc } from "./messages.ts";

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "e2e", version: "1" },
};

describe("idempotency keys", function () {
  this.timeout(60_000);

  let upstream: FaultyHttp;
  let gateway: Gateway;
  let key = "";

  const start = async (options: { dataDir?: string } = {}): Promise<void> => {
    const entry = { type: "http", url: upstream.url, gateway: { timeout: "20s", attempts: 1 } };
    gateway = await startGateway({ mcpServers: { faulty: entry }, ...options });
    const url = `${gateway.url}/api/v1/tools/faulty__slow`;
    await until("the tools are known", async () => {
      const { status } = await exchange(url, { method: "GET", headers: gateway.headers });
      return status === 200;
    });
  };

  beforeEach(async () => {
    upstream = await startFaultyHttp();
    await start();
    key = await createKey();
  });
  afterEach(async () => {
    await gateway.stop();
    await upstream.close();
  });

  /** The key in the data folder is another one after each start. */
  const createKey = async (): Promise<string> => {
    const headers = { ...gateway.headers, "content-type": "application/json" };
    const body = { name: "a caller", role: "operator" };
    const answer = await exchange(`${gateway.url}/api/v1/auth/api-keys`, { headers, body });
    return String(answer.json?.["key"]);
  };

  const execute = (tool: string, name: string | undefined, args: object = {}): Promise<Received> => {
    const named = name === undefined ? {} : { "idempotency-key": name };
    const authorization = `Bearer ${key}`;
    const headers = { "content-type": "application/json", connection: "close", authorization, ...named };
    const url = `${gateway.url}/api/v1/tools/faulty__${tool}/execute`;
    return exchange(url, { headers, body: { arguments: args } });
  };

  /** A call of a 2026 client, with the key in `_meta`, on a connection of its own. */
  const modern = (id: number, args: object, meta: object, signal?: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = {
        ...JSON_HEADERS,
        authorization: `Bearer ${key}`,
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "slow",
      };
      const options = { method: "POST", agent: false, headers, ...(signal === undefined ? {} : { signal }) };
      const params = { name: "slow", arguments: args, _meta: { ...META, ...meta } };
      request(gateway.endpoint("faulty"), options, (response) => void textOf(response).then(resolve, reject))
        .on("error", reject)
        .end(JSON.stringify(rpc(id, "tools/call", params)));
    });

  it("let a call be executed once, though the gateway is killed in the middle of it", async () => {
    const lost = execute("hang", "order-1").catch(() => undefined);
    await until("the upstream has the call", () => upstream.executions("hang") === 1);

    const { dataDir } = gateway;
    await gateway.kill();
    await lost;
    await start({ dataDir });
    const again = await execute("hang", "order-1");
    const twice = await execute("hang", "order-1");

    for (const answer of [again, twice]) {
      expect(answer.status, answer.text).to.equal(409);
      expect(answer.json).to.include({ code: "outcome_unknown", executed: "unknown", retryable: false });
    }
    expect(upstream.executions("hang")).to.equal(1);
    expect(await execute("slow", "order-2", { ms: 1 })).to.include({ status: 200 });
  });

  it("execute duplicates in flight once, and repeat the answer after a restart", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => execute("slow", "k", { ms: 300 })));
    const { dataDir } = gateway;
    await gateway.stop({ keepData: true });
    await start({ dataDir });
    const later = await execute("slow", "k", { ms: 300 });

    expect(new Set(all.map(({ status }) => status))).to.deep.equal(new Set([200]));
    expect(new Set(all.map(({ json }) => JSON.stringify(json?.["content"]))).size).to.equal(1);
    const repeated = all.map(({ json }) => (json?.["meta"] as { repeated?: string } | undefined)?.repeated);
    expect(repeated.filter((how) => how === undefined)).to.have.length(1);
    expect(later.json?.["meta"]).to.include({ repeated: "stored", attempts: 0 });
    expect(later.json?.["content"]).to.deep.equal(all[0]?.json?.["content"]);
    expect(upstream.executions("slow")).to.equal(1);
  });

  it("refuse a key that is used for something else, and a key that is none", async () => {
    await execute("slow", "k", { ms: 1 });

    expect((await execute("slow", "k", { ms: 2 })).json).to.include({
      status: 409,
      code: "idempotency_conflict",
    });
    expect((await execute("slow", "two words", { ms: 2 })).json).to.include({ code: "invalid_request" });
    expect(upstream.executions("slow")).to.equal(1);
  });

  for (const name of ["io.switchgear/idempotencyKey", "idempotencyKey"]) {
    it(`let a 2026 client whose stream broke ask again under a new id (${name})`, async () => {
      const leaving = new AbortController();
      const lost = modern(1, { ms: 1_000 }, { [name]: "k" }, leaving.signal).catch(() => undefined);
      await until("the upstream has the call", () => upstream.executions("slow") === 1);
      leaving.abort();
      await lost;

      const answer = JSON.parse(await modern(2, { ms: 1_000 }, { [name]: "k" })) as {
        id: number;
        result: { content: { text: string }[] };
      };

      expect(answer.id).to.equal(2);
      expect(answer.result.content[0]?.text).to.equal("execution 1");
      expect(upstream.executions("slow")).to.equal(1);
      expect(upstream.abandoned("slow")).to.equal(0);
    });
  }

  it("serve clients of the 2025 era, and one caller has the same key over MCP and REST", async () => {
    ({ key } = gateway);
    const session = await initialize(gateway, "faulty");
    const headers = {
      ...JSON_HEADERS,
      authorization: `Bearer ${key}`,
      "mcp-session-id": session,
      "mcp-protocol-version": "2025-11-25",
      "idempotency-key": "k",
    };
    const call = (id: number) =>
      exchange(gateway.endpoint("faulty"), {
        headers,
        body: rpc(id, "tools/call", { name: "slow", arguments: { ms: 1 } }),
      });

    const first = await call(5);
    const second = await call(6);
    const rest = await execute("slow", "k", { ms: 1 });

    for (const { text } of [first, second, rest]) expect(text).to.contain("execution 1");
    expect(upstream.executions("slow")).to.equal(1);
  });
});
