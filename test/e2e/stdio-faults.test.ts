import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { stillRunning, until } from "../support/child-processes.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { type Json, type TestClient, connectV1 } from "../support/mcp-clients.ts";
import { proves } from "../support/proves.ts";
import { type Executed, expectFailedCall, slowestWhile, textOf, timed } from "./failed-call.ts";

const PROGRAM = fileURLToPath(new URL("../fixtures/faulty-stdio.js", import.meta.url));
const DEADLINE_MS = 2_000;
const MEBIBYTE = 1024 * 1024;

interface Fault {
  readonly tool: string;
  readonly title: string;
  readonly args?: Json;
  readonly executed: Executed;
  /** Answered at once, and not only when its time is over. */
  readonly atOnce?: true;
  /** The process goes, with what it had counted. */
  readonly fatal?: true;
}

const FAULTS: readonly Fault[] = [
  { tool: "crash", title: "dies by SIGKILL in mid-call", executed: "unknown", atOnce: true, fatal: true },
  { tool: "exit", title: "ends in mid-call", executed: "unknown", atOnce: true, fatal: true },
  {
    tool: "orphan",
    title: "ends, but its own child holds its stdout",
    executed: "unknown",
    atOnce: true,
    fatal: true,
  },
  { tool: "hang", title: "never answers", executed: "unknown" },
  { tool: "garbage_only", title: "answers with a line that is no JSON", executed: "unknown" },
  { tool: "wrong_id", title: "answers a request that nobody sent", executed: "unknown" },
  { tool: "bad_utf8", title: "answers with bytes that are no UTF-8", executed: "unknown" },
  { tool: "big", title: "answers with 50 MB", args: { bytes: 50 * MEBIBYTE }, executed: "unknown" },
  { tool: "endless", title: "never ends its line", executed: "unknown" },
];

/** A server for each fault, so that one fault's breaker is not the other's. */
function serverOf(tool: string): string {
  return `f-${tool.replaceAll("_", "-")}`;
}

describe("a stdio upstream at its worst", function () {
  this.timeout(30_000);

  let gateway: Gateway;
  let client: TestClient;
  let bystander: TestClient;

  before(async () => {
    const entry = { command: process.execPath, args: [PROGRAM], gateway: { timeout: `${DEADLINE_MS}ms` } };
    const servers = ["quiet", "plain", ...FAULTS.map((fault) => serverOf(fault.tool))];
    gateway = await startGateway({
      mcpServers: Object.fromEntries(servers.map((server) => [server, entry])),
      gateway: { mode: "full", startup: { grace: "20s" } },
    });
    client = await connectV1(gateway.endpoint(), gateway.headers);
    bystander = await connectV1(gateway.endpoint("quiet"), gateway.headers);
    await client.list("tools");
  });

  after(async () => {
    await Promise.all([client?.close(), bystander?.close()]);
    const stopped = await gateway?.stop();

    expect(stopped).to.deep.equal({ code: 0, left: [] });
  });

  for (const { tool, title, args, executed, atOnce, fatal } of FAULTS) {
    it(`that ${title}: the call is answered in time and says what is known`, async () => {
      proves("call.outcome");
      const server = serverOf(tool);
      const memory = gateway.peakMemory();

      const trouble = timed(client, `${server}__${tool}`, args);
      const slowest = await slowestWhile(bystander, "echo", trouble);
      const { answer, ms } = await trouble;

      expectFailedCall(answer, { server, executed });
      expect(ms, "answered after").to.be.below(atOnce ? 1_000 : DEADLINE_MS + 1_000);
      expect(slowest, "a call of another upstream").to.be.below(1_000);
      expect(gateway.peakMemory() - memory, "memory").to.be.below(150 * MEBIBYTE);
    });

    it(`that ${title}: it answers again within five seconds, and nothing was repeated`, async () => {
      const server = serverOf(tool);

      await until(
        "the upstream is back",
        async () => textOf(await client.callTool(`${server}__echo`, { value: "back" })) === "back",
        5_000,
      );

      const count = textOf(await client.callTool(`${server}__count`, { tool }));
      // A new process has executed nothing; what is still the old one has executed it once.
      expect(Number(count), "executions").to.be.at.most(fatal ? 0 : 1);
    });
  }

  it("quotes the last words of a child that ended", async () => {
    const { answer } = await timed(client, "f-exit__exit");

    expect(textOf(answer)).to.contain("the disk of the fixture is full");
  });

  it("is killed from outside in mid-call: answered at once, back within five seconds, other calls go on", async () => {
    const pid = Number(textOf(await client.callTool("plain__pid", {})));
    const hanging = timed(client, "plain__hang");
    await until("the call arrived", async () => (await countOf("plain", "hang")) === 1);

    process.kill(pid, "SIGKILL");
    const { answer, ms } = await hanging;

    expectFailedCall(answer, { server: "plain", executed: "unknown" });
    expect(ms).to.be.below(DEADLINE_MS);
    await until(
      "it is back",
      async () => textOf(await client.callTool("plain__pid", {})) !== String(pid),
      5_000,
    );
    expect(await countOf("plain", "hang"), "a call of unknown outcome was repeated").to.equal(0);
  });

  it("leaves no grandchild behind that outlived its parent", async () => {
    const { answer } = await timed(client, "f-orphan__orphan");
    const orphan = Number(/orphan (\d+)/.exec(textOf(answer))?.[1]);

    expect(orphan, textOf(answer)).to.be.above(0);
    await until("the orphan is gone", () => stillRunning([orphan]).length === 0, 5_000);
  });

  it("answers although it first prints a line that is no JSON", async () => {
    const { answer } = await timed(client, "plain__garbage");

    expect(textOf(answer)).to.equal("after the garbage");
  });

  it("that answers twice is believed once", async () => {
    proves("call.isolation", "ids.own");
    const { answer } = await timed(client, "plain__twice");

    expect(textOf(answer)).to.equal("first");
    expect(textOf(await client.callTool("plain__echo", { value: "next" }))).to.equal("next");
  });

  it("that floods its caller with messages neither fills the memory nor stops the others", async () => {
    const memory = gateway.peakMemory();

    const trouble = timed(client, "plain__flood", { count: 50_000 });
    const slowest = await slowestWhile(bystander, "echo", trouble);
    await trouble;

    expect(slowest).to.be.below(1_000);
    expect(gateway.peakMemory() - memory).to.be.below(150 * MEBIBYTE);
  });

  it("has its malformed tool quarantined by name, and the rest served over all its pages", async () => {
    proves("lists.quarantine");
    const tools = await bystander.list("tools");
    const health = await fetch(`${gateway.url}/api/v1/servers/quiet`, { headers: gateway.headers });

    expect(tools.map((tool) => tool["name"])).to.include.members(["echo", "exotic", "flood"]);
    expect(tools.map((tool) => tool["name"])).not.to.include("malformed");
    expect(await health.text()).to.contain("malformed");
  });

  async function countOf(server: string, tool: string): Promise<number> {
    return Number(textOf(await client.callTool(`${server}__count`, { tool })));
  }
});
