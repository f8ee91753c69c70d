import { expect } from "chai";

import { RestGateway, toolDefinition } from "../../support/rest-gateway.ts";

describe("REST: version, status and metrics", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start();
  });
  afterEach(() => gateway.close());

  it("tells anybody which version runs and what it speaks", async () => {
    const { body } = await gateway.ask("GET", "/version", { as: "nobody" });

    expect(body).to.include({ name: "switchgear", version: "0.0.0-test", node: process.version });
    expect(body["protocol_versions"]).to.include.members(["2026-07-28", "2025-11-25"]);
  });

  it("sums up", async () => {
    await gateway.add("weather", { tools: [toolDefinition("forecast")], prompts: [{ name: "think" }] });
    await gateway.ask("POST", "/api/v1/servers/weather/test");
    await gateway.add("off", {}, { url: "http://x.example.com", disabled: true });

    const { body } = await gateway.ask("GET", "/api/v1/status", { as: "viewer" });

    expect(body).to.nested.include({
      "servers.total": 2,
      "servers.disabled": 1,
      "servers.unknown": 0,
      sessions: 3,
    });
    expect(body).to.nested.property("memory.rss_bytes").that.is.greaterThan(0);
  });

  it("serves metrics in the Prometheus format to viewers", async () => {
    await gateway.add("weather", { tools: [toolDefinition("forecast")] });
    await gateway.ask("POST", "/api/v1/tools/forecast/execute");
    await gateway.ask("GET", "/no/such/thing");

    const response = await gateway.send("GET", "/metrics", { as: "viewer" });

    const text = await response.text();
    expect(response.headers.get("content-type")).to.include("text/plain; version=0.0.4");
    expect(text).to.include('switchgear_calls_total{server="weather",tool="forecast",outcome="ok"} 1');
    expect(text).to.include(
      'switchgear_http_requests_total{route="/api/v1/tools/{tool}/execute",method="POST",status="200"} 1',
    );
    expect(text).to.include('switchgear_http_requests_total{route="unmatched",method="GET",status="404"} 1');
  });

  it("serves metrics whatever version of the format is asked for", async () => {
    for (const accept of ["text/plain;version=0.0.4", "application/openmetrics-text;version=1.0.0"]) {
      const { status } = await gateway.send("GET", "/metrics", { headers: { accept } });

      expect(status, accept).to.equal(200);
    }
  });

  it("does not serve metrics to strangers", async () => {
    const { status } = await gateway.ask("GET", "/metrics", { as: "nobody" });

    expect(status).to.equal(401);
  });
});
