import { expect } from "chai";

import { BridgeEndpoint } from "../../src/cli/bridge-endpoint.ts";
import { ModernLeg } from "../../src/cli/bridge-modern.ts";
import { encodeRequest } from "../../src/wire/message.ts";
import { ENVELOPE } from "./bridge-bench.ts";
import { ScriptedGateway, answerWith, json } from "./scripted-gateway.ts";

const signal = new AbortController().signal;

describe("ModernLeg", () => {
  let gateway: ScriptedGateway;
  let endpoint: BridgeEndpoint;
  let leg: ModernLeg;
  const marked = {
    name: "query",
    inputSchema: { type: "object", properties: { region: { type: "string", "x-mcp-header": "Region" } } },
  };
  const plain = { name: "plain", inputSchema: { type: "object" } };

  beforeEach(async () => {
    gateway = new ScriptedGateway();
    await gateway.open();
    endpoint = new BridgeEndpoint(gateway.url, {});
    leg = new ModernLeg(endpoint);
    gateway.answering = (seen, response) => {
      const { message, headers } = seen;
      const page =
        message.params?.["cursor"] === "2" ? { tools: [marked] } : { tools: [plain], nextCursor: "2" };
      if (message.method === "tools/list") answerWith(response, seen, page);
      else if (headers["mcp-param-region"] === "eu") answerWith(response, seen, { ok: true });
      else
        json(response, 400, { jsonrpc: "2.0", id: message.id, error: { code: -32020, message: "mismatch" } });
    };
  });
  afterEach(async () => {
    await endpoint.close();
    await gateway.close();
  });

  async function call(name: string, args: Record<string, string> = { region: "eu" }) {
    const params = { name, arguments: args, _meta: { ...ENVELOPE, progressToken: 3 } };
    const line = Buffer.from(encodeRequest(1, "tools/call", params));
    const answer = await leg.post(
      { kind: "request", id: 1, method: "tools/call", params },
      line,
      "2026-07-28",
      signal,
    );
    return {
      status: answer.statusCode,
      body: (await answer.body.json()) as { result?: unknown; error?: { code: number } },
    };
  }

  it("reads all pages of the list when a call lacks headers, and sends it once more", async () => {
    const { body } = await call("query");

    expect(body.result).to.deep.equal({ ok: true });
    expect(gateway.methods()).to.deep.equal(["tools/call", "tools/list", "tools/list", "tools/call"]);
  });

  it("asks for the list as the caller would, but for no progress", async () => {
    await call("query");

    const [, list] = gateway.seen;
    expect(list?.message.params).to.deep.equal({ _meta: ENVELOPE });
    expect(list?.headers).to.include({ "mcp-method": "tools/list", "mcp-protocol-version": "2026-07-28" });
  });

  it("needs no list when the client has read it", async () => {
    leg.learn({ tools: [marked] });

    const { body } = await call("query");

    expect(body.result).to.deep.equal({ ok: true });
    expect(gateway.methods()).to.deep.equal(["tools/call"]);
  });

  it("hands on a refusal that has nothing to do with headers", async () => {
    leg.learn({ tools: [marked] });

    const { status, body } = await call("query", { region: "us" });

    expect(status).to.equal(400);
    expect(body.error?.code).to.equal(-32020);
    expect(gateway.methods()).to.deep.equal(["tools/call"]);
  });

  it("hands on the refusal of a tool that no list has", async () => {
    const { status } = await call("unheard-of");

    expect(status).to.equal(400);
    expect(gateway.methods()).to.deep.equal(["tools/call", "tools/list", "tools/list"]);
  });

  it("does not follow a list without an end", async () => {
    gateway.answering = (seen, response) =>
      seen.message.method === "tools/list"
        ? answerWith(response, seen, { tools: [], nextCursor: "again" })
        : json(response, 400, { jsonrpc: "2.0", id: 1, error: { code: -32020, message: "mismatch" } });

    await call("query");

    expect(gateway.seen.length).to.equal(65);
  });

  it("never repeats a call that may have been executed", async () => {
    gateway.answering = ({ message }, response) =>
      json(response, 500, { jsonrpc: "2.0", id: message.id, error: { code: -32603, message: "broke" } });

    const { status } = await call("query");

    expect(status).to.equal(500);
    expect(gateway.methods()).to.deep.equal(["tools/call"]);
  });
});
