import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { until } from "../support/child-processes.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { type TestClient, connectV1 } from "../support/mcp-clients.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const TALKING = fileURLToPath(new URL("../fixtures/stdio/talking.js", import.meta.url));

describe("the catalog in an outage of an upstream", function () {
  this.timeout(60_000);
  let flag: string;
  let mcpServers: Record<string, unknown>;
  let gateway: Gateway;
  let client: TestClient;

  beforeEach(async () => {
    const folder = temporaryFolder();
    flag = join(folder, "down");
    const program = join(folder, "program.mjs");
    writeFileSync(
      program,
      `import { existsSync } from "node:fs";
       if (existsSync(${JSON.stringify(flag)})) process.exit(7);
       await import(${JSON.stringify(TALKING)});`,
    );
    mcpServers = { talk: { command: process.execPath, args: [program] } };
    gateway = await startGateway({ mcpServers });
    client = await connectV1(gateway.endpoint(), gateway.headers);
    expect(await names()).to.include("talk__who");
  });
  afterEach(async () => {
    await client.close().catch(() => undefined);
    await gateway.stop();
  });

  const names = async () => (await client.list("tools")).map((tool) => String(tool["name"]));
  const get = async (path: string) =>
    (await (await fetch(`${gateway.url}/api/v1${path}`, { headers: gateway.headers })).json()) as {
      items: { id: string; available: boolean }[];
      level?: string;
      code?: string;
    };
  const healthIs = (wanted: (health: { level?: string; code?: string }) => boolean) =>
    until("the health is told", async () => wanted(await get("/servers/talk/health")), 20_000);

  async function breakDown(): Promise<void> {
    writeFileSync(flag, "");
    await client.callTool("talk__die", {}).catch(() => undefined);
    await healthIs(({ level }) => level === "degraded");
  }

  it("keeps its tools listed and found, and says that they cannot be called now", async () => {
    const before = await names();

    await breakDown();

    expect(await names()).to.deep.equal(before);
    const listed = (await get("/tools?limit=200")).items;
    const found = (await get("/tools/search?q=who")).items;
    expect(listed.map(({ id }) => id)).to.include("talk__who");
    expect(listed.every(({ available }) => !available)).to.equal(true);
    expect(JSON.stringify(found)).to.contain("talk__who").and.to.contain('"available":false');
  });

  it("tells clients of no change when it is away and when it is back with the same tools", async () => {
    // What came of the start itself has been told by then.
    await sleep(300);
    const changes: string[] = [];
    client.onListChanged((list) => changes.push(list));

    await breakDown();
    rmSync(flag);
    await healthIs(({ code }) => code === "ok");

    expect(changes).to.deep.equal([]);
    expect((await get("/tools?limit=200")).items.every(({ available }) => available)).to.equal(true);
  });

  it("outlives a restart of the gateway as well", async () => {
    const before = await names();
    await breakDown();
    await client.close();
    await gateway.stop({ keepData: true });

    gateway = await startGateway({ mcpServers, dataDir: gateway.dataDir });
    client = await connectV1(gateway.endpoint(), gateway.headers);

    expect(await names()).to.deep.equal(before);
    await healthIs(({ level, code }) => level === "degraded" && code !== "ok");
    expect(JSON.stringify((await get("/tools/search?q=who")).items)).to.contain("talk__who");
  });
});
