import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { descendantsOf, stillRunning, until } from "../support/child-processes.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { type TestClient, connectV1 } from "../support/mcp-clients.ts";
import { expectFailedCall, textOf } from "./failed-call.ts";

const FAULTY = fileURLToPath(new URL("../fixtures/faulty-stdio.js", import.meta.url));
const RAW = { command: process.execPath, args: [FAULTY] };

describe("the gateway's own life", function () {
  this.timeout(60_000);

  it("answers all calls in flight when it is told to stop, and leaves no child", async () => {
    const gateway = await startGateway({ mcpServers: { raw: { ...RAW, gateway: { concurrency: 64 } } } });
    const client = await connectV1(gateway.endpoint("raw"), gateway.headers);
    await client.callTool("echo", { value: "warm" });
    const calls = Array.from({ length: 50 }, () => client.callTool("slow", { ms: 1_500 }));
    await until(
      "all arrived",
      async () => Number(textOf(await client.callTool("count", { tool: "slow" }))) === 50,
    );

    const stopped = gateway.stop();
    const answers = await Promise.all(calls);

    expect(answers.map(textOf)).to.deep.equal(Array.from({ length: 50 }, () => "at last"));
    expect(await stopped).to.deep.equal({ code: 0, left: [] });
    await client.close().catch(() => undefined);
  });

  it("keeps what it acknowledged when it is killed the moment after, and is back within ten seconds", async () => {
    const first = await startGateway({ mcpServers: {} });
    const names = Array.from({ length: 20 }, (_, index) => `added-${index}`);
    for (const name of names) {
      const answer = await fetch(`${first.url}/api/v1/servers`, {
        method: "POST",
        headers: { ...first.headers, "content-type": "application/json" },
        body: JSON.stringify({ name, type: "http", url: "http://127.0.0.1:9/mcp" }),
      });
      expect(answer.status, await answer.text()).to.equal(201);
    }

    await first.kill();
    const start = performance.now();
    const second = await startGateway({ mcpServers: {}, dataDir: first.dataDir });
    const ready = performance.now() - start;
    const listed = await fetch(`${second.url}/api/v1/servers?limit=200`, { headers: second.headers });
    const { items } = (await listed.json()) as { items: readonly { name: string }[] };
    await second.stop();

    expect(ready).to.be.below(10_000);
    expect(items.map((server) => server.name)).to.include.members(names);
  });

  it("takes its children with it when it is killed", async () => {
    const gateway = await startGateway({ mcpServers: { raw: RAW } });
    const client = await connectV1(gateway.endpoint("raw"), gateway.headers);
    await client.callTool("echo", { value: "warm" });
    const children = descendantsOf(gateway.pid);

    await gateway.kill();

    expect(children).to.have.length.above(0);
    await until("they are gone", () => stillRunning(children).length === 0, 5_000);
    await client.close().catch(() => undefined);
    rmSync(gateway.dataDir, { recursive: true, force: true });
  });

  describe("with a server that cannot start", () => {
    let gateway: Gateway;
    let client: TestClient;

    before(async () => {
      gateway = await startGateway({
        mcpServers: {
          raw: RAW,
          missing: { command: "no-such-command-anywhere" },
          dying: {
            command: process.execPath,
            args: ["-e", "console.error('no license found'); process.exit(7)"],
          },
          unset: {
            type: "http",
            url: "http://127.0.0.1:9/mcp",
            headers: { Authorization: "Bearer ${NOT_SET_ANYWHERE}" },
          },
        },
      });
      client = await connectV1(gateway.endpoint(), gateway.headers);
    });

    after(async () => {
      await client?.close();
      await gateway?.stop();
    });

    for (const [server, code, hint] of [
      ["missing", /^upstream_/, /no-such-command-anywhere/],
      ["dying", /^upstream_/, /no license found/],
      ["unset", /^needs_input$/, /NOT_SET_ANYWHERE/],
    ] as const) {
      it(`says within five seconds why "${server}" does not work, and what to do`, async () => {
        const health = await until(
          "its health is known",
          async () => {
            const answer = await fetch(`${gateway.url}/api/v1/servers/${server}`, {
              headers: gateway.headers,
            });
            const { health: found } = (await answer.json()) as { health: { level: string; code: string } };
            return found.level === "unknown" ? undefined : found;
          },
          5_000,
        );

        expect(health.level).to.equal("unhealthy");
        expect(health.code).to.match(code);
        expect(JSON.stringify(health)).to.match(hint);
      });
    }

    it("serves the others as if nothing were", async () => {
      expect(textOf(await client.callTool("raw__echo", { value: "fine" }))).to.equal("fine");
    });
  });

  it("refuses a call whose upstream cannot be reached, as not executed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "switchgear-program-"));
    const program = join(folder, "program.mjs");
    writeFileSync(program, `import ${JSON.stringify(FAULTY)};`);
    const mcpServers = { raw: { command: process.execPath, args: [program], gateway: { timeout: "2s" } } };
    const gateway = await startGateway({ mcpServers });
    const client = await connectV1(gateway.endpoint("raw"), gateway.headers);
    await client.callTool("echo", { value: "it works" });
    await gateway.stop({ keepData: true });
    // The tools are remembered, but their program is gone.
    rmSync(folder, { recursive: true });
    const again = await startGateway({ mcpServers, dataDir: gateway.dataDir });
    const later = await connectV1(again.endpoint("raw"), again.headers);

    const answer = await later.callTool("echo", { value: "it does not" });

    expectFailedCall(answer, { server: "raw", executed: "not_executed" });
    await later.close();
    await again.stop();
  });
});
