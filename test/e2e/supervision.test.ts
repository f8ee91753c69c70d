import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { descendantsOf, stillRunning, until } from "../support/child-processes.ts";
import { type Gateway, type GatewayOptions, startGateway } from "../support/gateway.ts";
import { type TestClient, connectV1 } from "../support/mcp-clients.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { textOf } from "./failed-call.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/stdio/${name}.js`, import.meta.url));
const STUBBORN = { command: process.execPath, args: [fixture("stubborn")] };
const TALKING = { command: process.execPath, args: [fixture("talking")] };

describe("a gateway and its child processes", function () {
  this.timeout(60_000);
  let gateways: Gateway[];
  let clients: TestClient[];

  beforeEach(() => {
    gateways = [];
    clients = [];
  });
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close().catch(() => undefined)));
    await Promise.all(gateways.map((gateway) => gateway.stop()));
  });

  async function start(options: GatewayOptions): Promise<Gateway> {
    const gateway = await startGateway(options);
    gateways.push(gateway);
    return gateway;
  }

  async function connect(gateway: Gateway): Promise<TestClient> {
    const client = await connectV1(gateway.endpoint(), gateway.headers);
    clients.push(client);
    return client;
  }

  /** The child and its own child, of each server. */
  async function stubbornOf(gateway: Gateway, servers: readonly string[]): Promise<readonly number[]> {
    const client = await connect(gateway);
    await client.list("tools");
    const texts = await Promise.all(
      servers.map(async (server) => textOf(await client.callTool(`${server}__pids`, {}))),
    );
    return texts.flatMap((text) => JSON.parse(text) as number[]);
  }

  const ask = async (gateway: Gateway, method: string, path: string, body?: object) => {
    const headers = { ...gateway.headers, "content-type": "application/json" };
    const response = await fetch(`${gateway.url}/api/v1${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  const health = async (gateway: Gateway, server: string) =>
    (await ask(gateway, "GET", `/servers/${server}/health`)) as {
      code: string;
      summary: string;
      stderr_tail?: string;
      action?: { command?: string };
      process?: { pid?: number; restarts: number };
    };
  const metric = async (gateway: Gateway, name: string): Promise<number> => {
    const text = await (await fetch(`${gateway.url}/metrics`, { headers: gateway.headers })).text();
    return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? Number.NaN);
  };

  it("that is killed leaves none of them after two seconds, also those that heed nothing", async () => {
    const gateway = await start({ mcpServers: { one: STUBBORN, two: STUBBORN, plain: TALKING } });
    const pids = await stubbornOf(gateway, ["one", "two"]);
    const everybody = descendantsOf(gateway.pid);
    expect(everybody).to.include.members([...pids]);

    await gateway.kill();

    await until("all are gone", () => stillRunning(everybody).length === 0, 2_000);
  });

  it("that is told to stop leaves neither children nor what watches them", async () => {
    const gateway = await start({ mcpServers: { one: STUBBORN } });
    await stubbornOf(gateway, ["one"]);

    const stopped = await gateway.stop({ keepData: true });

    expect(stopped).to.deep.equal({ code: 0, left: [] });
    expect(readdirSync(join(gateway.dataDir, "children"))).to.deep.equal([]);
  });

  it("kills at its start what an earlier one has left behind though nobody watched, and counts it", async () => {
    const first = await start({ mcpServers: { one: STUBBORN } });
    const pids = await stubbornOf(first, ["one"]);
    await until("it is noted", () => readdirSync(join(first.dataDir, "children")).length === 1);
    // What watches them may be killed as well.
    const [watchman = 0] = descendantsOf(first.pid).filter((pid) => isWatchman(pid));
    process.kill(watchman, "SIGKILL");
    await first.kill();
    expect(stillRunning(pids)).to.have.length(2);

    const second = await start({ mcpServers: {}, dataDir: first.dataDir });

    await until("they are gone", () => stillRunning(pids).length === 0, 2_000);
    await until("it is counted", async () => (await metric(second, "switchgear_orphans_killed_total")) === 1);
    expect(second.stderr).to.contain("orphaned child process killed").and.to.contain('"one"');
    expect(readdirSync(join(first.dataDir, "children"))).to.deep.equal([]);
  });

  it("does not touch the children of another one that lives on the same folder", async () => {
    const first = await start({ mcpServers: { one: STUBBORN } });
    const pids = await stubbornOf(first, ["one"]);
    const other = await start({ mcpServers: {} });
    // A folder can be shared by name: the notes of the first lie where the second one looks.
    const notes = join(first.dataDir, "children");
    const shared = join(other.dataDir, "children");
    await other.stop({ keepData: true });
    cpSync(notes, shared, { recursive: true });

    const again = await start({ mcpServers: {}, dataDir: other.dataDir });
    await sleep(300);

    expect(stillRunning(pids)).to.have.length(2);
    expect(readdirSync(shared)).to.have.length(1);
    expect(await metric(again, "switchgear_orphans_killed_total")).to.equal(0);
  });

  it("never kills a process that has got the number of a child", async () => {
    const first = await start({ mcpServers: { one: STUBBORN } });
    const pids = await stubbornOf(first, ["one"]);
    const second = await start({ mcpServers: {} });
    await second.stop({ keepData: true });
    const [name = ""] = readdirSync(join(first.dataDir, "children"));
    const note = JSON.parse(readFileSync(join(first.dataDir, "children", name), "utf8")) as object;
    const folder = join(second.dataDir, "children");
    mkdirSync(folder, { recursive: true });
    const foreign = { ...note, started: "1@another", gateway: { pid: 4_194_303, started: "1@another" } };
    writeFileSync(join(folder, "1-2.json"), JSON.stringify(foreign));

    await start({ mcpServers: {}, dataDir: second.dataDir });
    await until("it is forgotten", () => readdirSync(folder).length === 0);

    expect(stillRunning(pids)).to.have.length(2);
  });

  it("gives up one that crashes in a loop, says why, and takes it back when it is told to", async () => {
    const flag = join(temporaryFolder(), "mended");
    const program = join(temporaryFolder(), "program.mjs");
    writeFileSync(
      program,
      `import { existsSync } from "node:fs";
       if (!existsSync(${JSON.stringify(flag)})) { console.error("the disk is full"); process.exit(7); }
       await import(${JSON.stringify(fixture("talking"))});`,
    );
    const gateway = await start({ mcpServers: { bad: { command: process.execPath, args: [program] } } });

    // Discovery tries again by itself after 1, 2, 4 and 8 seconds.
    const parked = await until(
      "it is parked",
      async () => {
        const now = await health(gateway, "bad");
        return now.code === "crash_loop" && now;
      },
      30_000,
    );
    const refused = await ask(gateway, "POST", "/servers/bad/refresh").then(() => health(gateway, "bad"));
    writeFileSync(flag, "");
    const restarted = await ask(gateway, "POST", "/servers/bad/restart");

    expect(parked.stderr_tail).to.contain("the disk is full");
    expect(parked.summary).to.contain("again and again");
    expect(parked.action?.command).to.equal("switchgear restart bad");
    expect(refused.code).not.to.equal("ok");
    expect(restarted).to.nested.include({ "health.code": "ok" });
    const client = await connect(gateway);
    expect(textOf(await client.callTool("bad__who", {}))).to.contain("pid");
  });

  it("ends a child that nobody uses; its tools stay listed, and the next call starts it", async () => {
    const gateway = await start({ mcpServers: { talk: { ...TALKING, gateway: { idle: "500ms" } } } });
    const client = await connect(gateway);
    const before = await client.list("tools");
    await client.callTool("talk__who", {});
    const { process: first } = await health(gateway, "talk");

    const asleep = await until("it was ended", async () => {
      const now = await health(gateway, "talk");
      return now.process?.pid === undefined && now;
    });
    const after = await client.list("tools");
    const answer = JSON.parse(textOf(await client.callTool("talk__who", {}))) as { pid: number };

    expect(asleep).to.deep.include({ code: "ok", process: { restarts: 0 } });
    expect(stillRunning([first?.pid ?? 0])).to.deep.equal([]);
    expect(after).to.deep.equal(before);
    expect(answer.pid).not.to.equal(first?.pid);
  });

  it("refuses more children than it may have, and says how to get more", async () => {
    const gateway = await start({
      mcpServers: { one: TALKING, two: TALKING, three: TALKING },
      gateway: { limits: { children: 2 } },
    });
    const client = await connect(gateway);
    await client.list("tools");

    const codes = await until("all were tried", async () => {
      const all = await Promise.all(["one", "two", "three"].map((name) => health(gateway, name)));
      return all.every(({ code }) => code === "ok" || code === "upstream_busy") && all;
    });

    expect(codes.map(({ code }) => code).sort()).to.deep.equal(["ok", "ok", "upstream_busy"]);
    const [refused] = codes.filter(({ code }) => code === "upstream_busy");
    expect(JSON.stringify(refused)).to.contain("gateway.limits.children");
  });
});

function isWatchman(pid: number): boolean {
  return (
    existsSync(`/proc/${pid}/cmdline`) &&
    readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("switchgear-watchman")
  );
}
