import { expect } from "chai";

import { Profile } from "../../../src/domain/profile.ts";
import { RestGateway, toolDefinition } from "../../support/rest-gateway.ts";

describe("REST: profiles", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start(
      {},
      {},
      {
        reader: Profile.parse({ description: "To read", tools: { allow: ["get_*"] } }),
        mail: Profile.parse({
          servers: ["mail", "later"],
          clients: ["gemini*"],
          schema: "gemini",
          names: "short",
        }),
      },
    );
    await gateway.add("mail", {
      tools: [toolDefinition("get_mail"), toolDefinition("send_mail", { description: "Send a mail" })],
      prompts: [{ name: "reply" }],
      resources: [{ uri: "inbox://all", name: "inbox" }],
      resourceTemplates: [{ uriTemplate: "inbox://{id}", name: "one" }],
    });
    await gateway.add("zoo", {
      tools: [toolDefinition("get_animals", { description: "Animals that send mail" })],
    });
  });
  afterEach(() => gateway.close());

  it("lists each with its endpoint and what it selects", async () => {
    const { status, body } = await gateway.ask("GET", "/api/v1/profiles", { as: "viewer" });

    expect(status).to.equal(200);
    expect(body["items"]).to.deep.equal([
      {
        name: "mail",
        endpoint: "/mcp/p/mail",
        servers: ["mail"],
        clients: ["gemini*"],
        schema: "gemini",
        names: "short",
        max_name_length: 48,
        selected: { tools: 2, prompts: 1, resources: 1, resource_templates: 1 },
      },
      {
        name: "reader",
        description: "To read",
        endpoint: "/mcp/p/reader",
        servers: ["mail", "zoo"],
        clients: [],
        schema: "full",
        names: "prefixed",
        max_name_length: 48,
        selected: { tools: 2, prompts: 1, resources: 1, resource_templates: 1 },
      },
    ]);
  });

  it("lists in pages, by name", async () => {
    const first = await gateway.ask("GET", "/api/v1/profiles?limit=1&sort=-name");

    expect(first.body).to.nested.include({ "items[0].name": "reader" });
    expect(first.body["next_cursor"]).to.be.a("string");
    expect((await gateway.ask("GET", "/api/v1/profiles?q=read")).body["items"]).to.have.length(1);
  });

  it("lists nothing to those without a key", async () => {
    expect((await gateway.ask("GET", "/api/v1/profiles", { as: "nobody" })).status).to.equal(401);
  });

  describe("in a search", () => {
    const ids = async (query: string): Promise<string[]> => {
      const { body } = await gateway.ask("GET", `/api/v1/tools/search?${query}`);
      return (body["items"] as { tool: { id: string } }[]).map(({ tool }) => tool.id);
    };

    it("leave only the tools that they show", async () => {
      expect(await ids("q=send+mail")).to.include.members(["mail__send_mail", "zoo__get_animals"]);
      expect(await ids("q=send+mail&profile=mail"))
        .to.include("mail__send_mail")
        .and.not.include("zoo__get_animals");
      expect(await ids("q=send+mail&profile=reader")).to.not.include("mail__send_mail");
    });

    it("work over POST as well", async () => {
      const { body } = await gateway.ask("POST", "/api/v1/tools/search", {
        body: { q: "mail", profile: "reader" },
      });

      expect(JSON.stringify(body["items"])).to.not.include("mail__send_mail");
    });

    it("are told when they do not exist, with the nearest name", async () => {
      const { status, body } = await gateway.ask("GET", "/api/v1/tools/search?q=mail&profile=raeder");

      expect(status).to.equal(404);
      expect(body).to.deep.include({
        code: "profile_not_found",
        fix: [{ label: "Did you mean /mcp/p/reader?" }],
      });
    });
  });
});
