import { expect } from "chai";

import { RestGateway } from "../../support/rest-gateway.ts";

describe("the docs page", () => {
  let gateway: RestGateway;

  before(async () => {
    gateway = await RestGateway.start();
  });
  after(() => gateway.close());

  it("is a page without a key, and names no other address", async () => {
    const response = await gateway.send("GET", "/api/docs", {
      as: "nobody",
      headers: { accept: "text/html" },
    });

    const text = await response.text();
    expect(response.status).to.equal(200);
    expect(response.headers.get("content-type")).to.equal("text/html; charset=utf-8");
    expect(text).to.include('src="/api/docs/standalone.js"');
    expect(text).to.not.match(/https?:\/\//);
  });

  it("may load nothing but its own scripts", async () => {
    const { headers } = await gateway.send("GET", "/api/docs", { as: "nobody" });

    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).to.include("default-src 'none'").and.include("script-src 'self'");
    expect(policy).to.not.match(/unsafe-eval|script-src[^;]*unsafe-inline|https:|\*/);
  });

  it("starts itself with a script, for inline ones are not allowed", async () => {
    const response = await gateway.send("GET", "/api/docs/start.js", { as: "nobody" });

    const text = await response.text();
    expect(response.headers.get("content-type")).to.include("text/javascript");
    expect(text).to.include('"/api/openapi.json"').and.include('"telemetry":false');
  });

  it("answers with a problem, not with a broken page, when the build left its script out", async () => {
    const response = await gateway.send("GET", "/api/docs/standalone.js", { as: "nobody" });

    expect(response.headers.get("content-type")).to.be.oneOf([
      "application/problem+json",
      "text/javascript; charset=utf-8",
    ]);
  });

  it("is found by its older address too", async () => {
    const response = await gateway.send("GET", "/api/v1/docs", { as: "nobody" });

    expect(response.status).to.equal(308);
    expect(response.headers.get("location")).to.equal("/api/docs");
  });
});
