import { expect } from "chai";

import { RestGateway, toolDefinition } from "../../support/rest-gateway.ts";

describe("REST: new servers", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start();
  });
  afterEach(() => gateway.close());

  const weather = { name: "weather", type: "http", url: "https://weather.example.com/mcp" };

  it("registers an mcpServers entry with a name and answers 201 with place and version", async () => {
    const { status, body, headers } = await gateway.ask("POST", "/api/v1/servers", { body: weather });

    expect(status).to.equal(201);
    expect(body).to.include({ name: "weather", type: "http", version: 1, source: "api", enabled: true });
    expect(headers.get("location")).to.equal("/api/v1/servers/weather");
    expect(headers.get("etag")).to.equal('"1"');
    expect(gateway.registry.findServer("weather")).to.not.equal(undefined);
  });

  it("waits for the first exploration when asked to", async () => {
    gateway.upstreams.set("weather", { tools: [toolDefinition("forecast")] });

    const { body } = await gateway.ask("POST", "/api/v1/servers?wait=tools", { body: weather });

    expect(body).to.nested.include({ "counts.tools": 1, "health.level": "healthy" });
  });

  it("registers a server that cannot be reached, and its health says why", async () => {
    const { status, body } = await gateway.ask("POST", "/api/v1/servers?wait=tools", { body: weather });

    expect(status).to.equal(201);
    expect(body).to.nested.include({ "health.level": "unhealthy", "health.code": "upstream_unavailable" });
    expect(body).to.nested.property("health.summary").that.includes("refused");
  });

  it("checks and changes nothing with dry_run", async () => {
    const { status, body } = await gateway.ask("POST", "/api/v1/servers?dry_run=true", { body: weather });

    expect(status).to.equal(200);
    expect(body).to.deep.equal({ valid: true, name: "weather", type: "http" });
    expect(gateway.registry.findServer("weather")).to.equal(undefined);
  });

  it("finds a taken name with dry_run too", async () => {
    await gateway.ask("POST", "/api/v1/servers", { body: weather });

    const { status } = await gateway.ask("POST", "/api/v1/servers?dry_run=true", { body: weather });

    expect(status).to.equal(409);
  });

  it("answers 409 for a name that is taken", async () => {
    await gateway.ask("POST", "/api/v1/servers", { body: weather });

    const { status, body } = await gateway.ask("POST", "/api/v1/servers", { body: weather });

    expect(status).to.equal(409);
    expect(body).to.include({ code: "conflict" });
  });

  it("lets only an administrator name a command", async () => {
    const body = { name: "files", command: "npx", args: ["-y", "server"] };

    const asOperator = await gateway.ask("POST", "/api/v1/servers", { as: "operator", body });
    const asAdmin = await gateway.ask("POST", "/api/v1/servers", { as: "admin", body });

    expect(asOperator.status).to.equal(403);
    expect(asOperator.body).to.nested.include({ code: "forbidden", "details.needed_role": "admin" });
    expect(asAdmin.status).to.equal(201);
  });

  it("lets only an administrator refer to the environment: a URL of one's own could read it out", async () => {
    const inHeader = { ...weather, headers: { authorization: "Bearer ${DATABASE_PASSWORD}" } };
    const inUrl = { ...weather, url: "https://evil.example.com/${DATABASE_PASSWORD}" };

    const answers = await Promise.all(
      [inHeader, inUrl].map((body) => gateway.ask("POST", "/api/v1/servers", { as: "operator", body })),
    );

    expect(answers.map(({ status }) => status)).to.deep.equal([403, 403]);
    expect(gateway.registry.findServer("weather")).to.equal(undefined);
  });

  it("lets only an administrator's URL lead to a private address", async () => {
    await gateway.ask("POST", "/api/v1/servers", { as: "operator", body: weather });
    await gateway.ask("POST", "/api/v1/servers", { as: "admin", body: { ...weather, name: "inner" } });

    const egress = ["weather", "inner"].map((name) => gateway.registry.getServer(name).egress);
    expect(egress).to.deep.equal(["public", "any"]);
  });

  it("does not check a command with dry_run for somebody who may not register it", async () => {
    const body = { name: "files", command: "npx" };

    const { status } = await gateway.ask("POST", "/api/v1/servers?dry_run=true", { as: "operator", body });

    expect(status).to.equal(403);
  });

  const bad: readonly (readonly [string, unknown, string])[] = [
    ["an unknown field", { ...weather, colour: "red" }, "colour"],
    ["a missing name", { url: weather.url }, "name"],
    ["a name with a double underscore", { ...weather, name: "a__b" }, "name"],
    ["a URL that is no URL", { ...weather, url: "weather" }, "url"],
    ["a URL of another scheme", { ...weather, url: "file:///etc/passwd" }, "url"],
    ["a command that is no text", { name: "x", command: 5 }, "command"],
    ["neither command nor URL", { name: "x" }, "command"],
    ["arguments that are no list", { name: "x", command: "npx", args: "-y" }, "args"],
    ["a setting of a wrong type", { ...weather, gateway: { attempts: "many" } }, "gateway.attempts"],
    ["a setting that does not exist", { ...weather, gateway: { retries: 3 } }, "gateway.retries"],
  ];
  for (const [what, body, path] of bad) {
    it(`answers 400 that names the field for ${what}`, async () => {
      const answer = await gateway.ask("POST", "/api/v1/servers", { body });

      expect(answer.status).to.equal(400);
      expect(answer.body).to.include({ code: "invalid_request" });
      expect((answer.body["errors"] as { path: string }[]).map((issue) => issue.path)).to.include(path);
    });
  }

  for (const body of [undefined, null, [], "text", 5] as const) {
    it(`answers 400 for a body that is ${JSON.stringify(body) ?? "missing"}`, async () => {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const { status } = await gateway.ask("POST", "/api/v1/servers", sent);

      expect(status).to.equal(400);
    });
  }

  describe("secrets", () => {
    const secret = {
      name: "files",
      command: "npx",
      args: ["serve", "--api-key", "arg-secret", "--token=arg-secret", "--root", "/data"],
      env: { API_KEY: "env-secret", TOKEN: "${TOKEN}", WITH_DEFAULT: "${X:-env-secret}" },
    };

    it("are never shown; references are", async () => {
      const created = await gateway.send("POST", "/api/v1/servers", { body: secret });
      const shown = await gateway.send("GET", "/api/v1/servers/files");
      const listed = await gateway.send("GET", "/api/v1/servers");

      const texts = await Promise.all([created, shown, listed].map((response) => response.text()));
      for (const text of texts) {
        expect(text).to.not.include("env-secret");
        expect(text).to.not.include("arg-secret");
        expect(text).to.include("${TOKEN}");
        expect(text).to.include("/data");
      }
    });

    it("in a URL and in headers are never shown", async () => {
      const body = {
        name: "remote",
        url: "https://user:url-secret@api.example.com/mcp?key=url-secret&region=${REGION}",
        headers: { authorization: "Bearer header-secret", "x-key": "Bearer ${KEY}" },
      };
      await gateway.ask("POST", "/api/v1/servers", { body });

      const shown = await gateway.ask("GET", "/api/v1/servers/remote");

      expect(shown.body).to.deep.include({
        url: "https://***@api.example.com/mcp?key=***&region=${REGION}",
        headers: { authorization: "***", "x-key": "Bearer ${KEY}" },
      });
    });

    it("survive a change of something else, also when the masked values are sent back", async () => {
      await gateway.ask("POST", "/api/v1/servers", { body: secret });
      const { env, args } = (await gateway.ask("GET", "/api/v1/servers/files")).body;

      const { status } = await gateway.ask("PATCH", "/api/v1/servers/files", {
        body: { env, args, description: "Files" },
      });

      expect(status).to.equal(200);
      expect(gateway.registry.getServer("files").entry).to.deep.include({
        description: "Files",
        env: secret.env,
        args: secret.args,
      });
    });

    it("are not replaced by a mask that stands for nothing", async () => {
      await gateway.ask("POST", "/api/v1/servers", { body: secret });

      const { status, body } = await gateway.ask("PATCH", "/api/v1/servers/files", {
        body: { env: { NEW: "***" } },
      });

      expect(status).to.equal(400);
      expect(body).to.property("detail").that.includes("***");
    });
  });
});
