import { expect } from "chai";

import { EMPTY_OFFERING, type Offering } from "../../src/domain/offering.ts";
import { Profile } from "../../src/domain/profile.ts";
import { buildPart } from "../../src/registry/catalog-part.ts";
import { Catalog } from "../../src/registry/catalog.ts";
import { Profiles } from "../../src/registry/profiles.ts";
import { aServer, aTool } from "../support/open-registry.ts";
import { proves } from "../support/proves.ts";

function catalogOf(servers: Readonly<Record<string, Partial<Offering>>>): Catalog {
  return Catalog.empty.with(
    new Map(
      Object.entries(servers).map(([name, offering]) => [
        name,
        buildPart(aServer(name), { ...EMPTY_OFFERING, ...offering }),
      ]),
    ),
  );
}

const CATALOG = catalogOf({
  mail: {
    tools: [aTool("get_mail"), aTool("delete_mail"), aTool("search")],
    prompts: [{ name: "reply" }],
    resources: [{ uri: "inbox://all", name: "inbox" }],
    resourceTemplates: [{ uriTemplate: "inbox://{id}", name: "a mail" }],
  },
  zoo: { tools: [aTool("get_animals"), aTool("search")], resources: [{ uri: "zoo://map", name: "map" }] },
});

function profilesWith(profiles: Readonly<Record<string, object>>, catalog = CATALOG): Profiles {
  const parsed = Object.entries(profiles).map(([name, profile]) => [name, Profile.parse(profile)] as const);
  return new Profiles({ profiles: Object.fromEntries(parsed), catalog: () => catalog });
}

const toolsOf = (profile: object): readonly string[] =>
  profilesWith({ p: profile })
    .view("p")
    ?.tools.map(({ name }) => name) ?? [];

describe("a profile's view", () => {
  it("shows everything when nothing is said", () => {
    const view = profilesWith({ p: {} }).view("p");

    expect(view?.tools.map(({ item }) => item)).to.deep.equal(CATALOG.tools);
    expect(view?.prompts.map(({ item }) => item)).to.deep.equal(CATALOG.prompts);
    expect([view?.resources, view?.templates]).to.deep.equal([CATALOG.resources, CATALOG.templates]);
    expect(view?.servers).to.deep.equal(["mail", "zoo"]);
  });

  it("shows the servers that it names, those that are here", () => {
    proves("profiles.view");
    const view = profilesWith({ p: { servers: ["zoo", "not-yet"] } }).view("p");

    expect(view?.servers).to.deep.equal(["zoo"]);
    expect(view?.tools.map(({ name }) => name)).to.deep.equal(["zoo__get_animals", "zoo__search"]);
    expect(view?.prompts).to.deep.equal([]);
    expect(view?.resources.map(({ uri }) => uri)).to.deep.equal(["zoo://map"]);
    expect(view?.templates).to.deep.equal([]);
    expect([view?.covers("zoo"), view?.covers("mail"), view?.covers("not-yet")]).to.deep.equal([
      true,
      false,
      false,
    ]);
  });

  it("shows nothing for an empty list of servers", () => {
    expect(toolsOf({ servers: [] })).to.deep.equal([]);
  });

  it("selects tools by id and by own name, and denies before it allows", () => {
    expect(toolsOf({ tools: { allow: ["get_*"] } })).to.deep.equal(["mail__get_mail", "zoo__get_animals"]);
    expect(toolsOf({ tools: { allow: ["mail__*"] } })).to.deep.equal([
      "mail__get_mail",
      "mail__delete_mail",
      "mail__search",
    ]);
    expect(toolsOf({ tools: { deny: ["*delete*", "zoo__search"] } })).to.deep.equal([
      "mail__get_mail",
      "mail__search",
      "zoo__get_animals",
    ]);
    expect(toolsOf({ tools: { allow: ["search"], deny: ["search"] } })).to.deep.equal([]);
  });

  it("finds by the names that it shows, and by no others", () => {
    proves("profiles.view");
    const view = profilesWith({
      p: { servers: ["mail"], names: "short", tools: { deny: ["delete_*"] } },
    }).view("p");

    expect(view?.tool("get_mail")?.id).to.equal("mail__get_mail");
    expect(view?.prompt("reply")?.id).to.equal("mail__reply");
    for (const name of ["mail__get_mail", "delete_mail", "mail__delete_mail", "get_animals", "zoo__search"])
      expect(view?.tool(name), name).to.equal(undefined);
  });

  it("says of any tool whether it shows it", () => {
    const view = profilesWith({ p: { servers: ["mail"], tools: { deny: ["delete_*"] } } }).view("p");
    const shown = CATALOG.tools.filter((tool) => view?.showsTool(tool) === true).map(({ id }) => id);

    expect(shown).to.deep.equal(["mail__get_mail", "mail__search"]);
  });
});

describe("Profiles", () => {
  it("knows its profiles, and no others", () => {
    const profiles = profilesWith({ a: {}, b: { description: "B" } });

    expect(profiles.names).to.deep.equal(["a", "b"]);
    expect(profiles.find("b")?.description).to.equal("B");
    expect([profiles.find("c"), profiles.view("c")]).to.deep.equal([undefined, undefined]);
    expect(profiles.view("constructor")).to.equal(undefined);
  });

  it("works a view out once for each catalog", () => {
    let catalog = CATALOG;
    const profiles = new Profiles({ profiles: { p: Profile.parse({}) }, catalog: () => catalog });

    const first = profiles.view("p");
    expect(profiles.view("p")).to.equal(first);
    catalog = catalog.with(new Map([["mail", undefined]]));

    expect(profiles.view("p")?.tools.map(({ name }) => name)).to.deep.equal([
      "zoo__get_animals",
      "zoo__search",
    ]);
    expect(first?.tools, "what somebody holds does not change").to.have.length(5);
  });

  describe("chosen by a client's name", () => {
    const profiles = profilesWith({
      none: {},
      gemini: { clients: ["gemini-cli*"] },
      editors: { clients: ["*code", "Cursor"] },
      late: { clients: ["gemini-cli-mcp-client"] },
    });

    it("is the first that wants it, in any case", () => {
      expect(profiles.forClient("gemini-cli-mcp-client")).to.equal("gemini");
      expect(profiles.forClient("Visual Studio Code")).to.equal("editors");
      expect(profiles.forClient("claude-code")).to.equal("editors");
      expect(profiles.forClient("cursor")).to.equal("editors");
    });

    it("is none when none wants it", () => {
      expect(profiles.forClient("codex-mcp-client")).to.equal(undefined);
      expect(profiles.forClient("my cursor")).to.equal(undefined);
      expect(profiles.forClient("")).to.equal(undefined);
    });

    it("says when there is no choice at all", () => {
      expect(profiles.choosesByClient).to.equal(true);
      expect(profilesWith({ a: {}, b: { clients: [] } }).choosesByClient).to.equal(false);
    });
  });
});
