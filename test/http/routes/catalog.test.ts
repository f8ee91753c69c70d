import { expect } from "chai";

import { RestGateway } from "../../support/rest-gateway.ts";

describe("REST: resources and prompts", () => {
  let gateway: RestGateway;

  beforeEach(async () => {
    gateway = await RestGateway.start();
    await gateway.add("files", {
      resources: [
        { uri: "file:///a.txt", name: "a", mimeType: "text/plain" },
        { uri: "file:///b.txt", name: "b" },
      ],
      resourceTemplates: [{ uriTemplate: "file:///{path}", name: "any file", description: "By path" }],
      prompts: [{ name: "summarise", title: "Summary", arguments: [{ name: "path", required: true }] }],
    });
    await gateway.add("notes", {
      resources: [{ uri: "note://1", name: "first" }],
      prompts: [{ name: "think" }],
    });
  });
  afterEach(() => gateway.close());

  it("lists resources and templates of all servers", async () => {
    const { status, body } = await gateway.ask("GET", "/api/v1/resources", { as: "user" });

    expect(status).to.equal(200);
    expect(body["items"]).to.deep.include({
      uri: "file:///a.txt",
      kind: "resource",
      server: "files",
      name: "a",
      mime_type: "text/plain",
    });
    expect(body["items"]).to.deep.include({
      uri: "file:///{path}",
      kind: "template",
      server: "files",
      name: "any file",
      description: "By path",
    });
    expect(body["items"]).to.have.length(4);
  });

  it("lists resources of one server, and in pages", async () => {
    const ofNotes = await gateway.ask("GET", "/api/v1/resources?server=notes");
    const paged = await gateway.ask("GET", "/api/v1/resources?limit=1&sort=-uri");

    expect(ofNotes.body).to.nested.include({ "items[0].uri": "note://1" });
    expect(paged.body).to.nested.include({ "items[0].uri": "note://1" });
    expect(paged.body["next_cursor"]).to.be.a("string");
  });

  it("lists prompts with their arguments", async () => {
    const { body } = await gateway.ask("GET", "/api/v1/prompts?q=summ");

    expect(body["items"]).to.deep.equal([
      {
        id: "files__summarise",
        name: "summarise",
        server: "files",
        title: "Summary",
        arguments: [{ name: "path", required: true }],
      },
    ]);
  });

  it("gives a prompt without arguments an empty list of them", async () => {
    const { body } = await gateway.ask("GET", "/api/v1/prompts?server=notes");

    expect(body).to.deep.nested.include({ "items[0].arguments": [] });
  });
});
