import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import type { Config } from "../../../src/config/config.ts";
import { CommandLine, fakeGateway } from "../../support/command-line.ts";
import { RestStub } from "../../support/rest-stub.ts";

const PING = '{"jsonrpc":"2.0","id":7,"method":"ping"}\n';

describe("stdio", () => {
  let cli: CommandLine;
  let stub: RestStub;
  let started: Config[];
  let closed: number;

  beforeEach(async () => {
    cli = new CommandLine();
    stub = await RestStub.start();
    cli.stdin = PING;
    cli.env = { SWITCHGEAR_LISTEN: "127.0.0.1:1" };
    started = [];
    closed = 0;
    cli.startGateway = (config) => {
      started.push(config);
      const close = () => {
        closed++;
        return Promise.resolve();
      };
      return Promise.resolve(fakeGateway(stub.url, { localKey: stub.key, close }));
    };
  });
  afterEach(async () => {
    await stub.close();
    cli.remove();
  });

  const leaveRunning = () => {
    mkdirSync(cli.dataDir, { recursive: true });
    writeFileSync(
      join(cli.dataDir, "gateway.json"),
      JSON.stringify({ url: stub.url, pid: 1, started_at: "" }),
    );
    writeFileSync(join(cli.dataDir, "local-key"), stub.key);
  };

  it("carries messages to the gateway that runs, and writes only its answers to stdout", async () => {
    leaveRunning();

    const { code, stdout } = await cli.run("stdio");

    expect(code).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.include({ id: 7, result: { path: "/mcp" } });
    expect(stub.seen[0]).to.deep.include({ method: "POST", path: "/mcp" });
    expect(started).to.deep.equal([]);
  });

  it("offers one server alone when asked", async () => {
    leaveRunning();

    const { json } = await cli.run("stdio", "--server", "github");

    expect(json).to.deep.include({ result: { path: "/mcp/s/github" } });
  });

  it("runs a gateway of its own on a free port and the same data when none runs, and ends it with the client", async () => {
    const { code, json } = await cli.run("stdio");

    expect(code).to.equal(0);
    expect(json).to.include({ id: 7 });
    expect(started[0]?.gateway).to.deep.include({
      listen: { host: "127.0.0.1", port: 0 },
      dataDir: cli.dataDir,
    });
    expect(closed).to.equal(1);
    expect(existsSync(join(cli.dataDir, "gateway.json")), "others must not depend on it").to.equal(false);
  });

  it("runs none of its own when it was told which gateway to use", async () => {
    const { stdout } = await cli.run("stdio", "--url", "http://127.0.0.1:1", "--key", "x");

    expect(started).to.deep.equal([]);
    for (const line of stdout.split("\n").filter((text) => text !== ""))
      expect(JSON.parse(line)).to.have.property("error");
  });

  it("exits with 8 for a broken config, with nothing on stdout", async () => {
    writeFileSync(join(cli.folder, "switchgear.jsonc"), '{"zebra":1}');

    const { code, stdout, stderr } = await cli.run("stdio");

    expect(code).to.equal(8);
    expect(stdout).to.equal("");
    expect(stderr).to.contain("zebra: unknown key");
  });

  it("offers what a profile selects when asked", async () => {
    leaveRunning();

    const { json } = await cli.run("stdio", "--profile", "dev");

    expect(json).to.deep.include({ result: { path: "/mcp/p/dev" } });
  });

  it("exits with 2 for a name that no server or profile can have, and for both at once", async () => {
    expect((await cli.run("stdio", "--server", "../x")).code).to.equal(2);
    expect((await cli.run("stdio", "--profile", "../x")).code).to.equal(2);
    expect((await cli.run("stdio", "--profile", "a", "--server", "b")).code).to.equal(2);
  });
});
