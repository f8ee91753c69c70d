import { connect } from "node:net";

import { expect } from "chai";
import * as fc from "fast-check";

import { type Gateway, startGateway } from "../support/gateway.ts";
import { type Received, type Sent, errorOf, exchange, expectDecent } from "../support/http-exchange.ts";
import { everythingCommand } from "../support/real-upstreams.ts";
import { ENVELOPE, MALFORMED, REFUSED } from "./bad-requests.ts";
import { JSON_HEADERS, initialize, rpc } from "./messages.ts";

const list = rpc(7, "tools/list");
const PARAMS = -32602;

describe("bad input at /mcp", function () {
  this.timeout(20_000);

  let gateway: Gateway;
  let session: string;

  before(async () => {
    const { command, args } = everythingCommand();
    gateway = await startGateway({ mcpServers: { everything: { command, args } } });
    session = await initialize(gateway);
  });

  after(async () => {
    const lines = gateway.stderr;
    expect(await gateway.stop()).to.deep.equal({ code: 0, left: [] });
    expect(lines, "a failure of the gateway itself").not.to.match(/"level":(?:50|60|"error"|"fatal")/);
  });

  async function send(sent: Sent, path = "/mcp"): Promise<Received> {
    const headers = { ...JSON_HEADERS, ...gateway.headers, ...sent.headers };
    const received = await exchange(`${gateway.url}${path}`, { ...sent, headers });
    expectDecent(received);
    return received;
  }

  for (const [group, cases] of Object.entries({ MALFORMED, REFUSED, ENVELOPE })) {
    for (const { title, sent, status, codes, id } of cases) {
      it(`answers ${status} to ${title} (${group.toLowerCase()})`, async () => {
        const received = await send(sent);

        expect(received.status, received.text).to.equal(status);
        if (received.text !== "") expectReason(received);
        if (codes !== undefined) expect(errorOf(received).code, received.text).to.be.oneOf([...codes]);
        if (id !== undefined) expect(received.json?.["id"]).to.equal(id);
      });
    }
  }

  it("says how to authenticate", async () => {
    const received = await send({ body: list, headers: { authorization: undefined } });

    expect(received.headers["www-authenticate"]).to.match(/^Bearer/);
  });

  it("says which methods there are", async () => {
    const received = await send({ method: "PUT", body: list });

    expect(String(received.headers["allow"])).to.contain("POST");
  });

  it("says which versions it speaks", async () => {
    const sent = ENVELOPE.find(({ title }) => title === "an unknown version")?.sent ?? {};

    const { data } = errorOf(await send(sent));

    expect(data["supported"]).to.include("2026-07-28");
    expect(data["requested"]).to.equal("2099-01-01");
  });

  it("knows no server of that name", async () => {
    const received = await send({ body: list }, "/mcp/s/nobody");

    expect(received.status).to.equal(404);
  });

  it("offers a version that it speaks to a client of another one", async () => {
    const body = rpc(1, "initialize", {
      protocolVersion: "1999-12-31",
      capabilities: {},
      clientInfo: { name: "old", version: "1" },
    });

    const received = await send({ body });

    expect(received.status).to.equal(200);
    expect(received.json).to.have.nested.property("result.protocolVersion", "2025-11-25");
  });

  for (const [title, method, params, code] of [
    ["an unknown tool", "tools/call", { name: "everything__nothing", arguments: {} }, PARAMS],
    ["a tool without a name", "tools/call", { arguments: {} }, PARAMS],
    ["arguments that are a list", "tools/call", { name: "everything__echo", arguments: [1] }, PARAMS],
    ["an unknown prompt", "prompts/get", { name: "everything__nothing" }, PARAMS],
    ["an unknown resource", "resources/read", { uri: "nobody://knows" }, -32002],
    ["a cursor that was never given out", "tools/list", { cursor: "made-up" }, PARAMS],
    ["an unknown method", "no/such", {}, -32601],
  ] as const) {
    it(`answers ${title} with ${code} in a session`, async () => {
      const received = await send({ body: rpc(9, method, params), headers: { "mcp-session-id": session } });

      expect(received.status).to.equal(200);
      expect(errorOf(received).code, received.text).to.equal(code);
      expect(received.json?.["id"]).to.equal(9);
    });
  }

  it("names the tool that it does not know", async () => {
    const body = rpc(9, "tools/call", { name: "everything__nothing", arguments: {} });

    const received = await send({ body, headers: { "mcp-session-id": session } });

    expect(errorOf(received).message).to.equal("Unknown tool: everything__nothing");
  });

  it("ends a session on DELETE, and knows it no more", async () => {
    const own = await initialize(gateway);
    const headers = { "mcp-session-id": own };

    const ended = await send({ method: "DELETE", headers });
    const afterwards = await send({ body: list, headers });

    expect(ended.status).to.be.within(200, 204);
    expect([afterwards.status, errorOf(afterwards).code]).to.deep.equal([404, -32001]);
  });

  it("refuses headers of a megabyte", async () => {
    const received = await exchange(gateway.endpoint(), {
      body: list,
      headers: { ...JSON_HEADERS, ...gateway.headers, "x-long": "x".repeat(1024 * 1024) },
    }).catch((error: Error & { code?: string }) => error);

    // The gateway may hang up before it has read them all.
    if (received instanceof Error) expect(received.code).to.match(/^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE)$/);
    else expect(received.status).to.equal(431);
  });

  it("answers what is no HTTP without a page or a stack", async () => {
    const answer = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1", () =>
        socket.write("\x16\x03\x01 nonsense\r\n\r\n"),
      );
      socket.on("data", (chunk) => (text += chunk.toString("latin1")));
      socket.on("error", () => {}).on("close", () => resolve(text));
    });

    expect(answer).to.match(/^(?:$|HTTP\/1\.1 400)/);
    expect(answer).not.to.match(/<html|\n\s+at /i);
  });

  it("takes whatever else is sent, and stays well", async () => {
    const anything = fc.oneof(
      fc.json({ maxDepth: 4 }),
      fc.record({
        jsonrpc: fc.constantFrom("2.0", "1.0", 2),
        id: fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.double(), fc.object({ maxDepth: 1 })),
        method: fc.oneof(
          fc.constantFrom("initialize", "tools/call", "tools/list", "resources/read", "ping"),
          fc.string(),
        ),
        params: fc.anything({ maxDepth: 3, withNullPrototype: false }),
      }),
    );
    const sometimes = fc.constantFrom(undefined, "", session, "2026-07-28", "\u00e4");
    const property = fc.asyncProperty(anything, sometimes, sometimes, async (body, id, version) => {
      const headers = { "mcp-session-id": id, "mcp-protocol-version": version };
      const payload = typeof body === "string" ? body : encode(body);
      const received = await send({ body: payload, headers });

      expect(received.status, payload).to.be.below(500);
    });

    await fc.assert(property, { numRuns: 300, seed: 4470 });

    const alive = await send({ body: rpc(9, "tools/list"), headers: { "mcp-session-id": session } });
    expect(alive.status).to.equal(200);
  });
});

function encode(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part)) ?? "null"
  );
}

/** A JSON-RPC error, or the problem of a request that was refused before anybody asked what it says. */
function expectReason(received: Received): void {
  if (received.json?.["error"] === undefined) expect(received.json).to.include.keys("code", "detail");
  else expect(errorOf(received).message).not.to.equal("");
}
