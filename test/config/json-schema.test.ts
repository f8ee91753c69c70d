import { readFileSync } from "node:fs";

import { Ajv } from "ajv";
import { expect } from "chai";

import { ConfigText } from "../../src/config/config-text.ts";
import { configJsonSchema, parseConfigText } from "../../src/config/config.ts";
import { GatewayError } from "../../src/domain/errors.ts";

const validate = new Ajv({ strict: false, validateFormats: false }).compile(configJsonSchema());

function isAccepted(text: string): boolean {
  try {
    parseConfigText(text, { env: {}, cwd: "/work", home: "/home/anna" });
    return true;
  } catch (error) {
    if (error instanceof GatewayError) return false;
    throw error;
  }
}

/** An editor must not mark as wrong what the gateway accepts, nor stay silent where it can know better. */
describe("configJsonSchema", () => {
  it("accepts the example", () => {
    const example = new ConfigText(readFileSync("config/switchgear.example.jsonc", "utf8"), undefined).value;

    expect(validate(example), JSON.stringify(validate.errors)).to.equal(true);
  });

  it("requires nothing", () => {
    expect(validate({})).to.equal(true);
    expect(validate({ gateway: {}, mcpServers: {}, profiles: {} })).to.equal(true);
  });

  for (const config of [
    { mcpServers: { a: { command: "npx" } } },
    { mcpServers: { a: { url: "https://x", headers: { A: "${T}" } } } },
    { mcpServers: { a: { type: "sse", url: "https://x" } } },
    { mcpServers: { a: { type: "streamable-http", url: "${BASE}/mcp" } } },
    { mcpServers: { "a-b_c": { command: "x", gateway: { timeout: "30s", cache: { tools: ["get_*"] } } } } },
    { gateway: { calls: { timeout: 500, maxTimeout: "1h" }, limits: { replyBytes: "1GiB", sessions: 1 } } },
    {
      gateway: { listen: "127.0.0.1:1", allowedHosts: ["a.example"], allowedOrigins: ["https://a.example"] },
    },
    { gateway: { database: "postgres://u:p@h/db", log: { level: "silent" } } },
    { profiles: { dev: { mode: "full", pinned: ["a__b"] } } },
    { profiles: { dev: { clients: ["gemini*"], schema: "gemini", names: "short", maxNameLength: 24 } } },
    { $schema: "./x.json" },
  ]) {
    it(`agrees with the gateway that this is right: ${JSON.stringify(config)}`, () => {
      expect(validate(config), JSON.stringify(validate.errors)).to.equal(true);
      expect(isAccepted(JSON.stringify(config))).to.equal(true);
    });
  }

  for (const config of [
    { servers: {} },
    { mcpServers: [] },
    { mcpServers: { a: {} } },
    { mcpServers: { a: { command: "" } } },
    { mcpServers: { a: { command: "x", urll: "y" } } },
    { mcpServers: { a: { command: "x", url: "https://y" } } },
    { mcpServers: { a: { command: "x", args: "y" } } },
    { mcpServers: { a: { command: "x", env: { A: 1 } } } },
    { mcpServers: { a: { command: "x", gateway: { era: "2024" } } } },
    { mcpServers: { a__b: { command: "x" } } },
    { mcpServers: { "a b": { command: "x" } } },
    { mcpServers: { a: { type: "ws", url: "https://x" } } },
    { gateway: { calls: { timeout: "soon" } } },
    { gateway: { calls: { attempts: 6 } } },
    { gateway: { limits: { replyBytes: "10 MB" } } },
    { gateway: { limits: { sessions: 0 } } },
    { gateway: { limits: { callMs: 1 } } },
    { gateway: { log: { level: "loud" } } },
    { gateway: { allowedOrigins: ["a.example"] } },
    { gateway: { allowedHosts: ["https://a.example"] } },
    { gateway: { database: "mysql://x" } },
    { gateway: { demo: "yes" } },
    { gateway: { unknown: 1 } },
    { profiles: { dev: { mode: "some" } } },
    { profiles: { dev: { server: ["a"] } } },
    { profiles: { dev: { tools: { denied: ["a"] } } } },
    { profiles: { dev: { schema: "json" } } },
    { profiles: { dev: { maxNameLength: 23 } } },
    { profiles: { dev: { maxNameLength: 65 } } },
    { profiles: { "my dev": {} } },
  ]) {
    it(`agrees with the gateway that this is wrong: ${JSON.stringify(config)}`, () => {
      expect(validate(config)).to.equal(false);
      expect(isAccepted(JSON.stringify(config))).to.equal(false);
    });
  }
});
