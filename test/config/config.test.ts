import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { type Config, loadConfig, parseConfigText } from "../../src/config/config.ts";
import { DEFAULT_LIMITS } from "../../src/domain/limits.ts";
import { refusal } from "../support/refusal.ts";

const around = { env: {}, cwd: "/work", home: "/home/anna" };
const parse = (text: string, env: Readonly<Record<string, string>> = {}): Config =>
  parseConfigText(text, { ...around, env, file: "/work/switchgear.jsonc" });

describe("parseConfigText", () => {
  it("fills in every default for an empty file", () => {
    const { gateway, mcpServers, profiles } = parse("");

    expect(mcpServers).to.deep.equal({});
    expect(profiles).to.deep.equal({});
    expect(gateway).to.deep.equal({
      listen: { host: "127.0.0.1", port: 4470 },
      dataDir: "/home/anna/.switchgear",
      database: "file:/home/anna/.switchgear/switchgear.db",
      allowedHosts: [],
      allowedOrigins: [],
      egress: { allow: [] },
      demo: true,
      startup: { graceMs: 10_000 },
      log: { level: "info" },
      metrics: { maxLabelValues: 200 },
      limits: DEFAULT_LIMITS,
      calls: { concurrency: 32, stdioConcurrency: 8, attempts: 3 },
      cache: { maxEntries: 1_000, maxBytes: 64 * 1024 * 1024 },
      redis: undefined,
      rateLimits: {
        isOn: false,
        windowMs: 60_000,
        perKey: 600,
        perUser: 120,
        servers: {},
        tools: {},
        exempt: { roles: [], keys: [] },
      },
      idempotency: {
        keepMs: 24 * 3_600_000,
        bounds: { rows: 100_000, rowsPerOwner: 10_000, bytes: 256 * 1024 * 1024 },
      },
      callLog: { isOn: true, keepMs: 7 * 24 * 3_600_000, maxRows: 100_000, sample: 1, slowMs: 1_000 },
      overload: { isOn: true, lagMs: 200, heapShare: 0.85, retryAfterMs: 2_000 },
      mode: "full",
      pinned: [],
      metaTools: {
        answerCharacters: 6_000,
        deferringClients: ["claude-code", "cursor-vscode", "Visual Studio Code*"],
      },
      search: { synonyms: [], semanticShare: 0.3, queryBudgetMs: 150, embedder: { type: "none" } },
    });
  });

  it("reads comments, trailing commas and a byte order mark", () => {
    const config = parse('\uFEFF{ // mine\n "gateway": { "demo": false, /* no demo */ }, }');

    expect(config.gateway.demo).to.equal(false);
  });

  it("keeps the references of servers unexpanded and fills in their defaults", () => {
    const config = parse(
      '{"mcpServers":{"github":{"url":"${BASE}/mcp","headers":{"Authorization":"Bearer ${T}"}}}}',
    );

    expect(config.mcpServers["github"]).to.deep.include({
      type: "http",
      url: "${BASE}/mcp",
      headers: { Authorization: "Bearer ${T}" },
    });
    expect(config.mcpServers["github"]?.gateway).to.include({ enabled: true, trusted: false, era: "auto" });
  });

  it("expands references in the gateway's own section", () => {
    const config = parse(
      '{"gateway":{"database":"postgres://sg:${PW}@db/sg","allowedHosts":["${HOST:-gw.local}"]}}',
      {
        PW: "geheim",
      },
    );

    expect(config.gateway.database).to.equal("postgres://sg:geheim@db/sg");
    expect(config.gateway.allowedHosts).to.deep.equal(["gw.local"]);
  });

  it("turns units into milliseconds and bytes", () => {
    const { gateway } = parse(
      '{"gateway":{"calls":{"timeout":"2m","maxTimeout":1500},"startup":{"grace":"250ms"},"limits":{"replyBytes":"1GiB","requestBytes":1000,"drainMs":"1h"}}}',
    );

    expect(gateway.limits).to.include({
      callMs: 120_000,
      callMaxMs: 1_500,
      replyBytes: 1_073_741_824,
      requestBytes: 1_000,
      drainMs: 3_600_000,
    });
    expect(gateway.startup.graceMs).to.equal(250);
  });

  it("takes relative paths of the file from the file's own folder", () => {
    const { gateway } = parse('{"gateway":{"dataDir":"data","database":"file:db/x.db"}}');

    expect(gateway.dataDir).to.equal("/work/data");
    expect(gateway.database).to.equal("file:/work/db/x.db");
  });

  it("fills in what a profile leaves out, and keeps what a later feature uses", () => {
    const { profiles } = parse('{"profiles":{"dev":{"servers":["a"],"mode":"hybrid","pinned":["a__b"]}}}');

    expect(profiles["dev"]).to.deep.equal({
      servers: ["a"],
      schema: "full",
      names: "prefixed",
      maxNameLength: 48,
      mode: "hybrid",
      pinned: ["a__b"],
    });
  });
});

