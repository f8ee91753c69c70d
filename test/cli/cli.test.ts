import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { expect } from "chai";

import { CommandLine } from "../support/command-line.ts";
import { RestStub } from "../support/rest-stub.ts";

describe("the command line", () => {
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

  const leave = (url: string, key: string) => {
    mkdirSync(cli.dataDir, { recursive: true });
    writeFileSync(join(cli.dataDir, "gateway.json"), JSON.stringify({ url, pid: 1, started_at: "" }));
    writeFileSync(join(cli.dataDir, "local-key"), `${key}\n`);
  };

  describe("usage", () => {
    it("shows all commands and the exit codes in the help", async () => {
      const { code, stdout } = await cli.run("--help");

      expect(code).to.equal(0);
      for (const name of [
        "serve",
        "stdio",
        "add",
        "import",
        "connect",
        "ls",
        "rm",
        "status",
        "search",
        "describe",
        "call",
        "key",
        "doctor",
      ])
        expect(stdout).to.match(new RegExp(`^ {2}${name}\\b`, "m"));
      expect(stdout).to.contain("9 port in use");
    });

    it("tells its version", async () => {
      expect(await cli.run("--version")).to.deep.include({ code: 0, stdout: "1.2.3\n" });
    });

    for (const [argv, message] of [
      [["serch", "issues"], 'unknown command "serch"; did you mean "search"?'],
      [["statsu"], 'unknown command "statsu"; did you mean "status"?'],
      [["frobnicate"], 'unknown command "frobnicate"'],
      [["--lisen", "x"], 'unknown option "--lisen"; did you mean "--listen"?'],
      [["ls", "--jsno"], "unknown option '--jsno'"],
      [["rm"], "missing required argument 'name'"],
      [["call"], "missing required argument 'tool'"],
      [["search", "x", "--max", "0"], "Expected 1 to 50"],
      [["search", "x", "--max", "many"], "Expected 1 to 50"],
      [["call", "x", "--timeout", "soon"], "Expected up to 5m"],
      [["connect", "emacs"], "Allowed choices are claude-desktop, claude-code, vscode, cursor"],
      [["key", "create", "--role", "root"], "Allowed choices are viewer, user, operator, admin"],
      [["key", "create", "--expires", "soon"], "Expected 30m, 12h, 90d or a date"],
      [["key", "list", "extra"], "too many arguments"],
      [["ls", "--url", "not a url"], "not an http or https URL"],
      [["ls", "--url", "ftp://x"], "not an http or https URL"],
      [["add", "files"], "There is nothing to add"],
      [["add", "my server", "https://x"], '"my server" cannot be a server'],
      [["add", "custom", "https://x"], '"custom" cannot be a server'],
      [["add", "x", "https://x", "--env", "A=1"], "--env and --cwd belong to a command"],
      [["add", "x", "--header", "A: 1", "--", "npx"], "--header belongs to a URL"],
      [["add", "x", "https://x", "--header", "secret-without-colon"], "Expected --header 'Name: value'"],
      [["call", "demo__echo", "[1]"], "neither key=value nor the only JSON object"],
      [["call", "demo__echo", "{bad"], "not a JSON object"],
      [["call", "demo__echo", "a=1", "{}"], "neither key=value nor the only JSON object"],
      [["key"], "Usage: switchgear key"],
    ] as const) {
      it(`exits with 2 for: ${argv.join(" ")}`, async () => {
        const { code, stdout, stderr } = await cli.run(...argv);

        expect(stderr).to.contain(message);
        expect(code).to.equal(2);
        expect(stdout).to.equal("");
      });
    }

    it("never repeats a badly given header, which may be a secret", async () => {
      const { stderr } = await cli.run("add", "x", "https://x", "--header", "sk-4242");

      expect(stderr).not.to.contain("sk-4242");
    });
  });

  describe("finding the gateway", () => {
    it("uses what a running gateway left in the data folder", async () => {
      cli.env = {};
      leave(stub.url, stub.key);

      expect((await cli.run("ls")).code).to.equal(0);
    });

    it("uses another data folder when asked", async () => {
      cli.env = { SWITCHGEAR_DATA: join(cli.folder, "other") };
      leave(stub.url, stub.key);

      expect((await cli.run("ls")).code).to.equal(3);
      expect((await cli.run("ls", "--data-dir", cli.dataDir)).code).to.equal(0);
    });

    it("lets options win over the environment", async () => {
      cli.env = { SWITCHGEAR_URL: "http://127.0.0.1:1", SWITCHGEAR_API_KEY: "wrong" };

      expect((await cli.run("ls", "--url", stub.url, "--key", stub.key)).code).to.equal(0);
    });

    it("accepts the address of the MCP endpoint", async () => {
      expect((await cli.run("ls", "--url", `${stub.url}/mcp`)).code).to.equal(0);
    });

    it("never sends the local key to another address", async () => {
      cli.env = {};
      leave("http://127.0.0.1:1", stub.key);

      expect((await cli.run("ls", "--url", stub.url)).code).to.equal(4);
    });

    it("exits with 3 and says how to start when no gateway answers", async () => {
      const { code, stderr, stdout } = await cli.run("ls", "--url", "http://127.0.0.1:1");

      expect(code).to.equal(3);
      expect(stdout).to.equal("");
      expect(stderr)
        .to.contain("No gateway answers at http://127.0.0.1:1.")
        .and.to.contain("switchgear serve")
        .and.to.contain("npm start");
    });

    it("exits with 4 for a key that is not valid", async () => {
      const { code, stderr } = await cli.run("ls", "--key", "wrong");

      expect(code).to.equal(4);
      expect(stderr).to.contain("[unauthenticated]").and.to.contain("fix Do this: do this");
    });

    it("finds the gateway although the config is broken", async () => {
      cli.env = {};
      leave(stub.url, stub.key);
      writeFileSync(join(cli.folder, "switchgear.jsonc"), "{ broken");

      expect((await cli.run("ls")).code).to.equal(0);
    });

    it("reads a damaged gateway.json as none", async () => {
      cli.env = { SWITCHGEAR_LISTEN: "127.0.0.1:1" };
      mkdirSync(cli.dataDir);
      for (const text of ["", "{", "[]", '{"url":5}', '{"url":"nonsense"}']) {
        writeFileSync(join(cli.dataDir, "gateway.json"), text);
        expect((await cli.run("ls")).code, text).to.equal(3);
      }
    });

    for (const [what, status, body] of [
      ["HTML", 200, "<html>"],
      ["JSON that is no object", 200, "[]"],
      ["an error of another kind", 500, "{}"],
      ["a redirect", 302, ""],
    ] as const) {
      it(`fails clearly when something else answers with ${what}`, async () => {
        const other = createServer((_, response) =>
          response.writeHead(status, { location: stub.url }).end(body),
        );
        await new Promise<void>((ready) => other.listen(0, "127.0.0.1", ready));
        const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;

        const { code, stderr } = await cli.run("ls", "--url", url);
        other.closeAllConnections();
        other.close();

        expect(code).to.be.oneOf([1, 3]);
        expect(stderr).to.contain(url);
        expect(stub.seen).to.deep.equal([]);
      });
    }
  });

  describe("output", () => {
    it("has no colours when stdout is no terminal", async () => {
      const { stdout, stderr } = await cli.run("ls");

      expect(stdout + stderr).not.to.contain("\u001B");
    });

    it("has colours on a terminal, but not with NO_COLOR, TERM=dumb or --json", async () => {
      cli.isTTY = true;
      const plain = [];
      for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
        Object.assign(cli.env, env);
        plain.push((await cli.run("ls")).stdout);
        cli.env = { SWITCHGEAR_URL: stub.url, SWITCHGEAR_API_KEY: stub.key };
      }
      plain.push((await cli.run("ls", "--json")).stdout);

      expect((await cli.run("ls")).stdout).to.contain("\u001B[");
      expect(plain.filter((text) => text.includes("\u001B"))).to.deep.equal([]);
    });

    it("writes failures as JSON to stderr with --json, and nothing to stdout", async () => {
      const { code, stdout, stderr } = await cli.run("rm", "nobody", "--json");

      expect(code).to.equal(5);
      expect(stdout).to.equal("");
      expect((JSON.parse(stderr) as { error: object }).error).to.deep.include({
        code: "server_not_found",
        exit_code: 5,
      });
    });

    it("stops waiting when it is interrupted", async () => {
      cli.stop.abort();

      const { code, stderr } = await cli.run("ls");

      expect(code).to.equal(1);
      expect(stderr).to.contain("Interrupted.");
    });
  });
});
