import { expect } from "chai";

import { RestGateway, toolDefinition } from "../../support/rest-gateway.ts";

/** Word for word what the documentation of an older gateway tells people to send. */
const DATABASE_QUERY = {
  name: "database_query",
  description: "Execute SQL queries on database",
  endpoint: "http://localhost:8001",
  category: "database",
  capabilities: ["read", "write"],
  security_level: 2,
  schema: { input: {}, output: {} },
  metadata: { version: "1.0.0" },
  version: "1.0.0",
  author: "MetaMCP Team",
  tags: ["database", "sql"],
};

describe("REST: HTTP endpoints as tools", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start();
  });
  afterEach(() => gateway.close());

  it("takes what older documentation tells people to send, word for word", async () => {
    const { status, body, headers } = await gateway.ask("POST", "/api/v1/tools", {
      as: "operator",
      body: DATABASE_QUERY,
    });

    expect(status).to.equal(201);
    expect(headers.get("location")).to.equal("/api/v1/tools/database_query");
    expect(headers.get("etag")).to.equal('"1"');
    expect(body).to.deep.include({ id: "custom__database_query", tags: ["database", "sql"] });
    expect(body["registration"]).to.deep.include({
      endpoint: "http://localhost:8001",
      method: "POST",
      category: "database",
      capabilities: ["read", "write"],
      security_level: 2,
      metadata: { version: "1.0.0" },
      author: "MetaMCP Team",
    });
  });

  it("makes a tool that is listed and callable by its bare name at once", async () => {
    await gateway.ask("POST", "/api/v1/mcps", { body: DATABASE_QUERY });

    const listed = await gateway.ask("GET", "/api/v1/tools?server=custom");
    const called = await gateway.ask("POST", "/api/v1/tools/database_query/execute", {
      as: "user",
      body: { arguments: { query: "SELECT * FROM users LIMIT 10", database: "test_db" } },
    });

    expect(listed.body["items"]).to.have.length(1);
    expect(called.status).to.equal(200);
    expect(gateway.calls[0]).to.nested.include({
      server: "custom",
      "call.params.name": "database_query",
      "call.params.arguments.database": "test_db",
    });
  });

  it("answers 409 for a name that is taken", async () => {
    await gateway.ask("POST", "/api/v1/tools", { body: DATABASE_QUERY });

    const { status } = await gateway.ask("POST", "/api/v1/tools", { body: DATABASE_QUERY });

    expect(status).to.equal(409);
  });

  it("replaces, and keeps a header value that is sent back masked", async () => {
    const body = { ...DATABASE_QUERY, headers: { authorization: "Bearer secret" } };
    const created = await gateway.send("POST", "/api/v1/tools", { body });
    const replaced = await gateway.ask("PUT", "/api/v1/tools/custom__database_query", {
      body: { ...body, description: "Better", headers: { authorization: "***" } },
      headers: { "if-match": '"1"' },
    });

    expect(await created.text()).to.not.include("secret");
    expect(replaced.status).to.equal(200);
    expect(replaced.body).to.nested.include({ description: "Better", "registration.revision": 2 });
    expect(gateway.registry.httpTools()[0]?.headers).to.deep.equal({ authorization: "Bearer secret" });
  });

  it("answers 412 for a revision that is not the current one", async () => {
    await gateway.ask("POST", "/api/v1/tools", { body: DATABASE_QUERY });

    const put = await gateway.ask("PUT", "/api/v1/tools/database_query", {
      body: DATABASE_QUERY,
      headers: { "if-match": '"4"' },
    });
    const removed = await gateway.ask("DELETE", "/api/v1/tools/database_query", {
      headers: { "if-match": '"4"' },
    });

    expect([put.status, removed.status]).to.deep.equal([412, 412]);
  });

  it("does not rename", async () => {
    await gateway.ask("POST", "/api/v1/tools", { body: DATABASE_QUERY });

    const { status, body } = await gateway.ask("PUT", "/api/v1/tools/database_query", {
      body: { ...DATABASE_QUERY, name: "other" },
    });

    expect(status).to.equal(400);
    expect(body).to.nested.include({ "errors[0].path": "name" });
  });

  it("removes", async () => {
    await gateway.ask("POST", "/api/v1/tools", { body: DATABASE_QUERY });

    const removed = await gateway.ask("DELETE", "/api/v1/tools/database_query");
    const after = await gateway.ask("GET", "/api/v1/tools/database_query");

    expect([removed.status, after.status]).to.deep.equal([204, 404]);
  });

  it("does not touch the tools of servers", async () => {
    await gateway.add("weather", { tools: [toolDefinition("forecast")] });

    const removed = await gateway.ask("DELETE", "/api/v1/tools/forecast");
    const replaced = await gateway.ask("PUT", "/api/v1/tools/forecast", {
      body: { ...DATABASE_QUERY, name: "forecast" },
    });

    expect([removed.status, replaced.status]).to.deep.equal([409, 409]);
    expect(removed.body).to.nested.include({ "details.server": "weather" });
  });

  const bad: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ["no name", { name: undefined }, "name"],
    ["a name with a space", { name: "a b" }, "name"],
    ["an endpoint that is no URL", { endpoint: "localhost" }, "endpoint"],
    ["a placeholder in the host", { endpoint: "https://{host}/x" }, "endpoint"],
    ["a method that does not exist", { method: "FETCH" }, "method"],
    ["a header that frames the request", { headers: { "Content-Length": "1" } }, "headers.Content-Length"],
    ["a schema that is none", { schema: { input: { type: "objekt" } } }, "schema.input"],
    ["an unknown field", { colour: "red" }, "colour"],
  ];
  for (const [what, change, path] of bad) {
    it(`answers 400 that names the field for ${what}`, async () => {
      const { status, body } = await gateway.ask("POST", "/api/v1/tools", {
        body: { ...DATABASE_QUERY, ...change },
      });

      expect(status).to.equal(400);
      expect((body["errors"] as { path: string }[]).map((issue) => issue.path)).to.include(path);
      expect(gateway.registry.httpTools()).to.deep.equal([]);
    });
  }
});
