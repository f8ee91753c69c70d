import { expect } from "chai";

import { GatewayError } from "../../../src/domain/errors.ts";
import { UpstreamUnavailable } from "../../../src/domain/upstream-errors.ts";
import { RestGateway, toolDefinition } from "../../support/rest-gateway.ts";

describe("REST: health", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start();
  });
  afterEach(() => gateway.close());

  it("shows the whole tree", async () => {
    await gateway.add("weather", { tools: [toolDefinition("forecast")] });
    await gateway.ask("POST", "/api/v1/servers/weather/test");

    const { status, body } = await gateway.ask("GET", "/health", { as: "viewer" });

    expect(status).to.equal(200);
    expect(body).to.nested.include({
      status: "healthy",
      version: "0.0.0-test",
      "services.storage.status": "healthy",
      "services.registry.servers": 1,
      "services.registry.tools": 1,
      "services.upstreams.weather.status": "healthy",
      "services.upstreams.weather.code": "ok",
    });
    expect(body).to.nested.property("services.storage.response_time_ms").that.is.a("number");
    expect(Date.parse(String(body["timestamp"]))).to.be.closeTo(Date.now(), 10_000);
  });

  it("names code, fix and the last words of an upstream that failed, and is degraded, not red", async () => {
    await gateway.add("weather");
    gateway.upstreams.set(
      "weather",
      new UpstreamUnavailable("weather", 'the command "nope" was not found', {
        fix: [{ label: "Install it", command: "npm i -g nope" }],
        details: { stderr_tail: "sh: nope: not found" },
      }),
    );
    await gateway.ask("POST", "/api/v1/servers/weather/test");

    const { status, body } = await gateway.ask("GET", "/api/v1/health");

    expect(status).to.equal(200);
    expect(body["status"]).to.equal("degraded");
    expect(body).to.deep.nested.include({
      "services.upstreams.weather.status": "unhealthy",
      "services.upstreams.weather.code": "upstream_unavailable",
      "services.upstreams.weather.action": { label: "Install it", command: "npm i -g nope" },
      "services.upstreams.weather.stderr_tail": "sh: nope: not found",
    });
  });

  it("does not count a server that is switched off", async () => {
    await gateway.add("weather", {}, { url: "http://x.example.com", disabled: true });

    const { body } = await gateway.ask("GET", "/health");

    expect(body["status"]).to.equal("healthy");
  });

  it("is red when the storage fails, without its words", async () => {
    gateway.storageFails = true;

    const { status, body } = await gateway.ask("GET", "/health");

    expect(status).to.equal(503);
    expect(body).to.nested.include({ status: "unhealthy", "services.storage.status": "unhealthy" });
    expect(JSON.stringify(body)).to.not.include("the disk is gone");
    expect(gateway.logged.map(({ message }) => message)).to.include("storage does not answer");
  });

  it("shows process, sessions and the health of each upstream in detail", async () => {
    await gateway.add("weather", {
      quarantined: [{ tool: "bad", reason: "no name" }],
      tools: [toolDefinition("a")],
    });
    gateway.upstreams.set("weather", { quarantined: [{ tool: "bad", reason: "no name" }] });
    await gateway.ask("POST", "/api/v1/servers/weather/test");

    const { body } = await gateway.ask("GET", "/health/detailed");
    const alias = await gateway.ask("GET", "/api/v1/health/all");

    expect(body).to.nested.include({ sessions: 3, draining: false, "process.pid": process.pid });
    expect(body).to.deep.nested.include({
      "health.weather.quarantined": [{ tool: "bad", reason: "no name" }],
    });
    expect(alias.body).to.have.keys(Object.keys(body));
  });

  for (const path of ["/health/live", "/livez", "/healthz", "/api/v1/health/live"]) {
    it(`answers ${path} to anybody, whatever else is wrong`, async () => {
      gateway.storageFails = true;
      gateway.draining = true;

      const { status, body } = await gateway.ask("GET", path, { as: "nobody" });

      expect(status).to.equal(200);
      expect(body).to.deep.equal({ status: "ok" });
    });
  }

  for (const path of ["/health/ready", "/readyz", "/api/v1/health/ready"]) {
    it(`is ready at ${path} although an upstream is down`, async () => {
      await gateway.add("weather");
      gateway.upstreams.set("weather", new GatewayError("upstream_timeout", "Nothing."));
      await gateway.ask("POST", "/api/v1/servers/weather/test");

      const { status } = await gateway.ask("GET", path, { as: "nobody" });

      expect(status).to.equal(200);
    });
  }

  it("is not ready when the storage fails, and tells strangers no more than that", async () => {
    gateway.storageFails = true;

    const { status, body } = await gateway.ask("GET", "/health/ready", { as: "nobody" });

    expect(status).to.equal(503);
    expect(body).to.include({ code: "storage_unavailable", retryable: true });
  });

  it("is not ready when the storage hangs, and says so soon", async () => {
    gateway.storageHangs = true;
    const started = Date.now();

    const { status } = await gateway.ask("GET", "/health/ready", { as: "nobody" });

    expect(status).to.equal(503);
    expect(Date.now() - started).to.be.lessThan(1_800);
  });

  it("is not ready, and takes no new work, once a shutdown has begun", async () => {
    gateway.draining = true;

    const ready = await gateway.ask("GET", "/readyz", { as: "nobody" });
    const work = await gateway.ask("GET", "/api/v1/servers");

    expect([ready.status, work.status]).to.deep.equal([503, 503]);
    expect(work.body).to.include({ code: "shutting_down", retryable: true });
    expect(work.headers.get("retry-after")).to.equal("1");
  });

  it("answers HEAD of a probe without a body", async () => {
    const response = await gateway.send("HEAD", "/health/ready", { as: "nobody" });

    expect(response.status).to.equal(200);
    expect(await response.text()).to.equal("");
  });

  it("does not show the tree to anybody", async () => {
    const answers = await Promise.all(
      ["/health", "/api/v1/health", "/health/detailed"].map((path) =>
        gateway.ask("GET", path, { as: "nobody" }),
      ),
    );

    expect(answers.map(({ status }) => status)).to.deep.equal([401, 401, 401]);
  });
});
