import { expect } from "chai";

import { EMPTY_OFFERING, type Offering } from "../../src/domain/offering.ts";
import { buildPart } from "../../src/registry/catalog-part.ts";
import { Catalog } from "../../src/registry/catalog.ts";
import { aServer, offers } from "../support/open-registry.ts";
import { proves } from "../support/proves.ts";

function catalogOf(servers: Readonly<Record<string, Offering>>): Catalog {
  return Catalog.empty.with(
    new Map(Object.entries(servers).map(([name, offering]) => [name, buildPart(aServer(name), offering)])),
  );
}
const resources = (...uris: readonly string[]): Offering => both(uris, []);
const templates = (...uriTemplates: readonly string[]): Offering => both([], uriTemplates);
const both = (uris: readonly string[], uriTemplates: readonly string[]): Offering => ({
  ...EMPTY_OFFERING,
  resources: uris.map((uri) => ({ uri, name: uri })),
  resourceTemplates: uriTemplates.map((uriTemplate) => ({ uriTemplate, name: uriTemplate })),
});

describe("Catalog", () => {
  it("is empty at first", () => {
    const { tools, prompts, resources: none, servers, version } = Catalog.empty;

    expect([tools, prompts, none, servers, version]).to.deep.equal([[], [], [], [], 0]);
    expect(Catalog.empty.findTool("x")).to.equal(undefined);
    expect(Catalog.empty.resolveResource("x://y")).to.equal(undefined);
  });

  it("lists tools by server name, then as the upstream does", () => {
    const catalog = catalogOf({ zoo: offers("feed"), mail: offers("send", "read"), Mail: offers("x") });

    expect(catalog.tools.map(({ id }) => id)).to.deep.equal([
      "Mail__x",
      "mail__send",
      "mail__read",
      "zoo__feed",
    ]);
    expect(catalog.servers).to.deep.equal(["Mail", "mail", "zoo"]);
  });

  it("never changes: a change makes another one, with a higher version", () => {
    const before = catalogOf({ mail: offers("send"), zoo: offers("feed") });

    const after = before.with(new Map([["mail", undefined]]));

    expect(before.tool("mail__send")?.name).to.equal("send");
    expect(after.tool("mail__send")).to.equal(undefined);
    expect(after.tool("zoo__feed")).to.equal(before.tool("zoo__feed"));
    expect(after.version).to.be.greaterThan(before.version);
  });

  it("finds a tool by id, by server and own name, and by a bare name that is unique", () => {
    const catalog = catalogOf({ mail: offers("send", "list.all"), zoo: offers("feed", "send") });

    expect(catalog.tool("mail__list_all")?.name).to.equal("list.all");
    expect(catalog.toolOf("mail", "list.all")?.id).to.equal("mail__list_all");
    expect(catalog.findTool("feed")?.id).to.equal("zoo__feed");
    expect(catalog.findTool("zoo__send")?.server).to.equal("zoo");
    expect(catalog.findTool("send"), "two servers have one").to.equal(undefined);
    expect(catalog.toolsOf("mail").map(({ name }) => name)).to.deep.equal(["send", "list.all"]);
    expect(catalog.toolsOf("nobody")).to.deep.equal([]);
    expect(catalog.toolOf("nobody", "send")).to.equal(undefined);
  });

  it("never takes a name apart: an unknown server's id is unknown", () => {
    proves("names.lookup");
    const catalog = catalogOf({ mail: offers("send") });

    expect(catalog.tool("mail__")).to.equal(undefined);
    expect(catalog.tool("__proto__")).to.equal(undefined);
    expect(catalog.findTool("constructor")).to.equal(undefined);
  });

  it("finds prompts by id and by the upstream's name", () => {
    const catalog = catalogOf({ docs: { ...EMPTY_OFFERING, prompts: [{ name: "sum up", title: "S" }] } });

    expect(catalog.prompts.map(({ id }) => id)).to.deep.equal(["docs__sum_up"]);
    expect(catalog.prompt("docs__sum_up")?.definition).to.deep.equal({ name: "sum up", title: "S" });
    expect(catalog.promptOf("docs", "sum up")?.id).to.equal("docs__sum_up");
    expect(catalog.prompt("docs__other")).to.equal(undefined);
  });

  it("finds one of 10,000 tools, and swaps one server's without touching the others'", () => {
    const servers: Record<string, Offering> = {};
    for (let server = 0; server < 20; server++) {
      servers[`s${server}`] = offers(...Array.from({ length: 500 }, (_, tool) => `tool_${server}_${tool}`));
    }
    const catalog = catalogOf(servers);
    const next = buildPart(aServer("s7"), offers("only"), catalog.part("s7"));

    const after = catalog.with(new Map([["s7", next]]));

    expect(catalog.tools).to.have.length(10_000);
    expect(after.tools).to.have.length(9_501);
    expect(after.tool("s7__only")?.name).to.equal("only");
    const others = after.tools.filter(({ server }) => server !== "s7");
    expect(others.every((tool) => catalog.tool(tool.id) === tool)).to.equal(true);
  });
});