describe("parseConfigText with environment and options", () => {
  it("lets the environment win over the file", () => {
    const { gateway } = parse(
      '{"gateway":{"listen":"127.0.0.1:1","allowedHosts":["a"],"log":{"level":"warn"}}}',
      {
        SWITCHGEAR_LISTEN: "127.0.0.1:2",
        SWITCHGEAR_DATA: "/data",
        SWITCHGEAR_DATABASE_URL: "postgres://db/x",
        SWITCHGEAR_ALLOWED_HOSTS: "b, c",
        SWITCHGEAR_ALLOWED_ORIGINS: "https://b",
        SWITCHGEAR_LOG_LEVEL: "debug",
      },
    );

    expect(gateway).to.deep.include({
      listen: { host: "127.0.0.1", port: 2 },
      dataDir: "/data",
      database: "postgres://db/x",
      allowedHosts: ["b", "c"],
      allowedOrigins: ["https://b"],
      log: { level: "debug" },
    });
  });

  it("lets options win over the environment", () => {
    const { gateway } = parseConfigText("", {
      ...around,
      env: { SWITCHGEAR_LISTEN: "127.0.0.1:2", SWITCHGEAR_DATA: "/data", SWITCHGEAR_LOG_LEVEL: "debug" },
      overrides: { listen: ":3", dataDir: "here", logLevel: "error" },
    });

    expect(gateway.listen).to.deep.equal({ host: "127.0.0.1", port: 3 });
    expect(gateway.dataDir).to.equal("/work/here");
    expect(gateway.database).to.equal("file:/work/here/switchgear.db");
    expect(gateway.log.level).to.equal("error");
  });

  it("takes an empty variable for an unset one", () => {
    expect(parse("", { SWITCHGEAR_LISTEN: "", SWITCHGEAR_ALLOWED_HOSTS: " " }).gateway.listen.port).to.equal(
      4470,
    );
  });

  for (const [variable, value] of [
    ["SWITCHGEAR_LISTEN", "127.0.0.1"],
    ["SWITCHGEAR_LISTEN", "127.0.0.1:70000"],
    ["SWITCHGEAR_LOG_LEVEL", "loud"],
    ["SWITCHGEAR_DATABASE_URL", "redis://x"],
    ["SWITCHGEAR_ALLOWED_ORIGINS", "app.example.com"],
    ["SWITCHGEAR_ALLOWED_HOSTS", "https://gw.example.com"],
  ] as const) {
    it(`names the variable in ${variable}=${value}`, () => {
      const error = refusal(() => parse("", { [variable]: value }));

      expect(error.code).to.equal("config_invalid");
      expect(error.message).to.match(new RegExp(`^${variable}: expected `));
    });
  }

  for (const listen of ["0.0.0.0:4470", "[::]:4470"]) {
    it(`refuses to listen on ${listen} unless it knows its own names`, () => {
      const error = refusal(() => parse(`{"gateway":{"listen":"${listen}"}}`));

      expect(error.code).to.equal("config_invalid");
      expect(error.message).to.contain("allowedHosts");
      expect(
        parse(`{"gateway":{"listen":"${listen}","allowedHosts":["gw.example.com"]}}`).gateway.allowedHosts,
      ).to.deep.equal(["gw.example.com"]);
    });
  }
});

describe("loadConfig", () => {
  let cwd: string;
  let home: string;

  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "sg-config-"));
    home = join(cwd, "home");
    mkdirSync(join(home, ".switchgear"), { recursive: true });
  });
  afterEach(() => rmSync(cwd, { recursive: true }));

  const put = (path: string, level: string) =>
    writeFileSync(join(cwd, path), `{"gateway":{"log":{"level":"${level}"}}}`);
  const load = (file?: string, env: Readonly<Record<string, string>> = {}) =>
    loadConfig({ file, env, cwd, home });

  it("has defaults where there is no file", () => {
    const config = load();

    expect(config).not.to.have.property("file");
    expect(config.gateway.dataDir).to.equal(join(home, ".switchgear"));
  });

  it("finds the file in the documented order", () => {
    const seen: string[] = [];
    put("home/.switchgear/switchgear.jsonc", "silent");
    seen.push(load().gateway.log.level);
    put("switchgear.json", "error");
    seen.push(load().gateway.log.level);
    put("switchgear.jsonc", "warn");
    seen.push(load().gateway.log.level);
    put("env.jsonc", "info");
    seen.push(load(undefined, { SWITCHGEAR_CONFIG: "env.jsonc" }).gateway.log.level);
    put("asked.jsonc", "debug");
    seen.push(load("asked.jsonc", { SWITCHGEAR_CONFIG: "env.jsonc" }).gateway.log.level);

    expect(seen).to.deep.equal(["silent", "error", "warn", "info", "debug"]);
  });

  it("looks into the data folder that the environment names", () => {
    mkdirSync(join(cwd, "data"));
    put("data/switchgear.jsonc", "warn");

    const config = load(undefined, { SWITCHGEAR_DATA: join(cwd, "data") });

    expect(config.file).to.equal(join(cwd, "data/switchgear.jsonc"));
  });

  it("fails when the file that was asked for is missing or a folder", () => {
    expect(refusal(() => load("nowhere.jsonc")).message).to.contain("does not exist");
    expect(refusal(() => load("home")).message).to.contain("cannot be read");
  });
});
