import { expect } from "chai";

import { DEFAULT_LIMITS } from "../../../src/domain/limits.ts";
import { connectHttpTools } from "../../../src/upstream/http-tools/http-tools.ts";
import { refuseQuestion } from "../../../src/upstream/refuse-question.ts";
import { type Egress, createEgress } from "../../../src/wire/egress.ts";
import { Endpoint } from "../../support/http-endpoint.ts";
import { RestGateway } from "../../support/rest-gateway.ts";

describe("REST: from the registration of an endpoint to its answer", () => {
  let gateway: RestGateway;
  let endpoint: Endpoint;
  let egress: Egress;

  beforeEach(async () => {
    endpoint = new Endpoint();
    await endpoint.open();
    gateway = await RestGateway.start();
    egress = createEgress({ allowPrivate: false, allow: [new URL(endpoint.origin).host] }, DEFAULT_LIMITS);
    const connection = await connectHttpTools(
      { server: "custom", tools: () => gateway.registry.httpTools(), egress, limits: DEFAULT_LIMITS },
      { onNotification: () => {}, onRequest: refuseQuestion, onClosed: () => {} },
      new AbortController().signal,
    );
    gateway.answer = (_, call) => connection.call(call);
  });
  afterEach(async () => {
    await gateway.close();
    await egress.close();
    endpoint.close();
  });

  const register = (more: Record<string, unknown> = {}) =>
    gateway.ask("POST", "/api/v1/tools", {
      as: "operator",
      body: { name: "weather", description: "Weather of a city", endpoint: endpoint.origin, ...more },
    });
  const execute = (args: Record<string, unknown> = {}) =>
    gateway.ask("POST", "/api/v1/tools/weather/execute", { as: "user", body: { arguments: args } });

  it("carries arguments there and structured content back", async () => {
    await register({ method: "GET", endpoint: `${endpoint.origin}/cities/{city}` });
    endpoint.answer(200, "application/json", '{"sky":"sun"}');

    const { status, body } = await execute({ city: "Bern", unit: "C" });

    expect(status).to.equal(200);
    expect(endpoint.received[0]).to.include({ method: "GET", url: "/cities/Bern?unit=C" });
    expect(body).to.deep.include({ structuredContent: { sky: "sun" } });
  });

  it("uses a changed definition from the next call on", async () => {
    await register();
    await execute({ a: 1 });
    const { status } = await gateway.ask("PUT", "/api/v1/tools/weather", {
      body: {
        name: "weather",
        description: "d",
        endpoint: `${endpoint.origin}/v2`,
        method: "GET",
        headers: { "x-version": "2" },
      },
    });
    await execute({ a: 1 });

    expect(status).to.equal(200);
    expect(endpoint.received.map(({ method, url }) => `${method} ${url}`)).to.deep.equal([
      "POST /",
      "GET /v2?a=1",
    ]);
    expect(endpoint.received[1]?.headers).to.include({ "x-version": "2" });
  });

  it("tells the caller of bad arguments, as an answer, and sends nothing", async () => {
    await register({ schema: { input: { n: { type: "integer" } } } });

    const { status, body } = await execute({ n: "five" });

    expect(status).to.equal(200);
    expect(body).to.nested.include({ isError: true });
    expect(body).to.nested.property("content[0].text").that.includes("/n must be integer");
    expect(endpoint.received).to.deep.equal([]);
  });

  it("leads to no private address that the operator has not allowed", async () => {
    await register({ endpoint: "http://127.0.0.1:9/" });
    const loopback = await execute();
    await gateway.ask("PUT", "/api/v1/tools/weather", {
      body: { name: "weather", description: "d", endpoint: "http://169.254.169.254/latest" },
    });

    const metadata = await execute();

    expect([loopback.status, metadata.status]).to.deep.equal([403, 403]);
    expect(loopback.body).to.include({ code: "egress_denied", executed: "not_executed" });
  });

  for (const [status, answered, code] of [
    [404, 200, undefined],
    [429, 503, "upstream_rejected"],
    [500, 502, "upstream_broken"],
  ] as const) {
    it(`answers ${answered} for an endpoint that answers ${status}`, async () => {
      await register();
      endpoint.answer(status, "text/plain", "no", { "retry-after": "30" });

      const { status: given, body } = await execute();

      expect(given).to.equal(answered);
      expect(body["code"]).to.equal(code);
    });
  }

  it("does not call an endpoint twice that may have acted", async () => {
    await register();
    endpoint.answer(500, "text/plain", "boom");

    const { body } = await execute();

    expect(body).to.include({ executed: "unknown" });
    expect(endpoint.received).to.have.length(1);
  });

  it("counts the call under its name", async () => {
    await register();
    await execute();

    const text = await (await gateway.send("GET", "/metrics")).text();

    expect(text).to.include('switchgear_calls_total{server="custom",tool="weather",outcome="ok"} 1');
  });
});