describe("Catalog: resources", () => {
  it("lets a URI through that one server offers", () => {
    const catalog = catalogOf({ docs: resources("docs://a") });

    expect(catalog.resources[0]).to.include({ uri: "docs://a", upstreamUri: "docs://a", server: "docs" });
    expect(catalog.resolveResource("docs://a")).to.deep.equal({ server: "docs", uri: "docs://a" });
    expect(catalog.publicUri("docs", "docs://a")).to.equal("docs://a");
  });

  it("wraps a URI that two servers offer, for both", () => {
    proves("resources.wrapped");
    const catalog = catalogOf({ a: resources("file:///x"), b: resources("file:///x", "file:///y") });

    expect(catalog.resources.map(({ uri }) => uri)).to.deep.equal([
      "switchgear://a/file:///x",
      "switchgear://b/file:///x",
      "file:///y",
    ]);
    expect(catalog.resolveResource("switchgear://b/file:///x")).to.deep.equal({
      server: "b",
      uri: "file:///x",
    });
    expect(catalog.resolveResource("file:///x"), "whose?").to.equal(undefined);
    expect(catalog.publicUri("a", "file:///x")).to.equal("switchgear://a/file:///x");
  });

  it("reads an unlisted URI where a template matches, by the one that says most", () => {
    proves("resources.template");
    const catalog = catalogOf({
      files: templates("file:///{+path}"),
      logs: templates("file:///var/log/{name}"),
    });

    expect(catalog.resolveResource("file:///etc/hosts")?.server).to.equal("files");
    expect(catalog.resolveResource("file:///var/log/syslog")?.server).to.equal("logs");
    expect(catalog.resolveResource("http://elsewhere")).to.equal(undefined);
  });

  it("prefers a listed URI to every template", () => {
    const catalog = catalogOf({ a: templates("x://{+all}"), b: resources("x://one") });

    expect(catalog.resolveResource("x://one")?.server).to.equal("b");
    expect(catalog.resolveResource("x://two")?.server).to.equal("a");
  });

  it("wraps a template that two servers share, and routes only its wrapped URIs", () => {
    const catalog = catalogOf({ a: templates("db://{id}"), b: templates("db://{id}") });

    expect(catalog.templates.map(({ uriTemplate }) => uriTemplate)).to.deep.equal([
      "switchgear://a/db://{id}",
      "switchgear://b/db://{id}",
    ]);
    expect(catalog.resolveResource("switchgear://b/db://7")).to.deep.equal({ server: "b", uri: "db://7" });
    expect(catalog.resolveResource("db://7"), "whose?").to.equal(undefined);
    expect(catalog.publicUri("b", "db://7")).to.equal("switchgear://b/db://7");
    expect(catalog.resolveTemplate("switchgear://a/db://{id}")).to.deep.equal({
      server: "a",
      uri: "db://{id}",
    });
    expect(catalog.resolveTemplate("db://{id}")).to.equal(undefined);
  });

  it("shows every URI of an answer so that reading it leads back to its upstream", () => {
    const catalog = catalogOf({ a: both(["x://listed"], ["t://{id}"]), b: EMPTY_OFFERING });

    const listed = catalog.publicUri("b", "x://listed");

    expect(listed).to.equal("switchgear://b/x://listed");
    expect(catalog.resolveResource(listed)).to.deep.equal({ server: "b", uri: "x://listed" });
    expect(catalog.publicUri("b", "t://7"), "a's template would catch it").to.equal("switchgear://b/t://7");
    expect(catalog.publicUri("a", "t://7")).to.equal("t://7");
    expect(catalog.publicUri("b", "https://example.com/page"), "nobody's").to.equal(
      "https://example.com/page",
    );
  });

  it("shows what a server can read but does not list so that it leads back, links into the web excepted", () => {
    const reads = { ...EMPTY_OFFERING, capabilities: { resources: {} } };
    const catalog = catalogOf({ a: reads, b: EMPTY_OFFERING });

    const shown = catalog.publicUri("a", "note://7");

    expect(shown).to.equal("switchgear://a/note://7");
    expect(catalog.resolveResource(shown)).to.deep.equal({ server: "a", uri: "note://7" });
    expect(catalog.publicUri("a", "https://example.com/page")).to.equal("https://example.com/page");
    expect(catalog.publicUri("b", "note://7"), "it reads nothing").to.equal("note://7");
  });

  it("keeps the page of an app when only one server can be meant, listed or matched", () => {
    const catalog = catalogOf({ a: resources("ui://a/main"), b: templates("ui://b/{page}") });

    expect(catalog.publicUri("a", "ui://a/main")).to.equal("ui://a/main");
    expect(catalog.publicUri("b", "ui://b/other")).to.equal("ui://b/other");
  });

  it("tells pages of the same URI apart, and finds those that are not listed", () => {
    const catalog = catalogOf({
      a: resources("ui://main"),
      b: resources("ui://main"),
      c: EMPTY_OFFERING,
    });

    expect(catalog.resources.map(({ uri }) => uri)).to.deep.equal([
      "ui://switchgear/a/main",
      "ui://switchgear/b/main",
    ]);
    expect(catalog.resolveResource("ui://switchgear/b/main")).to.deep.equal({
      server: "b",
      uri: "ui://main",
    });
    const hidden = catalog.publicUri("c", "ui://hidden");
    expect(hidden).to.equal("ui://switchgear/c/hidden");
    expect(catalog.resolveResource(hidden)).to.deep.equal({ server: "c", uri: "ui://hidden" });
    expect(catalog.resolveResource("ui://switchgear/nobody/main")).to.equal(undefined);
  });

  it("lets no upstream pose as another by offering a wrapped URI", () => {
    proves("names.lookup");
    const stolen = "switchgear://bank/account://1";
    const catalog = catalogOf({ bank: resources("account://1"), thief: both([stolen], [`${stolen}{+x}`]) });

    expect(catalog.resolveResource(stolen)).to.deep.equal({ server: "bank", uri: "account://1" });
    expect(catalog.publicUri("thief", stolen)).to.equal(`switchgear://thief/${stolen}`);
    expect(catalog.resolveResource(`switchgear://thief/${stolen}`)).to.deep.equal({
      server: "thief",
      uri: stolen,
    });
  });

  it("refuses wrapped URIs of servers that it does not have, and malformed ones", () => {
    const catalog = catalogOf({ docs: resources("docs://a") });

    for (const uri of [
      "switchgear://nobody/x://y",
      "switchgear://docs",
      "switchgear://docs/",
      "switchgear://",
      "",
    ]) {
      expect(catalog.resolveResource(uri), uri).to.equal(undefined);
    }
  });
});
