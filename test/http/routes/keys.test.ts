import { expect } from "chai";

import { RestGateway } from "../../support/rest-gateway.ts";

describe("REST: /api/v1/auth", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start();
  });
  afterEach(() => gateway.close());

  const create = (body: unknown) => gateway.ask("POST", "/api/v1/auth/api-keys", { body });
  const use = (key: unknown) =>
    fetch(`${gateway.url}/api/v1/auth/me`, { headers: { "x-api-key": String(key) } });

  it("tells each caller who it is", async () => {
    const { body } = await gateway.ask("GET", "/api/v1/auth/me", { as: "viewer" });

    expect(body).to.include({ role: "viewer", tenant: "default" });
    expect(body["subject"]).to.equal(`key:${String(body["key_id"])}`);
  });

  it("creates a key that works and is shown once", async () => {
    const { status, body } = await create({ name: "ci", role: "user" });

    const me = await use(body["key"]);
    const listed = await gateway.send("GET", "/api/v1/auth/api-keys");

    expect(status).to.equal(201);
    expect(body).to.include({ name: "ci", role: "user", revoked_at: null, last_used_at: null });
    expect(await me.json()).to.include({ role: "user", key_id: body["id"] });
    const text = await listed.text();
    expect(text).to.include('"ci"');
    expect(text).to.not.include(String(body["key"]).split("_")[2]);
    expect(text).to.not.include("hash");
  });

  it("creates a key that expires", async () => {
    const at = new Date(Date.now() + 60_000);

    const { body } = await create({ name: "short", expires_at: at.toISOString() });

    expect(body).to.include({ role: "user", expires_at: at.toISOString() });
  });

  it("revokes a key at once", async () => {
    const { body } = await create({ name: "ci" });
    await use(body["key"]);

    const revoked = await gateway.ask("DELETE", `/api/v1/auth/api-keys/${String(body["id"])}`);

    expect(revoked.status).to.equal(204);
    expect((await use(body["key"])).status).to.equal(401);
  });

  it("revokes a key twice without complaint, but not one that never was", async () => {
    const { body } = await create({ name: "ci" });
    const path = `/api/v1/auth/api-keys/${String(body["id"])}`;
    await gateway.ask("DELETE", path);

    const again = await gateway.ask("DELETE", path);
    const never = await gateway.ask("DELETE", "/api/v1/auth/api-keys/nothing");

    expect([again.status, never.status]).to.deep.equal([204, 404]);
  });

  it("lists in pages", async () => {
    const first = await gateway.ask("GET", "/api/v1/auth/api-keys?limit=3&sort=name");
    const second = await gateway.ask(
      "GET",
      `/api/v1/auth/api-keys?limit=3&sort=name&cursor=${String(first.body["next_cursor"])}`,
    );

    expect(first.body["items"]).to.have.length(3);
    expect(second.body).to.nested.include({ "items[0].name": "the viewer", next_cursor: null });
  });

  it("keeps keys of another tenant out of sight and out of reach", async () => {
    const other = await RestGateway.start(
      {},
      {
        keys: {
          list: async () => [
            { id: "k1", name: "theirs", role: "user", tenant: "other", createdAt: "2026-01-01" },
          ],
          revoke: async () => expect.fail("revoked a key of another tenant"),
          create: async () => expect.fail("created a key"),
        },
      },
    );

    const listed = await other.ask("GET", "/api/v1/auth/api-keys");
    const revoked = await other.ask("DELETE", "/api/v1/auth/api-keys/k1");
    await other.close();

    expect(listed.body["items"]).to.deep.equal([]);
    expect(revoked.status).to.equal(404);
  });

  const bad: readonly (readonly [string, unknown, string])[] = [
    ["no name", {}, "name"],
    ["an empty name", { name: " " }, "name"],
    ["a role that does not exist", { name: "x", role: "root" }, "role"],
    ["a time that is none", { name: "x", expires_at: "tomorrow" }, "expires_at"],
    ["a time that has passed", { name: "x", expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
    ["another tenant", { name: "x", tenant: "other" }, "tenant"],
  ];
  for (const [what, body, path] of bad) {
    it(`answers 400 that names the field for ${what}`, async () => {
      const answer = await create(body);

      expect(answer.status).to.equal(400);
      expect(answer.body).to.nested.include({ "errors[0].path": path });
    });
  }

  const badHeaders: readonly (readonly [string, Record<string, string>])[] = [
    ["no header", {}],
    ["another scheme", { authorization: "Basic YWRtaW46YWRtaW4=" }],
    ["an empty bearer", { authorization: "Bearer " }],
    ["nonsense", { authorization: "Bearer nonsense" }],
    ["a key that never was", { "x-api-key": "swg_00000000_aaaaaaaaaaaaaaaaaaaaaaaa_00000000" }],
  ];
  for (const [what, headers] of badHeaders) {
    it(`answers 401 for ${what}`, async () => {
      const response = await fetch(`${gateway.url}/api/v1/auth/me`, { headers });

      expect(response.status).to.equal(401);
      expect(response.headers.get("www-authenticate")).to.match(/^Bearer/);
      expect(await response.json()).to.include({ code: "unauthenticated" });
    });
  }
});
