import { expect } from "chai";

import { UpstreamBroken } from "../../../src/domain/upstream-errors.ts";
import { RestGateway, toolDefinition } from "../../support/rest-gateway.ts";

describe("REST: breakers", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start();
    await gateway.add("weather", { tools: [toolDefinition("forecast")] });
    await gateway.add("maps", { tools: [toolDefinition("route")] });
  });
  afterEach(() => gateway.close());

  const call = () =>
    gateway.ask("POST", "/api/v1/tools/weather__forecast/execute", { body: { arguments: {} } });
  const change = (action: string, as: "user" | "operator" = "operator") =>
    gateway.ask("POST", "/api/v1/servers/weather/breaker", { as, body: { action } });

  async function openByFailures(): Promise<void> {
    gateway.answer = () => Promise.reject(new UpstreamBroken("weather", "it broke"));
    for (let n = 0; n < 10; n++) await call();
  }

  it("shows one that nobody has used as closed", async () => {
    const { status, body } = await gateway.ask("GET", "/api/v1/servers/weather/breaker", { as: "viewer" });

    expect(status).to.equal(200);
    expect(body).to.deep.equal({
      server: "weather",
      state: "closed",
      forced: false,
      calls: 0,
      failures: 0,
      openings: 0,
    });
  });

  it("shows what opened it, and when the upstream is asked again", async () => {
    await openByFailures();

    const { body } = await gateway.ask("GET", "/api/v1/servers/weather/breaker");

    expect(body).to.deep.include({ state: "open", forced: false, openings: 1, failures: 10, calls: 10 });
    expect(body["retry_in_ms"]).to.be.within(8_000, 10_000);
    expect((await call()).body).to.include({ code: "circuit_open", executed: "not_executed" });
  });

  it("lists those of all servers, and those in one state", async () => {
    await change("open");

    const all = await gateway.ask("GET", "/api/v1/breakers?limit=1");
    const open = await gateway.ask("GET", "/api/v1/breakers?state=open");

    expect(all.body["items"]).to.have.length(1);
    expect(all.body["next_cursor"]).to.be.a("string");
    expect(open.body).to.nested.include({ "items[0].server": "weather", "items[0].forced": true });
    expect(open.body["items"]).to.have.length(1);
  });

  it("stops all calls when an operator opens it, until he closes it", async () => {
    const opened = await change("open");
    const stopped = await call();
    const closed = await change("close");

    expect(opened.body).to.deep.include({ state: "open", forced: true });
    expect(stopped.body).to.include({ code: "circuit_open", retryable: false });
    expect(closed.body).to.deep.include({ state: "closed", forced: false });
    expect((await call()).status).to.equal(200);
    expect(gateway.calls).to.have.length(1);
  });

  it("forgets all failures at a reset", async () => {
    const well = gateway.answer;
    await openByFailures();
    gateway.answer = well;

    const { body } = await change("reset");

    expect(body).to.deep.include({ state: "closed", calls: 0, failures: 0, openings: 0 });
    expect((await call()).status).to.equal(200);
  });

  it("is shown with its server", async () => {
    await change("open");

    const { body } = await gateway.ask("GET", "/api/v1/servers");

    const items = body["items"] as unknown as readonly { name: string; breaker: string }[];
    expect(items.map(({ name, breaker }) => `${name} ${breaker}`)).to.deep.equal([
      "maps closed",
      "weather open",
    ]);
  });

  it("is changed by operators only", async () => {
    expect((await change("open", "user")).status).to.equal(403);
    expect((await gateway.ask("GET", "/api/v1/servers/weather/breaker")).body["state"]).to.equal("closed");
  });

  for (const body of [{}, { action: "explode" }, { action: "open", more: 1 }]) {
    it(`refuses ${JSON.stringify(body)}`, async () => {
      const answer = await gateway.ask("POST", "/api/v1/servers/weather/breaker", { body });

      expect(answer.status).to.equal(400);
      expect(answer.body["code"]).to.equal("invalid_request");
    });
  }

  for (const method of ["GET", "POST"]) {
    it(`answers 404 for ${method} of a server that does not exist`, async () => {
      const options = method === "POST" ? { body: { action: "open" } } : {};
      const { status, body } = await gateway.ask(method, "/api/v1/servers/nobody/breaker", options);

      expect(status).to.equal(404);
      expect(body["code"]).to.equal("server_not_found");
    });
  }

  describe("at a restart of the server", () => {
    it("let calls through at once", async () => {
      await openByFailures();

      const { status, body } = await gateway.ask("POST", "/api/v1/servers/weather/restart", {
        as: "operator",
      });

      expect(status).to.equal(200);
      expect(body).to.nested.include({ "health.code": "ok", "counts.tools": 1 });
      expect((await gateway.ask("GET", "/api/v1/servers/weather/breaker")).body["state"]).to.equal("closed");
    });

    it("stay as an operator has set them", async () => {
      await change("open");

      await gateway.ask("POST", "/api/v1/servers/weather/restart");

      expect((await gateway.ask("GET", "/api/v1/servers/weather/breaker")).body["forced"]).to.equal(true);
    });

    it("are no matter for one that is not there, or disabled", async () => {
      await gateway.registry.updateServer("weather", (entry) => ({ ...entry, disabled: true }));

      expect((await gateway.ask("POST", "/api/v1/servers/nobody/restart")).status).to.equal(404);
      expect((await gateway.ask("POST", "/api/v1/servers/weather/restart")).body["code"]).to.equal(
        "conflict",
      );
    });
  });
});
