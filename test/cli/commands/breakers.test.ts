import { expect } from "chai";

import { CommandLine } from "../../support/command-line.ts";
import { RestStub } from "../../support/rest-stub.ts";
import { HEALTHY } from "../../support/stub-facts.ts";

describe("breaker and restart commands", () => {
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

  describe("breaker", () => {
    it("lists the breakers of all servers", async () => {
      stub.put("broken", { type: "stdio", breaker: "open" }, HEALTHY);

      const { code, stdout } = await cli.run("breaker");

      expect(code).to.equal(0);
      expect(stdout).to.equal(
        [
          "SERVER  BREAKER  FAILED",
          "demo    closed   0 of 0",
          "broken  open     7 of 12  asked for a sign of life in 8 s",
          "",
        ].join("\n"),
      );
    });

    it("shows one, also as JSON", async () => {
      expect((await cli.run("breaker", "demo")).stdout).to.contain("closed");
      expect((await cli.run("breaker", "demo", "--json")).json).to.deep.include({
        server: "demo",
        state: "closed",
      });
    });

    for (const action of ["open", "close", "reset"]) {
      it(`sends --${action} to the gateway`, async () => {
        const { code } = await cli.run("breaker", "demo", `--${action}`);

        expect(code).to.equal(0);
        expect(stub.seen.at(-1)).to.deep.include({
          method: "POST",
          path: "/api/v1/servers/demo/breaker",
          body: { action },
        });
      });
    }

    it("says that one was opened by hand", async () => {
      expect((await cli.run("breaker", "demo", "--open")).stdout).to.contain(
        "opened by hand; closes by hand",
      );
    });

    it("wants a server for a change, and one change at a time", async () => {
      const without = await cli.run("breaker", "--reset");
      const both = await cli.run("breaker", "demo", "--open", "--close");

      expect([without.code, both.code]).to.deep.equal([2, 2]);
      expect(without.stderr).to.contain("--reset needs a server");
      expect(stub.seen).to.deep.equal([]);
    });

    it("suggests the nearest name", async () => {
      const { code, stderr } = await cli.run("breaker", "dmeo");

      expect(code).to.equal(5);
      expect(stderr).to.contain('did you mean "demo"?');
    });

    it("is seen in the list of servers when it holds calls back", async () => {
      stub.put("resting", { type: "http", url: "https://x.example.com", breaker: "open" }, HEALTHY);
      stub.put("trying", { type: "http", url: "https://y.example.com", breaker: "half_open" }, HEALTHY);

      const { stdout } = await cli.run("ls");

      expect(stdout).to.contain("[breaker open] https://x.example.com");
      expect(stdout).to.contain("[breaker half open] https://y.example.com");
    });
  });

  describe("restart", () => {
    it("starts a server anew and says how it is", async () => {
      const { code, stdout } = await cli.run("restart", "demo");

      expect(code).to.equal(0);
      expect(stdout).to.equal('Restarted "demo": ● ok\n');
      expect(stub.seen.at(-1)).to.deep.include({ method: "POST", path: "/api/v1/servers/demo/restart" });
    });

    it("exits with 5 and suggests the nearest name when there is none", async () => {
      const { code, stderr } = await cli.run("restart", "dmeo");

      expect(code).to.equal(5);
      expect(stderr).to.contain('did you mean "demo"?');
    });
  });
});
