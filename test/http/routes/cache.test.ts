import { expect } from "chai";

import { RestGateway, toolDefinition } from "../../support/rest-gateway.ts";

const readOnly = { annotations: { readOnlyHint: true } };
const ENTRY = {
  url: "http://weather.example.com/mcp",
  gateway: { cache: { tools: ["*"], scope: "shared" } },
};

describe("REST: the cache", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start();
    const tools = [toolDefinition("forecast", readOnly), toolDefinition("alerts", readOnly)];
    await gateway.add("weather", { tools }, ENTRY);
    await gateway.add("news", { tools: [toolDefinition("today", readOnly)] }, ENTRY);
  });
  afterEach(() => gateway.close());

  const call = async (tool: string) => {
    const { body } = await gateway.ask("POST", `/api/v1/tools/${tool}/execute`);
    return (body["meta"] as { cache: string }).cache;
  };
  const callAll = async () => {
    const results = [];
    for (const tool of ["weather__forecast", "weather__alerts", "news__today"])
      results.push(await call(tool));
    return results;
  };
  const purge = (query = "") => gateway.ask("DELETE", `/api/v1/cache${query}`);

  it("shows how much is kept and how often it helped", async () => {
    await callAll();
    await callAll();

    const { status, body } = await gateway.ask("GET", "/api/v1/cache", { as: "viewer" });

    expect(status).to.equal(200);
    expect(body).to.include({ entries: 3, hits: 3, misses: 3, stale: 0, evictions: 0, degraded: false });
    expect(body["bytes"]).to.be.greaterThan(100);
    expect(body["tiers"]).to.deep.equal([{ tier: "memory", up: true, hits: 3, misses: 3 }]);
  });

  it("forgets all", async () => {
    await callAll();

    const { status, body } = await purge();

    expect([status, body]).to.deep.equal([200, { purged: 3 }]);
    expect(await callAll()).to.deep.equal(["miss", "miss", "miss"]);
  });

  it("forgets what one server answered", async () => {
    await callAll();

    expect((await purge("?server=weather")).body).to.deep.equal({ purged: 2 });
    expect(await callAll()).to.deep.equal(["miss", "miss", "hit"]);
  });

  for (const query of ["?tool=weather__alerts", "?server=weather&tool=alerts", "?tool=alerts"]) {
    it(`forgets what one tool answered: ${query}`, async () => {
      await callAll();

      expect((await purge(query)).body).to.deep.equal({ purged: 1 });
      expect(await callAll()).to.deep.equal(["hit", "miss", "hit"]);
    });
  }

  it("forgets one entry", async () => {
    gateway.cache.set("one", Buffer.from("x"), { ttlMs: 60_000 });

    expect((await purge("?key=one")).body).to.deep.equal({ purged: 1 });
    expect((await purge("?key=one")).body).to.deep.equal({ purged: 0 });
  });

  it("knows no server that is not registered, and finds nothing of a tool that is not", async () => {
    await callAll();

    expect(await purge("?server=nobody")).to.nested.include({ status: 404, "body.code": "server_not_found" });
    expect((await purge("?tool=nobody__nothing")).body).to.deep.equal({ purged: 0 });
    expect(await callAll()).to.deep.equal(["hit", "hit", "hit"]);
  });

  it("refuses a query that it does not know, instead of forgetting all", async () => {
    await callAll();

    const { status } = await purge("?sever=weather");

    expect(status).to.equal(400);
    expect(await callAll()).to.deep.equal(["hit", "hit", "hit"]);
  });

  it("is in the status", async () => {
    await callAll();

    const { body } = await gateway.ask("GET", "/api/v1/status");

    expect(body["cache"]).to.deep.equal({ entries: 3, degraded: false });
    expect(body["overloaded"]).to.equal(false);
  });
});

describe("REST: a cache with Redis behind it", () => {
  const stats = {
    hits: 5,
    misses: 7,
    stale: 1,
    evictions: 0,
    entries: 4,
    bytes: 900,
    shared: { isUp: false, hits: 3, misses: 4, bytesRead: 1, bytesWritten: 2 },
  };

  it("shows both tiers, counts what Redis had as a hit, and says when it is degraded", async () => {
    const gateway = await RestGateway.start({}, { cache: { stats, purge: async () => 0 } });

    const { body } = await gateway.ask("GET", "/api/v1/cache");
    const health = await gateway.ask("GET", "/health");
    const status = await gateway.ask("GET", "/api/v1/status");
    const ready = await gateway.ask("GET", "/health/ready", { as: "nobody" });
    await gateway.close();

    expect(body).to.include({ hits: 8, misses: 4, degraded: true });
    expect(body["tiers"]).to.deep.equal([
      { tier: "memory", up: true, hits: 5, misses: 7 },
      { tier: "redis", up: false, hits: 3, misses: 4 },
    ]);
    expect(health).to.nested.include({
      status: 200,
      "body.status": "degraded",
      "body.services.cache.degraded": true,
    });
    expect(status.body).to.nested.include({ "cache.degraded": true });
    expect(ready.status).to.equal(200);
  });
});
