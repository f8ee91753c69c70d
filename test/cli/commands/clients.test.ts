import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { expect } from "chai";

import { CommandLine } from "../../support/command-line.ts";
import { RestStub } from "../../support/rest-stub.ts";

describe("commands about clients", () => {
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

  function put(path: string, content: unknown): string {
    const file = join(cli.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  }

  describe("import", () => {
    it("adds the servers of all clients it finds", async () => {
      put(".cursor/mcp.json", { mcpServers: { files: { command: "npx", args: ["x"] } } });
      put(".vscode/mcp.json", { servers: { "my docs": { type: "http", url: "https://docs" } } });

      const { code, stdout } = await cli.run("import");

      expect(code).to.equal(0);
      expect([...stub.servers.keys()]).to.deep.equal(["demo", "my-docs", "files"]);
      expect(stdout).to.equal(
        [
          "SERVER   FROM    RESULT",
          'my-docs  vscode  added   renamed from "my docs"',
          "files    cursor  added",
          "",
          "See how they start: switchgear ls",
          "",
        ].join("\n"),
      );
    });

    it("sends entries that the gateway accepts as they are", async () => {
      put("x.json", { mcpServers: { a: { command: "npx", autoApprove: [], env: { N: 1 } } } });

      await cli.run("import", "x.json");

      expect(stub.seen[0]?.body).to.deep.include({
        name: "a",
        type: "stdio",
        command: "npx",
        env: { N: "1" },
      });
      expect(stub.seen[0]?.body).not.to.have.property("autoApprove");
    });

    it("leaves servers that are registered already as they are", async () => {
      put("x.json", { mcpServers: { demo: { command: "other" }, fresh: { command: "npx" } } });

      const { code, stdout } = await cli.run("import", "x.json");

      expect(code).to.equal(0);
      expect(stdout).to.match(/demo +file +exists +a server of this name is registered/);
      expect(stub.servers.get("demo")).to.include({ command: "demo" });
    });

    it("adds the first of two files' servers of one name", async () => {
      put(".cursor/mcp.json", { mcpServers: { same: { command: "cursor" } } });
      put(".mcp.json", { mcpServers: { same: { command: "claude" } } });

      const { stdout } = await cli.run("import");

      expect(stub.servers.get("same")).to.include({ command: "claude" });
      expect(stdout).to.contain("another file has a server of this name");
    });

    it("shows with --dry-run what it would do, without a gateway", async () => {
      put("x.json", { mcpServers: { a: { command: "npx" }, b: "nonsense" } });
      cli.env = {};

      const { code, stdout } = await cli.run("import", "x.json", "--dry-run");

      expect(code).to.equal(0);
      expect(stdout)
        .to.match(/a +file +would be added/)
        .and.to.match(/b +file +skipped +not an object/);
      expect(stub.seen).to.deep.equal([]);
    });

    it("exits with 1 when an entry is refused, and adds the others", async () => {
      put("x.json", { mcpServers: { bad: { command: "refused" }, good: { command: "npx" } } });

      const { code, stdout } = await cli.run("import", "x.json");

      expect(code).to.equal(1);
      expect(stdout).to.match(/bad +file +failed +The request body is not valid/);
      expect(stub.servers.has("good")).to.equal(true);
    });

    it("stops when the gateway does not answer", async () => {
      put("x.json", { mcpServers: { a: { command: "npx" } } });

      expect((await cli.run("import", "x.json", "--url", "http://127.0.0.1:1")).code).to.equal(3);
      expect((await cli.run("import", "x.json", "--key", "wrong")).code).to.equal(4);
    });

    it("reads the other files when one is broken, and exits with 8", async () => {
      put(".claude.json", "{");
      put(".cursor/mcp.json", { mcpServers: { a: { command: "npx" } } });

      const { code, stderr } = await cli.run("import");

      expect(code).to.equal(8);
      expect(stderr).to.contain(".claude.json:1:2");
      expect(stub.servers.has("a")).to.equal(true);
    });

    it("exits with 5 when there is no config to be found", async () => {
      const { code, stderr } = await cli.run("import", "--client", "cursor");

      expect(code).to.equal(5);
      expect(stderr).to.contain("No config of cursor was found.");
    });

    it("exits with 8 for a file that is missing or no JSON", async () => {
      expect((await cli.run("import", "none.json")).code).to.equal(8);
      expect((await cli.run("import", put("x.toml", "[a]\nb=1"))).code).to.equal(8);
    });

    it("gives every outcome as JSON", async () => {
      const file = put("x.json", { mcpServers: { a: { command: "npx" }, demo: { command: "x" }, c: 5 } });

      const { json } = await cli.run("import", "x.json", "--json");

      expect(json).to.deep.equal({
        items: [
          { name: "a", source: "file", file, result: "added", notes: [] },
          {
            name: "demo",
            source: "file",
            file,
            result: "exists",
            reason: "a server of this name is registered",
            notes: [],
          },
          { name: "c", source: "file", file, result: "skipped", reason: "not an object", notes: [] },
        ],
        problems: [],
      });
    });
  });

  describe("connect", () => {
    it("prints the command for Claude Code", async () => {
      const { code, stdout, stderr } = await cli.run("connect", "claude-code", "--print");

      expect(code).to.equal(0);
      expect(stdout).to.equal(
        `claude mcp add --transport http switchgear ${stub.url}/mcp --header "Authorization: Bearer <api key>"\n`,
      );
      expect(stderr).to.contain("switchgear connect claude-code --key");
      expect(stub.seen).to.deep.equal([]);
    });

    it("fills in a new key of role user when asked", async () => {
      const { stdout } = await cli.run("connect", "claude-code", "--key");

      expect(stub.seen[0]?.body).to.deep.equal({ name: "claude-code", role: "user" });
      expect(stdout).to.contain('--header "Authorization: Bearer swg_k1_secret_crc"');
    });

    it("prints an entry for Claude Desktop that starts this very program", async () => {
      const { json } = await cli.run("connect", "claude-desktop");

      expect(json).to.deep.equal({
        mcpServers: { switchgear: { command: "/usr/bin/node", args: ["/opt/switchgear/main.js", "stdio"] } },
      });
    });

    for (const [client, key] of [
      ["vscode", "servers"],
      ["cursor", "mcpServers"],
    ] as const) {
      it(`prints an entry for ${client} that can be pasted, and nothing else on stdout`, async () => {
        const { json, stderr } = await cli.run("connect", client, "--key");

        const entry = (json[key] as { switchgear: object }).switchgear;
        expect(entry).to.deep.include({
          url: `${stub.url}/mcp`,
          headers: { Authorization: "Bearer swg_k1_secret_crc" },
        });
        expect(stderr).to.contain("mcp.json");
      });
    }

    it("prints the endpoint of a profile when asked", async () => {
      const code = await cli.run("connect", "claude-code", "--profile", "dev");
      const cursor = await cli.run("connect", "cursor", "--profile", "dev");
      const desktop = await cli.run("connect", "claude-desktop", "--profile", "dev");

      expect(code.stdout).to.contain(` ${stub.url}/mcp/p/dev --header`);
      expect(cursor.json).to.have.nested.property("mcpServers.switchgear.url", `${stub.url}/mcp/p/dev`);
      expect(desktop.json)
        .to.have.nested.property("mcpServers.switchgear.args")
        .that.deep.equals(["/opt/switchgear/main.js", "stdio", "--profile", "dev"]);
    });

    it("exits with 2 for a name that no profile can have", async () => {
      const { code, stdout } = await cli.run("connect", "cursor", "--profile", "../x");

      expect([code, stdout]).to.deep.equal([2, ""]);
    });

    it("gives entry and text as JSON", async () => {
      const { json } = await cli.run("connect", "cursor", "--json");

      expect(json).to.have.all.keys("client", "kind", "entry", "text");
    });
  });

  describe("key", () => {
    it("prints a new key alone on stdout", async () => {
      const { code, stdout, stderr } = await cli.run("key", "create", "--role", "operator", "--name", "ci");

      expect(code).to.equal(0);
      expect(stdout).to.equal("swg_k1_secret_crc\n");
      expect(stderr).to.contain("switchgear key rm k1");
      expect(stub.seen[0]?.body).to.deep.equal({ name: "ci", role: "operator" });
    });

    for (const [given, days] of [
      ["90d", 90],
      ["12h", 0.5],
      ["2099-01-31", undefined],
    ] as const) {
      it(`understands --expires ${given}`, async () => {
        await cli.run("key", "create", "--expires", given);

        const at = Date.parse(String(stub.seen[0]?.body["expires_at"]));
        const wanted = days === undefined ? Date.parse("2099-01-31") : Date.now() + days * 86_400_000;
        expect(Math.abs(at - wanted)).to.be.lessThan(10_000);
      });
    }

    it("lists keys without their secrets", async () => {
      stub.pageSize = 10;
      await cli.run("key", "create", "--name", "one");
      stub.keys.push({ ...stub.keys[0], id: "k2", name: "two", revoked_at: "2026-01-02T00:00:00Z" });
      stub.keys.push({ ...stub.keys[0], id: "k3", name: "three", expires_at: "2020-01-01T00:00:00Z" });

      const { stdout } = await cli.run("key", "ls");

      expect(stdout).to.equal(
        [
          "ID  NAME   ROLE  CREATED     LAST USED  EXPIRES",
          "k1  one    user  2026-01-01  –          –",
          "k2  two    user  2026-01-01  –          revoked",
          "k3  three  user  2026-01-01  –          expired",
          "",
        ].join("\n"),
      );
    });

    it("revokes a key", async () => {
      expect(await cli.run("key", "rm", "k1")).to.deep.include({ code: 0, stdout: "Revoked k1.\n" });
      expect(stub.seen[0]).to.deep.include({ method: "DELETE", path: "/api/v1/auth/api-keys/k1" });
    });
  });
});
