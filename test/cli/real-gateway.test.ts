import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import { createGateway } from "../../src/gateway.ts";
import { CommandLine, type Ended } from "../support/command-line.ts";

type Item = Readonly<Record<string, unknown>>;

/** Every command against the gateway itself, so that the answers that the commands expect are those it gives. */
describe("the command line with a real gateway", function () {
  this.timeout(30_000);
  let cli: CommandLine;
  let serving: Promise<Ended>;
  let stop: AbortController;

  before(async () => {
    cli = new CommandLine();
    cli.env = {
      PATH: process.env["PATH"] ?? "",
      SWITCHGEAR_LISTEN: "127.0.0.1:0",
      SWITCHGEAR_LOG_LEVEL: "silent",
    };
    cli.startGateway = async (config, { logger, firstKey }) => {
      const gateway = await createGateway(config, {
        env: cli.env,
        logger,
        version: "1.2.3",
        home: new URL("../../src/", import.meta.url),
      });
      gateway.http.listen(config.gateway.listen.port, config.gateway.listen.host);
      await once(gateway.http, "listening");
      gateway.start();
      const { port } = gateway.http.address() as AddressInfo;
      const adminKey = firstKey === true ? await gateway.createAdminKey() : undefined;
      return { ...gateway, adminKey, url: `http://127.0.0.1:${port}`, close: () => gateway.close() };
    };
    stop = cli.stop;
    serving = cli.run("serve");
    while (!existsSync(join(cli.dataDir, "gateway.json"))) await sleep(20);
    // The commands that follow must not be stopped together with the gateway.
    cli.stop = new AbortController();
    await until(async () =>
      (await servers()).some((server) => server["name"] === "demo" && isHealthy(server)),
    );
  });

  after(async () => {
    stop.abort();
    const { code, stdout } = await serving;
    cli.remove();
    expect(code).to.equal(0);
    expect(stdout).to.match(/admin key {8}swg_/);
  });

  const servers = async () => (await cli.run("ls", "--json")).json["items"] as readonly Item[];
  const isHealthy = (server: Item) => (server["health"] as Item)["level"] === "healthy";

  /** What starts the demo server. */
  async function demo(): Promise<{ command: string; args: string[] }> {
    const [server] = (await servers()).filter(({ name }) => name === "demo");
    return { command: String(server?.["command"]), args: (server?.["args"] ?? []) as string[] };
  }

  async function until(isTrue: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (await isTrue()) return;
      await sleep(50);
    }
    expect.fail("it did not come true");
  }

  it("lists the demo server", async () => {
    const { code, stdout } = await cli.run("ls");

    expect(code).to.equal(0);
    expect(stdout).to.match(/^NAME +TYPE +HEALTH +TOOLS +SOURCE\ndemo +stdio +● ok +\d+ +builtin/);
  });

  it("shows the status", async () => {
    const { code, stdout } = await cli.run("status");

    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/version +1\.2\.3/)
      .and.to.match(/offered +[1-9]\d* tools/)
      .and.to.match(/memory +[1-9]\d* MiB/);
  });

  it("finds, describes and calls a tool", async () => {
    const found = await cli.run("search", "return the given text", "--json");
    const ids = (found.json["items"] as readonly Item[]).map((hit) => String((hit["tool"] as Item)["id"]));
    const id = ids[0] ?? "";

    expect(id).to.equal("demo__echo");
    expect((await cli.run("describe", id)).stdout).to.match(/text +string +required/);
    expect(await cli.run("call", id, "text=0042")).to.deep.include({ code: 0, stdout: "0042\n" });
    expect(await cli.run("call", "echo", '{"text":"by its own name"}')).to.deep.include({
      code: 0,
      stdout: "by its own name\n",
    });
  });

  it("suggests the nearest tool", async () => {
    const { code, stderr } = await cli.run("call", "demo__ecko", "text=x");

    expect(code).to.equal(5);
    expect(stderr).to.contain('did you mean "demo__echo"?');
  });

  it("says that a command does not exist, within seconds", async () => {
    const { code, stdout } = await cli.run("add", "ghost", "--", "no-such-command-here");

    expect(code).to.equal(6);
    expect(stdout)
      .to.contain('✗ "ghost" was added, but it did not start')
      .and.to.contain("no-such-command-here");
    expect(stdout).to.contain("fix ");
    expect((await cli.run("rm", "ghost")).code).to.equal(0);
  });

  it("quotes the stderr of a program that dies", async () => {
    const script = "console.error('boom: no API key'); process.exit(3)";

    const { code, stdout } = await cli.run("add", "dies", "--", process.execPath, "-e", script);

    expect(code).to.equal(6);
    expect(stdout).to.contain("│ boom: no API key");
    expect((await cli.run("status")).stdout).to.contain("✗ upstream_unavailable  dies");
    expect((await cli.run("doctor")).code).to.equal(1);
    expect((await cli.run("doctor", "dies")).stdout).to.contain("│ boom: no API key");
    await cli.run("rm", "dies");
    expect((await cli.run("doctor")).code).to.equal(0);
  });

  it("exits with 8 for a server whose variable is not set", async () => {
    const { code, stdout } = await cli.run(
      "add",
      "needy",
      "https://127.0.0.1:1/mcp",
      "--header",
      "A: ${NOT_SET_ANYWHERE}",
    );

    expect(stdout).to.contain("NOT_SET_ANYWHERE");
    expect(code).to.equal(8);
    await cli.run("rm", "needy");
  });

  it("adds a second demo as a command, calls it and removes it", async () => {
    const { command: program, args } = await demo();
    const command = [program, ...args];

    const added = await cli.run("add", "twin", "--env", "A=1", "--", ...command);

    expect(added.stdout).to.match(/^✓ Added "twin": [1-9]\d* tools\.\n$/);
    expect((await cli.run("call", "twin__echo", "text=hi")).stdout).to.equal("hi\n");
    expect((await cli.run("add", "twin", "--", ...command)).code).to.equal(7);
    expect((await cli.run("rm", "twin")).code).to.equal(0);
    expect((await cli.run("call", "twin__echo", "text=hi")).code).to.equal(5);
  });

  it("imports what a client knows", async () => {
    const entry = { ...(await demo()), autoApprove: ["echo"] };
    mkdirSync(join(cli.folder, ".cursor"));
    writeFileSync(
      join(cli.folder, ".cursor/mcp.json"),
      JSON.stringify({ mcpServers: { "from cursor": entry } }),
    );

    const { code, json } = await cli.run("import", "--client", "cursor", "--json");

    expect(code).to.equal(0);
    expect(json["items"]).to.have.length(1);
    await until(async () =>
      (await servers()).some((server) => server["name"] === "from-cursor" && isHealthy(server)),
    );
    expect((await cli.run("import")).stdout).to.match(/from-cursor +cursor +exists/);
  });

  it("makes keys that can do what their role may, until they are revoked", async () => {
    const key = (await cli.run("key", "create", "--name", "reader", "--role", "viewer")).stdout.trim();
    const id = key.split("_")[1] ?? "";

    expect((await cli.run("ls", "--key", key)).code).to.equal(0);
    expect((await cli.run("call", "demo__echo", "text=x", "--key", key)).code).to.equal(4);
    expect((await cli.run("add", "x", "--key", key, "--", "npx")).code).to.equal(4);
    expect((await cli.run("key", "ls")).stdout).to.contain(id);
    expect((await cli.run("key", "rm", id)).code).to.equal(0);
    expect((await cli.run("ls", "--key", key)).code).to.equal(4);
    expect((await cli.run("key", "rm", "nobody")).code).to.equal(5);
  });

  it("connects a client with a key of its own", async () => {
    const { stdout } = await cli.run("connect", "claude-code", "--key");
    const [, url = "", key = ""] =
      /switchgear (\S+) --header "Authorization: Bearer (\S+)"/.exec(stdout) ?? [];

    const response = await fetch(url, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        accept: "application/json, text/event-stream",
        "content-type": "application/json",
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "initialize",
        params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } },
      }),
    });
    expect(await response.text()).to.contain('"serverInfo"');
  });

  it("bridges stdio to the gateway that runs", async () => {
    cli.stdin = '{"jsonrpc":"2.0","id":1,"method":"ping"}\n{"nonsense"\n';

    const { code, stdout } = await cli.run("stdio");
    cli.stdin = "";

    expect(code).to.equal(0);
    for (const line of stdout.trimEnd().split("\n")) expect(JSON.parse(line)).to.include({ jsonrpc: "2.0" });
  });

  it("finds all well", async () => {
    const { code, json } = await cli.run("doctor", "--json");

    expect(code, JSON.stringify(json)).to.equal(0);
    expect(json).to.include({ ok: true });
  });

  it("refuses a second gateway on the same data", async () => {
    expect((await cli.run("serve")).code).to.equal(9);
  });

  it("keeps the local key to the owner", () => {
    expect(readFileSync(join(cli.dataDir, "local-key"), "utf8")).to.match(/^swg_local_/);
  });
});
