import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { expect } from "chai";

import type { CliDeps } from "../../../src/cli/cli-deps.ts";
import { Context } from "../../../src/cli/context.ts";
import { localChecks } from "../../../src/cli/doctor-checks.ts";
import { CommandLine } from "../../support/command-line.ts";
import { RestStub } from "../../support/rest-stub.ts";
import { BROKEN } from "../../support/stub-facts.ts";

interface Check {
  readonly name: string;
  readonly status: string;
  readonly summary: string;
  readonly fix?: string;
}

describe("doctor", () => {
  let cli: CommandLine;
  let stub: RestStub;

  beforeEach(async () => {
    cli = new CommandLine();
    stub = await RestStub.start();
    cli.env = { SWITCHGEAR_URL: stub.url, SWITCHGEAR_API_KEY: stub.key };
  });
  afterEach(async () => {
    await stub.close();
    cli.remove();
  });

  const checks = async (...argv: readonly string[]) =>
    (await cli.run("doctor", "--json", ...argv)).json["checks"] as Check[];
  const check = async (name: string, ...argv: readonly string[]) =>
    (await checks(...argv)).find((one) => one.name === name);

  it("finds all well", async () => {
    const { code, stdout } = await cli.run("doctor");

    expect(code).to.equal(0);
    expect(stdout).to.contain("✓ gateway").and.to.contain("version 9.9.9").and.to.contain("All is well.");
    expect((await checks()).map(({ name }) => name)).to.deep.equal([
      "node",
      "config",
      "data folder",
      "gateway",
      "key",
      "storage",
      "clock",
      "demo",
    ]);
  });

  it("warns when no gateway runs and the port is free", async () => {
    const free = createServer();
    await new Promise<void>((ready) => free.listen(0, "127.0.0.1", ready));
    const { port } = free.address() as AddressInfo;
    await new Promise((done) => free.close(done));

    const { code, json } = await cli.run("doctor", "--json", "--url", `http://127.0.0.1:${port}`);

    expect(code).to.equal(0);
    expect((json["checks"] as Check[]).at(-1)).to.include({
      name: "gateway",
      status: "warn",
      fix: "switchgear serve",
    });
  });

  it("fails when another program holds the port", async () => {
    const other = createServer((_, response) => response.end("hello"));
    await new Promise<void>((ready) => other.listen(0, "127.0.0.1", ready));
    const { port } = other.address() as AddressInfo;

    const found = await check("gateway", "--url", `http://127.0.0.1:${port}`);
    other.closeAllConnections();
    other.close();

    expect(found).to.include({ status: "fail" });
    expect(found?.fix).to.contain(`lsof -i :${port}`);
  });

  it("fails for a key that is not valid", async () => {
    expect(await check("key", "--key", "wrong")).to.include({ status: "fail", fix: "Do this" });
  });

  it("exits with 8 for a config with a mistake, and checks the rest", async () => {
    writeFileSync(join(cli.folder, "switchgear.jsonc"), '{"zebra":1}');

    const { code, stdout } = await cli.run("doctor");

    expect(code).to.equal(8);
    expect(stdout).to.contain("✗ config").and.to.contain("zebra: unknown key").and.to.contain("✓ gateway");
  });

  it("tells of a server that is not well, with the fix", async () => {
    stub.put("broken", { type: "stdio", command: "broken" }, BROKEN);

    const { code, stdout } = await cli.run("doctor");

    expect(code).to.equal(1);
    expect(stdout).to.contain("✗ broken").and.to.contain("fix Install the command: npm i -g broken");
    expect(stdout).to.contain("1 to repair, 0 to look at.");
  });

  it("does not mind a server that is switched off, and minds one that nobody has heard of yet", async () => {
    stub.put(
      "off",
      {},
      { ...BROKEN, level: "unknown", code: "disabled", summary: "Disabled.", action: undefined },
    );
    stub.put(
      "new",
      {},
      { ...BROKEN, level: "unknown", code: "connecting", summary: "Connecting.", action: undefined },
    );

    expect(await check("off")).to.include({ status: "ok" });
    expect(await check("new")).to.include({ status: "warn" });
  });

  it("fails for a data folder that cannot be made", async () => {
    writeFileSync(join(cli.folder, "file"), "");

    expect(await check("data folder", "--data-dir", join(cli.folder, "file", "data"))).to.include({
      status: "fail",
    });
  });

  describe("with a server", () => {
    it("connects to it now and says how it went", async () => {
      const { code, stdout } = await cli.run("doctor", "demo");

      expect(code).to.equal(0);
      expect(stdout).to.match(/✓ demo +Ready\. \(12 ms\)/);
      expect(
        stub.seen.some(({ method, path }) => method === "POST" && path === "/api/v1/servers/demo/test"),
      ).to.equal(true);
    });

    it("leaves out the others", async () => {
      stub.put("broken", { type: "stdio", command: "broken" }, BROKEN);

      expect((await cli.run("doctor", "demo")).code).to.equal(0);
    });

    it("shows its stderr and the fix when it does not start", async () => {
      stub.put("broken", { type: "stdio", command: "broken" }, BROKEN);

      const { code, stdout } = await cli.run("doctor", "broken");

      expect(code).to.equal(1);
      expect(stdout).to.contain("│ Error: Cannot find module 'x'").and.to.contain("fix Install the command");
    });

    it("exits with 5 for a name that nobody knows", async () => {
      const { code, stderr } = await cli.run("doctor", "dmeo");

      expect(code).to.equal(5);
      expect(stderr).to.contain('did you mean "demo"?');
    });
  });

  for (const [version, status] of [
    ["18.20.0", "fail"],
    ["20.18.3", "fail"],
    ["20.19.0", "ok"],
    ["22.0.0", "ok"],
  ] as const) {
    it(`says ${status} for Node.js ${version}`, () => {
      const deps = { env: {}, cwd: cli.folder, home: cli.home } as unknown as CliDeps;

      expect(localChecks(new Context(deps, {}), version)[0]).to.include({ name: "node", status });
    });
  }
});
