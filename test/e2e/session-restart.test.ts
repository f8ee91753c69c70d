import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { until } from "../support/child-processes.ts";
import { OpenStream } from "../support/event-stream.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { type Received, exchange } from "../support/http-exchange.ts";
import { connectV1 } from "../support/mcp-clients.ts";
import { everythingCommand } from "../support/real-upstreams.ts";
import { textOf } from "./failed-call.ts";
import { JSON_HEADERS, initialize, rpc } from "./messages.ts";

const FAULTY = fileURLToPath(new URL("../fixtures/faulty-stdio.js", import.meta.url));
const mcpServers = {
  everything: { ...everythingCommand(), gateway: { concurrency: 64 } },
  raw: { command: process.execPath, args: [FAULTY] },
};
const settings = { limits: { keepAliveMs: "100ms" } };
const COUNT = 100;

/** Not over a connection that the last gateway has closed. */
function headersOf(key: string, session: string): Record<string, string> {
  return {
    ...JSON_HEADERS,
    authorization: `Bearer ${key}`,
    "mcp-session-id": session,
    "mcp-protocol-version": "2025-11-25",
    connection: "close",
  };
}

/** One call with arguments of its own, so that each is known by its answer. */
function echo(gateway: Gateway, session: string, key = gateway.key): Promise<Received> {
  const body = rpc(5, "tools/call", { name: "echo", arguments: { message: `from ${session}` } });
  return exchange(gateway.endpoint("everything"), { body, headers: headersOf(key, session) });
}

function drop(gateway: Gateway, session: string): Promise<Received> {
  const headers = { ...headersOf(gateway.key, session), "content-type": undefined };
  return exchange(gateway.endpoint("everything"), { method: "DELETE", headers });
}

async function createKey(gateway: Gateway): Promise<string> {
  const answer = await exchange(`${gateway.url}/api/v1/auth/api-keys`, {
    headers: { ...gateway.headers, "content-type": "application/json", connection: "close" },
    body: { name: "somebody else", role: "user" },
  });
  expect(answer.status, answer.text).to.equal(201);
  return String(answer.json?.["key"]);
}

function start(options: { dataDir?: string; port?: number } = {}): Promise<Gateway> {
  return startGateway({ mcpServers, gateway: settings, ...options });
}

describe("sessions over a restart of the gateway", function () {
  this.timeout(90_000);

  let gateway: Gateway;
  beforeEach(async () => {
    gateway = await start();
  });
  afterEach(() => gateway.stop());

  /** The same data, the same port: what clients see of a restart. */
  const restart = async (how: "SIGTERM" | "SIGKILL"): Promise<void> => {
    const { dataDir, port } = gateway;
    if (how === "SIGTERM") await gateway.stop({ keepData: true });
    else await gateway.kill();
    gateway = await start({ dataDir, port });
  };

  for (const how of ["SIGTERM", "SIGKILL"] as const) {
    it(`go on after ${how}: no 404, every call answered, and ended ones stay ended`, async () => {
      const opened = await Promise.all(
        Array.from({ length: COUNT }, () => initialize(gateway, "everything")),
      );
      const [first = "", ended = ""] = opened;
      expect((await echo(gateway, first)).text).to.include(`from ${first}`);
      expect((await drop(gateway, ended)).status).to.equal(204);
      const alive = opened.filter((session) => session !== ended);

      await restart(how);
      const stranger = await createKey(gateway);
      const answers = await Promise.all(alive.map((session) => echo(gateway, session)));

      expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]));
      expect(answers.map(({ text }, at) => text.includes(`from ${alive[at]}`))).to.not.include(false);
      expect((await echo(gateway, ended)).status).to.equal(404);
      expect((await echo(gateway, first, stranger)).status).to.equal(404);
      expect((await drop(gateway, first)).status).to.equal(204);
      expect((await echo(gateway, first)).status).to.equal(404);
    });
  }

  it("go on without the SDK's client noticing", async () => {
    // The key in the data folder is another one after each start.
    const authorization = `Bearer ${await createKey(gateway)}`;
    const client = await connectV1(gateway.endpoint("everything"), { authorization });
    const before = textOf(await client.callTool("echo", { message: "before" }));

    await restart("SIGTERM");
    // Its connections of before are closed; which of them the client has noticed is a matter of moments.
    const after = await until("a call is answered", () =>
      client
        .callTool("echo", { message: "after" })
        .then(textOf)
        .catch(() => undefined),
    );

    expect([before, after]).to.deep.equal(["Echo: before", "Echo: after"]);
    await client.close().catch(() => undefined);
  });

  it("tell a client that comes back for a call that was under way when the gateway was killed", async () => {
    const session = await initialize(gateway, "raw");
    const body = rpc(7, "tools/call", { name: "slow", arguments: { ms: 20_000 } });
    const lost = await OpenStream.open(gateway.endpoint("raw"), {
      method: "POST",
      headers: headersOf(gateway.key, session),
      body,
    });
    await lost.first(1);
    const { lastId } = lost;

    await restart("SIGKILL");
    const stream = await OpenStream.open(gateway.endpoint("raw"), {
      method: "GET",
      headers: { ...headersOf(gateway.key, session), "last-event-id": lastId },
    });
    await stream.ended();

    expect(lastId).to.not.equal("");
    expect(stream.messages).to.have.length(1);
    expect(stream.messages[0]).to.include({ id: 7 });
    expect(stream.messages[0]).to.have.nested.property("error.data.executed", "unknown");
  });
});
