import { expect } from "chai";

import { CommandLine } from "../../support/command-line.ts";
import { RestStub } from "../../support/rest-stub.ts";
import { BROKEN, HEALTHY } from "../../support/stub-facts.ts";

describe("server commands", () => {
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

  describe("ls", () => {
    it("lists the servers of all pages, aligned, with what is wrong", async () => {
      stub.put("github", { type: "http", url: "https://api.example.com/mcp" }, HEALTHY, 12);
      stub.put("broken", { type: "stdio", command: "broken" }, BROKEN);

      const { code, stdout } = await cli.run("ls");

      expect(code).to.equal(0);
      expect(stdout).to.equal(
        [
          "NAME    TYPE   HEALTH                  TOOLS  SOURCE",
          "demo    stdio  ● ok                    2      api     demo",
          "github  http   ● ok                    12     api     https://api.example.com/mcp",
          'broken  stdio  ✗ upstream_unavailable  0      api     Upstream "broken" cannot be reached: the command ended with code 1.',
          "",
        ].join("\n"),
      );
    });

    it("gives the same as JSON", async () => {
      const { json } = await cli.run("ls", "--json");

      expect((json["items"] as object[])[0]).to.deep.include({ name: "demo", type: "stdio" });
    });

    it("says how to begin when there is nothing", async () => {
      stub.servers.clear();

      expect((await cli.run("list")).stdout)
        .to.contain("switchgear add")
        .and.to.contain("switchgear import");
    });

    it("lets no text of others control the terminal", async () => {
      cli.isTTY = true;
      stub.put("evil", { type: "http", url: "https://x/\u001B]0;title\u0007\u001B[2J\nNAME" }, HEALTHY);

      const { stdout } = await cli.run("ls");

      for (const control of ["\u001B]", "\u001B[2J", "\u0007"]) expect(stdout).not.to.contain(control);
      expect(stdout).to.contain("https://x/ NAME");
    });
  });

  describe("rm", () => {
    it("removes a server", async () => {
      const { code, stdout } = await cli.run("rm", "demo");

      expect(code).to.equal(0);
      expect(stdout).to.equal('Removed "demo".\n');
      expect(stub.servers.has("demo")).to.equal(false);
    });

    it("exits with 5 and suggests the nearest name when there is none", async () => {
      const { code, stderr } = await cli.run("rm", "dmeo");

      expect(code).to.equal(5);
      expect(stderr).to.contain('No server named "dmeo" is registered; did you mean "demo"?');
    });

    it("leaves a name that resembles nothing without a suggestion", async () => {
      expect((await cli.run("rm", "zebra")).stderr).not.to.contain("did you mean");
    });

    it("encodes the name in the path", async () => {
      await cli.run("rm", "../tools?x=/y");

      expect(stub.seen[0]?.path).to.equal("/api/v1/servers/../tools?x=/y");
      expect(stub.seen[0]?.query).to.deep.equal({});
    });
  });

  describe("add", () => {
    it("adds a URL with its headers and waits for the tools", async () => {
      const { code, stdout } = await cli.run(
        "add",
        "github",
        "https://api.example.com/mcp",
        "--header",
        "Authorization: Bearer ${T}",
        "--header",
        "X-A:1",
        "--tag",
        "dev",
        "--description",
        "Code",
      );

      expect(code).to.equal(0);
      expect(stdout).to.equal('✓ Added "github": 3 tools.\n');
      expect(stub.seen[0]).to.deep.include({
        query: { wait: "tools" },
        body: {
          name: "github",
          description: "Code",
          url: "https://api.example.com/mcp",
          headers: { Authorization: "Bearer ${T}", "X-A": "1" },
          gateway: { tags: ["dev"] },
        },
      });
    });

    it("adds a command with its arguments and environment", async () => {
      await cli.run(
        "add",
        "files",
        "--env",
        "A=1=2",
        "--cwd",
        "/tmp",
        "--",
        "npx",
        "-y",
        "server",
        "--json",
        "/data",
      );

      expect(stub.seen[0]?.body).to.deep.equal({
        name: "files",
        command: "npx",
        args: ["-y", "server", "--json", "/data"],
        env: { A: "1=2" },
        cwd: "/tmp",
      });
    });

    it("passes on the type", async () => {
      await cli.run("add", "old", "https://x/sse", "--type", "sse");

      expect(stub.seen[0]?.body).to.deep.include({ type: "sse", url: "https://x/sse" });
    });

    it("exits with 6 and says why when the server does not start", async () => {
      stub.health = BROKEN;

      const { code, stdout } = await cli.run("add", "broken", "--", "broken");

      expect(code).to.equal(6);
      expect(stdout).to.equal(
        [
          '✗ "broken" was added, but it did not start: Upstream "broken" cannot be reached: the command ended with code 1.',
          "  last lines of its stderr:",
          "    │ Error: Cannot find module 'x'",
          "    │     at boot",
          "  fix Install the command: npm i -g broken",
          "  then: switchgear status · to give up: switchgear rm broken",
          "",
        ].join("\n"),
      );
    });

    it("exits with 8 when a variable is missing", async () => {
      stub.health = { ...BROKEN, code: "needs_input", summary: 'The environment variable "T" is not set.' };

      expect((await cli.run("add", "github", "https://x")).code).to.equal(8);
    });

    it("counts malformed tools", async () => {
      stub.health = {
        ...HEALTHY,
        level: "degraded",
        summary: "1 tool is malformed.",
        quarantined: [{ tool: "x", reason: "y" }],
      };

      const { code, stdout } = await cli.run("add", "odd", "https://x");

      expect(code).to.equal(0);
      expect(stdout).to.contain("1 malformed left out");
    });

    it("exits with 7 for a name that is taken", async () => {
      const { code, stderr } = await cli.run("add", "demo", "https://x");

      expect(code).to.equal(7);
      expect(stderr).to.contain('A server named "demo" is already registered. [conflict]');
    });

    it("shows progress on stderr, and none with --json", async () => {
      expect((await cli.run("add", "a", "https://x")).stderr).to.contain("waiting for its tools");

      const { stderr, json } = await cli.run("add", "b", "https://x", "--json");

      expect(stderr).to.equal("");
      expect(json).to.deep.include({ name: "b", type: "http" });
    });
  });

  describe("status", () => {
    it("shows the gateway in a few lines", async () => {
      const { code, stdout } = await cli.run("status");

      expect(code).to.equal(0);
      expect(stdout.split("\n")).to.deep.equal([
        `gateway   ${stub.url}`,
        "version   9.9.9",
        "up for    1 h 1 min",
        "memory    100 MiB",
        "servers   1 (1 healthy)",
        "offered   2 tools, 0 resources, 0 prompts",
        "sessions  1",
        "list      /mcp: full 182 tools ≈ 41,300 tokens; hybrid ≈ 2,900; search ≈ 1,150 (auto: full)",
        "",
      ]);
    });

    it("tells of every server that is not well, with stderr and fix", async () => {
      stub.put("broken", { type: "stdio", command: "broken" }, BROKEN);

      const { stdout } = await cli.run("status");

      expect(stdout).to.contain("1 healthy, 1 unhealthy");
      expect(stdout).to.contain("✗ upstream_unavailable  broken  Upstream");
      expect(stdout).to.contain("│ Error: Cannot find module 'x'");
      expect(stdout).to.contain("fix Install the command: npm i -g broken");
    });

    it("gives numbers and health as JSON", async () => {
      const { json } = await cli.run("status", "--json");

      expect(json).to.deep.include({ url: stub.url, version: "9.9.9", tools: 2, health: { demo: HEALTHY } });
    });
  });
});
