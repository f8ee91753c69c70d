import { expect } from "chai";

import { CommandLine } from "../../support/command-line.ts";
import { RestStub } from "../../support/rest-stub.ts";

describe("explain", () => {
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

  it("says that a tool can be called, and by what checks", async () => {
    const { code, stdout } = await cli.run("explain", "demo__echo");

    expect(code).to.equal(0);
    expect(stub.seen[0]).to.deep.include({ path: "/api/v1/tools/demo__echo/explain", query: {} });
    expect(stdout.split("\n")).to.deep.equal([
      "demo__echo  can be called",
      "for key:stub (admin)",
      "",
      '✓ known         It is "echo" of the server "demo".',
      "",
    ]);
  });

  it("shows what another sees, and the truth with its fix", async () => {
    const { stdout } = await cli.run("explain", "demo__echo", "--as", "user", "--client", "claude-code");

    expect(stub.seen[0]?.query).to.deep.equal({ as: "user", client: "claude-code" });
    expect(stdout.split("\n")).to.deep.equal([
      "demo__echo  does not exist here: unknown_tool",
      "for role:user (user)",
      "",
      "✗ known         There is none. (since 2026-01-01T00:00:00.000Z)",
      "",
      "In truth: does not exist here: denied_by_server",
      '✓ known         It is "echo" of the server "demo".',
      "✗ server_filter It is denied.",
      "  fix Take it out: switchgear why",
      "",
    ]);
  });

  it("passes on from where to look, and a name as it is", async () => {
    await cli.run("explain", "a/b?c", "--profile", "dev", "--server", "x");

    expect(stub.seen[0]?.path).to.equal("/api/v1/tools/a/b?c/explain");
    expect(stub.seen[0]?.query).to.deep.equal({ profile: "dev", server: "x" });
  });

  it("gives the answer as JSON", async () => {
    const { json } = await cli.run("explain", "demo__echo", "--json");

    expect(json).to.include({ callable: true, reason: "ok" });
  });
});
