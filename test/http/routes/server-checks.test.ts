import { expect } from "chai";

import { GatewayError } from "../../../src/domain/errors.ts";
import { UpstreamUnavailable } from "../../../src/domain/upstream-errors.ts";
import { RestGateway, toolDefinition } from "../../support/rest-gateway.ts";

describe("REST: tests of servers", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start();
  });
  afterEach(() => gateway.close());

  it("tests: reads what the server offers now", async () => {
    await gateway.add("weather");
    gateway.upstreams.set("weather", { tools: [toolDefinition("forecast"), toolDefinition("alerts")] });

    const { status, body } = await gateway.ask("POST", "/api/v1/servers/weather/test", { as: "operator" });

    expect(status).to.equal(200);
    expect(body).to.nested.include({ ok: true, "counts.tools": 2, "health.code": "ok" });
    expect(body["took_ms"]).to.be.a("number");
  });

  it("tests: a failure is an answer with code and fix", async () => {
    await gateway.add("weather");
    gateway.upstreams.set(
      "weather",
      new UpstreamUnavailable("weather", "the command was not found", {
        fix: [{ label: "Install it" }],
        details: { stderr_tail: "sh: nope" },
      }),
    );

    const { status, body } = await gateway.ask("POST", "/api/v1/servers/weather/test");

    expect(status).to.equal(200);
    expect(body).to.nested.include({
      ok: false,
      "error.code": "upstream_unavailable",
      "error.fix[0].label": "Install it",
      "error.details.stderr_tail": "sh: nope",
      "health.level": "unhealthy",
    });
  });

  it("refreshes, or answers with the failure as a problem", async () => {
    await gateway.add("weather");
    gateway.upstreams.set("weather", { tools: [toolDefinition("forecast")] });
    const good = await gateway.ask("POST", "/api/v1/servers/weather/refresh");
    gateway.upstreams.set("weather", new GatewayError("upstream_auth_required", "It wants a token."));

    const bad = await gateway.ask("POST", "/api/v1/servers/weather/refresh");

    expect(good.body).to.nested.include({ "counts.tools": 1 });
    expect(bad.status).to.equal(502);
    expect(bad.body).to.include({ code: "upstream_auth_required", detail: "It wants a token." });
  });

  it("shows the health and the tools of one server", async () => {
    await gateway.add("weather", { tools: [toolDefinition("forecast"), toolDefinition("alerts")] });
    await gateway.add("other", { tools: [toolDefinition("else")] });

    const health = await gateway.ask("GET", "/api/v1/servers/weather/health");
    const tools = await gateway.ask("GET", "/api/v1/servers/weather/tools?q=alert");

    expect(health.body).to.include.keys("level", "admin_state", "code", "summary", "since");
    expect(tools.body["items"]).to.have.length(1);
    expect(tools.body).to.nested.include({ "items[0].id": "weather__alerts", "items[0].available": true });
  });

  for (const [method, path] of [
    ["POST", "test"],
    ["POST", "refresh"],
    ["GET", "health"],
    ["GET", "tools"],
  ] as const) {
    it(`answers 404 for ${method} …/${path} of a server that does not exist`, async () => {
      const { status, body } = await gateway.ask(method, `/api/v1/servers/nobody/${path}`);

      expect(status).to.equal(404);
      expect(body).to.include({ code: "server_not_found" });
    });
  }
});
