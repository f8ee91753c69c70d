import { expect } from "chai";

import { type FaultyHttp, startFaultyHttp } from "../fixtures/faulty-http.ts";
import { until } from "../support/child-processes.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { type Json, type TestClient, connectV1 } from "../support/mcp-clients.ts";
import { type Executed, expectFailedCall, slowestWhile, textOf, timed } from "./failed-call.ts";

const DEADLINE_MS = 2_000;
const MEBIBYTE = 1024 * 1024;

interface Fault {
  readonly tool: string;
  readonly title: string;
  readonly args?: Json;
  readonly executed: Executed;
  readonly atOnce?: true;
}

const FAULTS: readonly Fault[] = [
  { tool: "hang", title: "never answers", executed: "unknown" },
  { tool: "slow_drip", title: "sends a byte now and then", executed: "unknown" },
  { tool: "cut_sse", title: "cuts its event stream", executed: "unknown", atOnce: true },
  { tool: "empty_sse", title: "ends its event stream without an answer", executed: "unknown", atOnce: true },
  { tool: "cut_body", title: "cuts its body", executed: "unknown", atOnce: true },
  { tool: "big", title: "answers with 50 MB", args: { bytes: 50 * MEBIBYTE }, executed: "unknown" },
  { tool: "endless", title: "answers without end", executed: "unknown" },
  { tool: "endless_event", title: "sends an event without end", executed: "unknown" },
  { tool: "wrong_id", title: "answers with another id", executed: "unknown", atOnce: true },
  { tool: "html", title: "answers with a web page", executed: "unknown", atOnce: true },
  { tool: "no_json", title: "answers with half a JSON text", executed: "unknown", atOnce: true },
  { tool: "bad_utf8", title: "answers with bytes that are no UTF-8", executed: "unknown", atOnce: true },
  { tool: "server_error", title: "answers 500", executed: "unknown", atOnce: true },
  { tool: "bad_gateway", title: "answers 502 with a web page", executed: "unknown", atOnce: true },
  { tool: "unauthorized", title: "answers 401", executed: "not_executed", atOnce: true },
];

function serverOf(tool: string): string {
  return `f-${tool.replaceAll("_", "-")}`;
}

describe("an HTTP upstream at its worst", function () {
  this.timeout(30_000);

  let upstream: FaultyHttp;
  let gateway: Gateway;
  let client: TestClient;
  let bystander: TestClient;

  before(async () => {
    upstream = await startFaultyHttp();
    const entry = { type: "http", url: upstream.url, gateway: { timeout: `${DEADLINE_MS}ms` } };
    const servers = ["quiet", "plain", ...FAULTS.map((fault) => serverOf(fault.tool))];
    gateway = await startGateway({
      mcpServers: {
        ...Object.fromEntries(servers.map((server) => [server, entry])),
        nowhere: { type: "http", url: "http://127.0.0.1:9/mcp", gateway: { timeout: "2s" } },
      },
      gateway: { mode: "full", startup: { grace: "20s" } },
    });
    client = await connectV1(gateway.endpoint(), gateway.headers);
    bystander = await connectV1(gateway.endpoint("quiet"), gateway.headers);
    await client.list("tools");
  });

  after(async () => {
    await Promise.all([client?.close(), bystander?.close()]);
    const stopped = await gateway?.stop();
    await upstream?.close();

    expect(stopped).to.deep.equal({ code: 0, left: [] });
  });

  for (const { tool, title, args, executed, atOnce } of FAULTS) {
    it(`that ${title}: answered in time, says what is known, and is not repeated`, async () => {
      const server = serverOf(tool);
      const memory = gateway.peakMemory();

      const trouble = timed(client, `${server}__${tool}`, args);
      const slowest = await slowestWhile(bystander, "echo", trouble);
      const { answer, ms } = await trouble;

      expectFailedCall(answer, { server, executed });
      expect(ms, "answered after").to.be.below(atOnce ? 1_000 : DEADLINE_MS + 1_000);
      expect(slowest, "a call of another upstream").to.be.below(1_000);
      expect(gateway.peakMemory() - memory, "memory").to.be.below(150 * MEBIBYTE);
      if (executed === "unknown") expect(upstream.executions(tool), "executions").to.equal(1);
      expect(textOf(await client.callTool(`${server}__echo`, { value: "back" }))).to.equal("back");
    });
  }

  it("that redirects is not followed", async () => {
    const { answer } = await timed(client, "plain__redirect");

    expect(answer["isError"]).to.equal(true);
    expect(upstream.executions("elsewhere")).to.equal(0);
  });

  it("that is busy for a moment is asked again, and the caller notices nothing", async () => {
    const { answer } = await timed(client, "plain__busy_once");

    expect(textOf(answer)).to.equal("on the second attempt");
    expect(upstream.executions("busy_once")).to.equal(2);
  });

  it("that is not there: the call was not executed, and the server's health says why", async () => {
    const nowhere = await connectV1(gateway.endpoint("nowhere"), gateway.headers);

    const refused: unknown = await nowhere.list("tools").catch((error: unknown) => error);
    await nowhere.close();

    expect(refused).to.be.an("error").with.property("message").that.contains('"nowhere"');
    expect(refused)
      .to.have.property("data")
      .that.includes({ server: "nowhere", code: "upstream_unavailable" });
    const health = await fetch(`${gateway.url}/api/v1/servers/nowhere`, { headers: gateway.headers });
    const server = (await health.json()) as { health: Json };
    expect(server.health).to.include({ level: "unhealthy", code: "upstream_unavailable" });
  });

  it("is told within a second that its caller has left", async () => {
    const leaving = new AbortController();
    const call = client
      .callTool("plain__hang", {}, { signal: leaving.signal })
      .catch((error: unknown) => error);
    await until("the call arrived", () => upstream.executions("hang") === 2);
    const abandoned = upstream.abandoned("hang");

    leaving.abort();

    await until("it was given up", () => upstream.abandoned("hang") > abandoned, 1_000);
    expect(await call).to.be.an("error");
  });
});
