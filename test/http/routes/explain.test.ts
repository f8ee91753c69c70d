import { expect } from "chai";

import { GatewayError } from "../../../src/domain/errors.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import { Profile } from "../../../src/domain/profile.ts";
import { RestGateway, toolDefinition } from "../../support/rest-gateway.ts";

describe("REST: explain", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    const reader = Profile.parse({ tools: { allow: ["get_*"] } });
    gateway = await RestGateway.start({}, {}, { reader });
    const deny = {
      type: "http",
      url: "http://mail.example.com/mcp",
      gateway: { tools: { deny: ["purge"] } },
    };
    await gateway.add(
      "mail",
      { tools: [toolDefinition("get_mail"), toolDefinition("send"), toolDefinition("purge")] },
      deny,
    );
    await gateway.ask("POST", "/api/v1/servers/mail/test");
  });
  afterEach(() => gateway.close());

  const explain = async (path: string, as: "viewer" | "user" | "operator" | "admin" = "user") =>
    (await gateway.ask("GET", `/api/v1/tools/${path}`, { as })).body;
  const codesOf = ({ checks }: JsonObject) =>
    (checks as { passed: boolean; code: string }[]).filter(({ passed }) => !passed).map(({ code }) => code);

  it("says that a tool can be called, with every check", async () => {
    const body = await explain("mail__send/explain");

    expect(body).to.deep.include({
      id: "mail__send",
      visible: true,
      listed: true,
      callable: true,
      reason: "ok",
    });
    expect(body["as"]).to.include({ role: "user" });
    expect(body["checks"]).to.have.length(8);
    expect(body).to.not.have.property("truth");
  });

  it("answers for who asks", async () => {
    expect(await explain("mail__send/explain", "viewer")).to.include({
      callable: false,
      reason: "role_too_low",
    });
  });

  it("shows operators the same through the eyes of a role, and the truth", async () => {
    const body = await explain("mail__purge/explain?as=user", "operator");

    expect(body["as"]).to.deep.equal({ subject: "role:user", role: "user" });
    expect(body).to.include({ reason: "unknown_tool" }).and.not.have.property("id");
    expect(body["truth"]).to.include({ id: "mail__purge", reason: "denied_by_server" });
  });

  it("does so for a key, by id or name, but for none that is gone", async () => {
    const { body: made } = await gateway.ask("POST", "/api/v1/auth/api-keys", {
      body: { name: "the guest", role: "viewer" },
    });
    const id = String(made["id"]);

    for (const as of [id, "the guest"]) {
      const body = await explain(`mail__send/explain?as=${encodeURIComponent(as)}`, "admin");
      expect(body["as"]).to.deep.equal({ subject: `key:${id}`, role: "viewer" });
      expect(body).to.include({ reason: "role_too_low" });
    }
    await gateway.ask("DELETE", `/api/v1/auth/api-keys/${id}`);
    expect(await explain(`mail__send/explain?as=${id}`, "admin")).to.include({ code: "not_found" });
  });

  it("lets nobody below an operator look through other eyes", async () => {
    for (const as of ["viewer", "user"] as const)
      expect(await explain("mail__send/explain?as=admin", as)).to.include({ code: "forbidden" });
  });

  it("never tells a user of a tool that he may not know", async () => {
    const hidden = JSON.stringify(await explain("mail__purge/explain")).replaceAll("purge", "?");
    const nothing = JSON.stringify(await explain("mail__nosuc/explain")).replaceAll("nosuc", "?");

    expect(hidden).to.equal(nothing);
    expect(codesOf(await explain("mail__purge/explain", "operator"))).to.deep.equal(["denied_by_server"]);
  });

  it("looks from a profile or from a server, not from both", async () => {
    expect(codesOf(await explain("mail__send/explain?profile=reader", "admin"))).to.deep.equal([
      "not_in_profile",
    ]);
    expect(await explain("mail__get_mail/explain?profile=reader")).to.include({ callable: true });
    expect(await explain("send/explain?server=mail")).to.include({ id: "mail__send", callable: true });
    expect(await explain("send/explain?server=mail&profile=reader")).to.include({ code: "invalid_request" });
    expect(await explain("send/explain?profile=raeder")).to.include({ code: "profile_not_found" });
    expect(await explain("send/explain?server=nope")).to.include({ code: "server_not_found" });
  });

  it("tells why an upstream is down", async () => {
    gateway.upstreams.set("mail", new GatewayError("upstream_unavailable", "The connection was refused."));
    await gateway.ask("POST", "/api/v1/servers/mail/test");

    const body = await explain("mail__send/explain");

    expect(body).to.include({ visible: true, callable: false, reason: "upstream_unavailable" });
    const upstream = (body["checks"] as JsonObject[]).find(({ check }) => check === "upstream");
    expect(upstream).to.include.keys("since", "summary", "fix");
  });

  it("is there under the older name, too", async () => {
    const { status, body } = await gateway.ask("GET", "/api/v1/mcps/mail__send/explain", { as: "user" });

    expect([status, body["reason"]]).to.deep.equal([200, "ok"]);
  });
});

describe("REST: what lists cost", () => {
  it("is in the status, for every endpoint and mode", async () => {
    const gateway = await RestGateway.start({}, {}, { all: Profile.parse({ mode: "search" }) });
    await gateway.add("many", { tools: Array.from({ length: 50 }, (_, at) => toolDefinition(`t${at}`)) });

    const { body } = await gateway.ask("GET", "/api/v1/status", { as: "viewer" });

    const lists = body["lists"] as { endpoint: string; tokens: Record<string, number> }[];
    expect(lists.map(({ endpoint }) => endpoint)).to.deep.equal(["/mcp", "/mcp/p/all"]);
    expect(lists[0]).to.deep.include({ mode: "auto", effective: "hybrid", tools: 50 });
    expect(lists[1]).to.deep.include({ mode: "search", effective: "search", tools: 50 });
    expect(Object.keys(lists[0]?.tokens ?? {})).to.deep.equal(["full", "hybrid", "search"]);
    await gateway.close();
  });
});
