import { expect } from "chai";

import { UpstreamBroken } from "../../src/domain/upstream-errors.ts";
import { RestGateway, toolDefinition } from "../support/rest-gateway.ts";

const SECRET = "s3cr3t-value-that-nobody-may-see";

/** Every place where a client may put a secret. */
const STDIO = {
  name: "files",
  command: "npx",
  args: ["--token", SECRET, `--api-key=${SECRET}`, `--auth-header=${SECRET}`],
  env: { API_KEY: SECRET, PLAIN: SECRET, MIXED: `${SECRET}\${X}`, DEFAULT: `\${X:-${SECRET}}` },
};
const REMOTE = {
  name: "remote",
  url: `https://user:${SECRET}@remote.example.com/mcp?key=${SECRET}&other=${SECRET}`,
  headers: { authorization: `Bearer ${SECRET}`, "x-api-key": SECRET, cookie: `session=${SECRET}` },
};
const TOOL = {
  name: "query",
  description: "Runs a query",
  endpoint: `http://localhost:8001/run?key=${SECRET}`,
  headers: { authorization: `Bearer ${SECRET}`, "x-api-key": SECRET },
};

describe("planted secrets", () => {
  let gateway: RestGateway;
  const seen: string[] = [];

  const ask = async (method: string, path: string, options: Parameters<RestGateway["send"]>[2] = {}) => {
    const response = await gateway.send(method, path, options);
    seen.push(`${method} ${path}: ${JSON.stringify([...response.headers])} ${await response.text()}`);
    return response.status;
  };

  before(async () => {
    gateway = await RestGateway.start();
    await gateway.add("weather", { tools: [toolDefinition("forecast")] });
  });
  after(() => gateway.close());

  it("are in no answer, whichever way they went in", async () => {
    const statuses = [
      await ask("POST", "/api/v1/servers?wait=tools", { body: STDIO }),
      await ask("POST", "/api/v1/servers?dry_run=true", { body: { ...STDIO, name: "other" } }),
      await ask("POST", "/api/v1/servers", { body: REMOTE }),
      await ask("POST", "/api/v1/tools", { body: TOOL }),
      await ask("POST", "/api/v1/servers", { body: STDIO }),
      await ask("POST", "/api/v1/tools", { body: TOOL }),
      await ask("PATCH", "/api/v1/servers/remote", { body: { headers: { "x-new": SECRET } } }),
      await ask("PUT", "/api/v1/tools/query", { body: { ...TOOL, description: "Runs it" } }),
    ];
    expect(statuses).to.deep.equal([201, 200, 201, 201, 409, 409, 200, 200]);

    for (const path of [
      "/api/v1/servers",
      "/api/v1/servers/files",
      "/api/v1/servers/remote",
      "/api/v1/servers/remote/health",
      "/api/v1/tools",
      "/api/v1/tools/query",
      "/api/v1/tools/search?q=query",
      "/api/v1/status",
      "/health",
      "/health/detailed",
      "/metrics",
      "/api/openapi.json",
    ])
      await ask("GET", path);
    await ask("POST", "/api/v1/servers/files/test");
    await ask("POST", "/api/v1/servers/remote/refresh");

    for (const text of seen) expect(text).to.not.include(SECRET);
  });

  it("in bad input are not quoted back", async () => {
    const bad: readonly (readonly [string, string, unknown])[] = [
      ["POST", "/api/v1/servers", { name: "x", command: "npx", env: { A: [SECRET] } }],
      ["POST", "/api/v1/servers", { name: "x", url: SECRET }],
      ["POST", "/api/v1/servers", `{"name": "${SECRET}`],
      ["PATCH", "/api/v1/servers/remote", { headers: { "x-key": { value: SECRET } } }],
      ["POST", "/api/v1/tools", { ...TOOL, headers: { "x-key": `${SECRET}\n` } }],
      ["POST", "/api/v1/tools", { ...TOOL, name: "n", endpoint: `https://user:${SECRET}@x.example.com` }],
      ["POST", "/api/v1/auth/api-keys", { name: 5, key: SECRET }],
    ];
    for (const [method, path, body] of bad) {
      const response = await gateway.send(method, path, { body });
      const text = await response.text();

      expect(response.status, text).to.equal(400);
      expect(text, `${method} ${path}`).to.not.include(SECRET);
    }
  });

  it("in arguments of calls are neither in metrics nor in the log", async () => {
    await ask("POST", "/api/v1/tools/forecast/execute", { body: { arguments: { password: SECRET } } });
    gateway.answer = () => {
      throw new UpstreamBroken("weather", "reset");
    };
    await ask("POST", "/api/v1/tools/forecast/execute", { body: { arguments: { password: SECRET } } });
    await ask("GET", "/metrics");

    for (const text of seen.slice(-3)) expect(text).to.not.include(SECRET);
    expect(
      JSON.stringify(gateway.logged.map(({ fields }) => Object.entries(fields).map(String))),
    ).to.not.include(SECRET);
  });

  it("in the query of a request that fails are not in the log", async () => {
    gateway.storageFails = true;
    await gateway.ask("GET", `/health?key=${SECRET}`);
    await gateway.ask("GET", `/readyz?key=${SECRET}`, { as: "nobody" });

    expect(
      JSON.stringify(gateway.logged.map(({ fields }) => Object.entries(fields).map(String))),
    ).to.not.include(SECRET);
  });

  it("of keys are never listed", async () => {
    const keys = [...gateway.keys.values()];

    const text = await (await gateway.send("GET", "/api/v1/auth/api-keys?limit=200")).text();

    for (const key of keys) expect(text).to.not.include(key.split("_")[2]);
  });
});
