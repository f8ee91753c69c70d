import { expect } from "chai";

import { CommandLine } from "../../support/command-line.ts";
import { RestStub } from "../../support/rest-stub.ts";

describe("cache commands", () => {
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

  const asked = () => stub.seen.map(({ method, path, query }) => ({ method, path, query }));

  for (const words of [["cache"], ["cache", "show"]]) {
    it(`shows what is kept: ${words.join(" ")}`, async () => {
      const { code, stdout } = await cli.run(...words);

      expect(code).to.equal(0);
      expect(stdout).to.equal(
        [
          "kept      7 answers, 11 KiB",
          "hits      12 (5 misses)",
          "stale     1",
          "tiers     memory, redis (not used just now)",
          "",
        ].join("\n"),
      );
    });
  }

  it("answers in JSON what the gateway answers", async () => {
    const { json } = await cli.run("cache", "--json");

    expect(json).to.include({ entries: 7, degraded: true });
  });

  it("forgets all", async () => {
    const { code, stdout } = await cli.run("cache", "purge");

    expect([code, stdout]).to.deep.equal([0, "Forgot 7 answers.\n"]);
    expect(asked()).to.deep.equal([{ method: "DELETE", path: "/api/v1/cache", query: {} }]);
  });

  it("forgets what a server, a tool or an entry is named for", async () => {
    const { stdout } = await cli.run("cache", "purge", "--server", "demo", "--tool", "echo");
    await cli.run("cache", "purge", "--entry", "a:b c");

    expect(stdout).to.equal("Forgot 1 answer.\n");
    expect(asked().map(({ query }) => query)).to.deep.equal([
      { server: "demo", tool: "echo" },
      { key: "a:b c" },
    ]);
  });

  it("forgets nothing for an option that it does not know", async () => {
    const { code } = await cli.run("cache", "purge", "--sever", "demo");

    expect(code).to.equal(2);
    expect(stub.seen).to.have.length(0);
  });
});
