import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { expect } from "chai";

import { type Machine, readClientConfig, readClientConfigs } from "../../src/config/config.ts";
import { ServerEntry } from "../../src/domain/server.ts";
import { refusal } from "../support/refusal.ts";

describe("client configs", () => {
  let root: string;
  let machine: Machine;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "sg-clients-"));
    machine = { platform: "linux", home: join(root, "home"), cwd: join(root, "project"), env: {} };
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function put(path: string, content: unknown): string {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  }
  const read = (content: unknown) => readClientConfig(put("some.json", content), machine);
  const one = (entry: unknown) => read({ mcpServers: { one: entry } });

  describe("readClientConfigs", () => {
    for (const [platform, path] of [
      ["linux", "home/.config/Claude/claude_desktop_config.json"],
      ["darwin", "home/Library/Application Support/Claude/claude_desktop_config.json"],
      ["win32", "home/AppData/Roaming/Claude/claude_desktop_config.json"],
    ] as const) {
      it(`finds Claude Desktop on ${platform}`, () => {
        const file = put(path, { mcpServers: { files: { command: "npx", args: ["x"] } } });

        const found = readClientConfigs({ ...machine, platform });

        expect(found).to.have.length(1);
        expect(found[0]).to.deep.include({ source: "claude-desktop", file });
        expect(Object.keys(found[0]?.servers ?? {})).to.deep.equal(["files"]);
      });
    }

    it("follows APPDATA and XDG_CONFIG_HOME", () => {
      put("roaming/Code/User/mcp.json", { servers: { a: { command: "x" } } });

      const windows = readClientConfigs({
        ...machine,
        platform: "win32",
        env: { APPDATA: join(root, "roaming") },
      });
      const linux = readClientConfigs({ ...machine, env: { XDG_CONFIG_HOME: join(root, "roaming") } });

      expect([...windows, ...linux].map((config) => config.source)).to.deep.equal(["vscode", "vscode"]);
    });

    it("finds the files of all clients, of the user and of the project", () => {
      const entry = { url: "https://x" };
      put("home/.claude.json", { mcpServers: { a: entry } });
      put("project/.mcp.json", { mcpServers: { b: entry } });
      put("project/.vscode/mcp.json", { servers: { c: entry } });
      put("home/.cursor/mcp.json", { mcpServers: { d: entry } });
      put("project/.cursor/mcp.json", { mcpServers: { e: entry } });

      const found = readClientConfigs(machine);

      expect(found.map(({ source, servers }) => [source, ...Object.keys(servers)])).to.deep.equal([
        ["claude-code", "a"],
        ["claude-code", "b"],
        ["vscode", "c"],
        ["cursor", "d"],
        ["cursor", "e"],
      ]);
    });

    it("reads one client when asked for one", () => {
      put("home/.claude.json", { mcpServers: { a: { url: "https://x" } } });
      put("home/.cursor/mcp.json", { mcpServers: { b: { url: "https://x" } } });

      expect(readClientConfigs(machine, "cursor").map((config) => config.source)).to.deep.equal(["cursor"]);
    });

    it("names a broken file and reads the others", () => {
      put("home/.claude.json", '{"mcpServers": {');
      put("home/.cursor/mcp.json", { mcpServers: { b: { url: "https://x" } } });

      const [broken, good] = readClientConfigs(machine);

      expect(broken?.problem).to.contain(".claude.json:1:17");
      expect(Object.keys(good?.servers ?? {})).to.deep.equal(["b"]);
    });

    it("reads a file once when the home folder is the project", () => {
      put("home/.cursor/mcp.json", { mcpServers: { a: { url: "https://x" } } });

      expect(readClientConfigs({ ...machine, cwd: machine.home })).to.have.length(1);
    });

    it("finds nothing on an empty machine", () => {
      expect(readClientConfigs(machine)).to.deep.equal([]);
    });
  });

  describe("readClientConfig", () => {
    it("reads the servers of Claude Code's projects", () => {
      const config = read({
        numStartups: 3,
        mcpServers: { shared: { type: "http", url: "https://s" } },
        projects: {
          "/p/one": {
            allowedTools: [],
            mcpServers: { local: { type: "stdio", command: "x", args: [], env: {} } },
          },
          "/p/two": { mcpServers: {} },
        },
      });

      expect(Object.keys(config.servers)).to.deep.equal(["shared", "local"]);
    });

    it("keeps two different servers of one name apart, and takes two equal ones once", () => {
      const config = read({
        mcpServers: { db: { command: "a" } },
        projects: {
          "/p": { mcpServers: { db: { command: "b" } } },
          "/q": { mcpServers: { db: { command: "a" } } },
        },
      });

      expect(Object.keys(config.servers)).to.deep.equal(["db", "db-2"]);
      expect(config.notes).to.deep.equal([{ name: "db-2", note: 'renamed from "db"' }]);
    });

    for (const [what, content] of [
      ["comments and trailing commas", '{ // mine\n "mcpServers": { "a": { "command": "x", }, }, }'],
      ["VS Code's settings.json", { "editor.fontSize": 12, mcp: { servers: { a: { command: "x" } } } }],
      ["a bare object of entries", { a: { command: "x" } }],
    ] as const) {
      it(`reads ${what}`, () => {
        expect(Object.keys(read(content).servers)).to.deep.equal(["a"]);
      });
    }

    it("gives entries that the gateway accepts as they are", () => {
      const { servers } = read({
        mcpServers: { a: { command: "npx", args: ["-y", "x"] }, b: { type: "sse", url: "https://x" } },
      });

      for (const entry of Object.values(servers)) expect(ServerEntry.safeParse(entry).success).to.equal(true);
      expect(servers["b"]).to.include({ type: "sse", url: "https://x" });
    });

    for (const [given, allowed] of [
      ["My Server (v2)", "My-Server-v2"],
      ["a__b", "a_b"],
      ["@scope/pkg", "scope-pkg"],
      ["Übersetzer", "Ubersetzer"],
      ["日本", "server"],
      ["x".repeat(40), "x".repeat(32)],
    ] as const) {
      it(`renames "${given}" to "${allowed}" and says so`, () => {
        const config = read({ mcpServers: { [given]: { url: "https://x" } } });

        expect(Object.keys(config.servers)).to.deep.equal([allowed]);
        expect(config.notes).to.deep.equal([{ name: allowed, note: `renamed from "${given}"` }]);
      });
    }

    it("turns numbers of an environment into text and leaves out null, with a note", () => {
      const config = one({ command: "x", env: { PORT: 8080, DEBUG: true, GONE: null } });

      expect(config.servers["one"]).to.deep.include({ env: { PORT: "8080", DEBUG: "true" } });
      expect(config.notes).to.deep.equal([{ name: "one", note: "env.GONE is null and was left out" }]);
    });

    it("notes fields that it has no use for, and passes over those of the client's screen", () => {
      const config = one({ command: "x", envFile: ".env", autoApprove: ["a"], dev: { watch: "**" } });

      expect(config.notes).to.deep.equal([
        { name: "one", note: '"envFile" is not supported and was left out' },
      ]);
      expect(config.servers["one"]).not.to.have.property("envFile");
    });

    it("knows other clients' words for type, url and disabled", () => {
      const { servers } = read({
        mcpServers: {
          a: { serverUrl: "https://a" },
          b: { httpUrl: "https://b", enabled: false },
          c: { transport: "sse", url: "https://c" },
          d: { type: "streamable_http", url: "https://d" },
        },
      });

      expect(servers["a"]).to.include({ type: "http", url: "https://a" });
      expect(servers["b"]).to.include({ disabled: true });
      expect(servers["c"]).to.include({ type: "sse" });
      expect(servers["d"]).to.include({ type: "streamable-http" });
    });

    it("replaces VS Code's variables and keeps those of the environment", () => {
      const file = put("project/.vscode/mcp.json", {
        servers: {
          a: { command: "${workspaceFolder}/run", args: ["${userHome}", "${env:TOKEN}", "${OTHER}"] },
        },
      });

      const { servers } = readClientConfig(file, machine);

      expect(servers["a"]).to.deep.include({
        command: `${machine.cwd}/run`,
        args: [machine.home, "${TOKEN}", "${OTHER}"],
      });
    });

    it("says which value a server asks for", () => {
      const config = read({
        inputs: [{ id: "key", type: "promptString", password: true }],
        servers: { a: { url: "https://x", headers: { A: "Bearer ${input:key}" } } },
      });

      expect(config.notes[0]?.note).to.contain('asks for "key"');
    });

    it("skips what it cannot use and says why", () => {
      const config = read({
        mcpServers: {
          text: "npx x",
          empty: {},
          odd: { type: "websocket", url: "wss://x" },
          list: { command: ["npx", "x"] },
          good: { command: "x" },
        },
      });

      expect(Object.keys(config.servers)).to.deep.equal(["good"]);
      expect(config.skipped.map((entry) => entry.name)).to.deep.equal(["text", "empty", "odd", "list"]);
      expect(config.skipped[1]?.reason).to.equal('it has neither a "command" nor a "url"');
    });

    for (const entry of [
      { command: "switchgear", args: ["stdio"] },
      { command: "/usr/local/bin/switchgear", args: ["stdio"] },
      { command: "npx", args: ["-y", "switchgear@latest", "stdio"] },
    ]) {
      it(`skips the gateway itself: ${entry.command} ${entry.args.join(" ")}`, () => {
        expect(one(entry).skipped).to.deep.equal([{ name: "one", reason: "it is this gateway itself" }]);
      });
    }

    it("never repeats a secret in a note or reason", () => {
      const secret = "ghp_4242424242";
      const config = read({
        mcpServers: {
          a: { command: "x", env: { T: { nested: secret } } },
          b: { url: secret },
          c: { command: "x", token: secret },
        },
      });

      expect(JSON.stringify([config.skipped, config.notes])).not.to.contain(secret);
    });

    it("refuses a file that is missing, is no JSON or is a list", () => {
      expect(refusal(() => readClientConfig(join(root, "none.json"), machine)).message).to.contain(
        "does not exist",
      );
      expect(refusal(() => read("servers:\n  - a")).code).to.equal("config_invalid");
      expect(refusal(() => read([])).message).to.contain("expected an object with servers");
    });

    it("is not confused by names that every object has", () => {
      const { servers } = read('{"mcpServers":{"constructor":{"command":"x"},"toString":{"command":"y"}}}');

      expect(Object.keys(servers)).to.deep.equal(["constructor", "toString"]);
    });
  });
});
