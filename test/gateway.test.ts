import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { parseConfigText } from "../src/config/config.ts";
import type { JsonObject } from "../src/domain/json.ts";
import { type Gateway, createGateway } from "../src/gateway.ts";
import { createLogger } from "../src/observability/logger.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const logger = createLogger({ level: "silent", write: () => {} });

describe("the gateway", () => {
  let folder: string;
  let gateway: Gateway;
  let url: string;

  const start = async (settings: JsonObject = {}): Promise<void> => {
    const text = JSON.stringify({ gateway: { dataDir: folder, demo: false, ...settings } });
    const config = parseConfigText(text, { env: {}, cwd: folder, home: folder });
    gateway = await createGateway(config, {
      env: { PATH: process.env["PATH"] },
      logger,
      version: "0.0.0-test",
      home: new URL("../src/", import.meta.url),
    });
    gateway.http.listen(0, "127.0.0.1");
    await once(gateway.http, "listening");
    gateway.start();
    url = `http://127.0.0.1:${(gateway.http.address() as AddressInfo).port}`;
  };

  const ask = async (
    method: string,
    path: string,
    key: string,
    body?: unknown,
  ): Promise<[number, JsonObject]> => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(url + path, init);
    return [response.status, (await response.json()) as JsonObject];
  };

  const keyOf = async (role: string): Promise<string> => {
    const [, body] = await ask("POST", "/api/v1/auth/api-keys", gateway.localKey, { name: role, role });
    return String(body["key"]);
  };

  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => gateway.close());

  it("makes the first administrator's key when somebody asks who will show it, and never again", async () => {
    await start();

    const first = await gateway.createAdminKey();
    const second = await gateway.createAdminKey();

    expect(first).to.match(/^swg_/);
    expect(second).to.equal(undefined);
    expect((await ask("GET", "/api/v1/auth/me", String(first)))[1]).to.include({ role: "admin" });
  });

  it("is up and well before any upstream is, and says of each how it does", async () => {
    await start({ demo: true });
    const [status] = await ask("GET", "/health/ready", gateway.localKey);
    expect(status).to.equal(200);

    await ask("POST", "/api/v1/servers/demo/test", gateway.localKey);

    const [, body] = await ask("POST", "/api/v1/tools/demo__add/execute", gateway.localKey, {
      arguments: { a: 2, b: 3 },
    });
    expect(body["structuredContent"]).to.deep.equal({ sum: 5 });
    const [, health] = await ask("GET", "/health", gateway.localKey);
    expect(JSON.stringify(health)).to.include('"demo":{"status":"healthy"');
  });

  it("searches what the catalog shows, however a server comes, changes and goes", async () => {
    await start({ demo: true });
    const [, demo] = await ask("GET", "/api/v1/servers/demo", gateway.localKey);
    const { command, args } = demo;
    const found = async (query: string): Promise<unknown[]> => {
      const [, body] = await ask("GET", `/api/v1/tools/search?q=add+two+numbers&${query}`, gateway.localKey);
      return body["items"] as unknown[];
    };

    await ask("POST", "/api/v1/servers?wait=tools", gateway.localKey, { name: "second", command, args });
    expect(await found("server=second")).to.not.deep.equal([]);

    await ask("PATCH", "/api/v1/servers/second", gateway.localKey, { gateway: { tags: ["math"] } });
    expect(await found("tags=math")).to.not.deep.equal([]);

    await ask("PATCH", "/api/v1/servers/second", gateway.localKey, { gateway: { enabled: false } });
    expect(await found("server=second")).to.deep.equal([]);

    await ask("PATCH", "/api/v1/servers/second", gateway.localKey, { gateway: { enabled: true } });
    expect(await found("server=second")).to.not.deep.equal([]);

    const headers = { authorization: `Bearer ${gateway.localKey}` };
    expect((await fetch(`${url}/api/v1/servers/second`, { method: "DELETE", headers })).status).to.equal(204);
    expect(await found("server=second")).to.deep.equal([]);
  });

  describe("and private addresses", () => {
    let upstream: ReturnType<typeof createServer>;
    let asked: number;
    let entry: JsonObject;

    beforeEach(async () => {
      asked = 0;
      upstream = createServer((_, response) => {
        asked++;
        response.writeHead(404).end();
      }).listen(0, "127.0.0.1");
      await once(upstream, "listening");
      entry = { type: "http", url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp` };
      await start();
    });
    afterEach(() => upstream.close());

    it("are reached for an administrator's server", async () => {
      await ask("POST", "/api/v1/servers?wait=tools", gateway.localKey, { name: "inner", ...entry });
      expect(asked).to.be.greaterThan(0);
    });

    it("are never reached for anybody else's", async () => {
      const operator = await keyOf("operator");

      const [status, body] = await ask("POST", "/api/v1/servers?wait=tools", operator, {
        name: "inner",
        ...entry,
      });

      expect(status).to.equal(201);
      expect(body["health"]).to.include({ code: "egress_denied" });
      expect(asked).to.equal(0);
    });

    it("are not reached through a change of a server that an administrator added", async () => {
      const operator = await keyOf("operator");
      await ask("POST", "/api/v1/servers", gateway.localKey, {
        name: "outer",
        type: "http",
        url: "http://192.0.2.1/mcp",
        gateway: { enabled: false },
      });

      const change = { url: entry["url"], gateway: { enabled: true } };
      const [status] = await ask("PATCH", "/api/v1/servers/outer", operator, change);
      const [, tested] = await ask("POST", "/api/v1/servers/outer/test", operator);

      expect(status).to.equal(200);
      expect(JSON.stringify(tested)).to.include("egress_denied");
      expect(asked).to.equal(0);
    });

    it("are reached through the hosts that the config allows", async () => {
      await gateway.close();
      await start({ egress: { allow: ["127.0.0.1"] } });

      await ask("POST", "/api/v1/servers?wait=tools", await keyOf("operator"), { name: "inner", ...entry });

      expect(asked).to.be.greaterThan(0);
    });
  });
});
