import { expect } from "chai";

import { stringAt } from "../../src/domain/json.ts";
import { MAX_PINNED, type Place } from "../../src/listing/listing.ts";
import { aTool } from "../support/open-registry.ts";
import { ListingLab } from "./listing-lab.ts";

const ALL: Place = { kind: "all" };
const CALLER = { client: undefined, calls: true };
const NAMES = ["search_tools", "describe_tools", "call_tool", "call_read_tool"];

const namesOf = (lab: ListingLab, place: Place = ALL, reader = CALLER) => {
  const list = lab.listing.shortList(place, reader);
  return (
    list && [...list.metaTools.map((tool) => stringAt(tool, "name")), ...list.pinned.map(({ name }) => name)]
  );
};

describe("the mode of a list", () => {
  it("is full by itself up to 40 tools, and hybrid beyond", () => {
    const lab = new ListingLab();
    lab.offerMany("few", 40);

    expect(lab.listing.modeAt(ALL, undefined)).to.equal("full");
    lab.offer("more", { tools: [aTool("one")] });
    expect(lab.listing.modeAt(ALL, undefined)).to.equal("hybrid");
  });

  it("is hybrid by itself when few tools cost many tokens", () => {
    const lab = new ListingLab();
    lab.offer("wordy", { tools: [aTool("long", { description: "word ".repeat(8_200) })] });

    expect(lab.listing.modeAt(ALL, undefined)).to.equal("hybrid");
  });

  it("is full up to 300 tools for a client that defers them itself", () => {
    const lab = new ListingLab();
    lab.offerMany("many", 300);

    expect(lab.listing.modeAt(ALL, "claude-code")).to.equal("full");
    expect(lab.listing.modeAt(ALL, "Visual Studio Code - Insiders")).to.equal("full");
    expect(lab.listing.modeAt(ALL, "claude-desktop")).to.equal("hybrid");
    lab.offer("more", { tools: [aTool("one")] });
    expect(lab.listing.modeAt(ALL, "claude-code")).to.equal("hybrid");
  });

  it("is what the config says, whoever asks", () => {
    for (const mode of ["full", "search", "hybrid"] as const) {
      const lab = new ListingLab({ mode });
      lab.offerMany("many", 400);

      expect(lab.listing.modeAt(ALL, "claude-code")).to.equal(mode);
    }
  });

  it("is the profile's where it has one, else the gateway's", () => {
    const lab = new ListingLab({ mode: "search" }, { a: { mode: "full" }, b: {} });
    lab.offerMany("many", 5);

    expect(lab.listing.modeAt({ kind: "profile", profile: "a" }, undefined)).to.equal("full");
    expect(lab.listing.modeAt({ kind: "profile", profile: "b" }, undefined)).to.equal("search");
  });

  it("counts only what the profile shows", () => {
    const lab = new ListingLab({}, { few: { tools: { allow: ["tool_1*"] } } });
    lab.offerMany("many", 60);

    expect(lab.listing.modeAt(ALL, undefined)).to.equal("hybrid");
    expect(lab.listing.modeAt({ kind: "profile", profile: "few" }, undefined)).to.equal("full");
  });

  it("is full at a server's own endpoint, unless the URL says otherwise", () => {
    const lab = new ListingLab({ mode: "search" });
    lab.offerMany("many", 400);

    expect(lab.listing.modeAt({ kind: "server", server: "many" }, undefined)).to.equal("full");
    expect(lab.listing.modeAt({ kind: "server", server: "many", mode: "search" }, undefined)).to.equal(
      "search",
    );
    expect(lab.listing.modeAt({ kind: "server", server: "many", mode: "auto" }, undefined)).to.equal(
      "hybrid",
    );
  });

  it("is the URL's before all else", () => {
    const lab = new ListingLab({ mode: "search" }, { a: { mode: "search" } });

    expect(lab.listing.modeAt({ ...ALL, mode: "full" }, undefined)).to.equal("full");
    expect(lab.listing.modeAt({ kind: "profile", profile: "a", mode: "hybrid" }, undefined)).to.equal(
      "hybrid",
    );
  });
});

describe("a short list", () => {
  it("is none where everything is listed", () => {
    const lab = new ListingLab({ mode: "full" });
    lab.offerMany("many", 100);

    expect(lab.listing.shortList(ALL, CALLER)).to.equal(undefined);
    expect(lab.listing.fingerprint(ALL, CALLER)).to.equal(undefined);
  });

  it("has the meta-tools, and only those that find for who may not call", () => {
    const lab = new ListingLab({ mode: "search", pinned: ["many__tool_1"] });
    lab.offerMany("many", 3);

    expect(namesOf(lab)).to.deep.equal(NAMES);
    expect(namesOf(lab, ALL, { client: undefined, calls: false })).to.deep.equal(NAMES.slice(0, 2));
  });

  it("has pinned tools in hybrid, in the order of the config and then of the catalog", () => {
    const lab = new ListingLab({ mode: "hybrid", pinned: ["zoo__feed", "not__here", "a__get_*"] });
    lab.offer("a", { tools: [aTool("get_y"), aTool("get_x"), aTool("put")] });
    lab.offer("zoo", { tools: [aTool("feed")] });

    expect(namesOf(lab)).to.deep.equal([...NAMES, "zoo__feed", "a__get_y", "a__get_x"]);
  });

  it(`has at most ${MAX_PINNED} pinned tools, each once`, () => {
    const lab = new ListingLab({ mode: "hybrid", pinned: ["many__tool_3", "*"] });
    lab.offerMany("many", 100);

    const pinned = lab.listing.pinnedAt(ALL).map(({ name }) => name);

    expect(pinned).to.have.length(MAX_PINNED);
    expect(new Set(pinned).size).to.equal(MAX_PINNED);
    expect(pinned.slice(0, 2)).to.deep.equal(["many__tool_3", "many__tool_0"]);
  });

  it("takes a profile's own pins, under its names", () => {
    const short = { names: "short", mode: "hybrid", servers: ["zoo"], pinned: ["feed", "a__get_x"] };
    const lab = new ListingLab({ pinned: ["zoo__clean"] }, { short, plain: { mode: "hybrid" } });
    lab.offer("a", { tools: [aTool("get_x")] });
    lab.offer("zoo", { tools: [aTool("feed"), aTool("clean")] });

    expect(namesOf(lab, { kind: "profile", profile: "short" })).to.deep.equal([...NAMES, "feed"]);
    expect(namesOf(lab, { kind: "profile", profile: "plain" })).to.deep.equal([...NAMES, "zoo__clean"]);
  });

  it("leaves a name to the server whose own endpoint it is", () => {
    const lab = new ListingLab();
    lab.offer("gate", { tools: [aTool("search_tools"), aTool("other")] });

    expect(namesOf(lab, { kind: "server", server: "gate", mode: "search" })).to.deep.equal(NAMES.slice(1));
    expect(namesOf(lab, { ...ALL, mode: "search" })).to.deep.equal(NAMES);
  });

  it("never lets a profile's short name be one of its own", () => {
    const lab = new ListingLab({}, { short: { names: "short" } });
    lab.offer("gate", { tools: [aTool("call_tool"), aTool("other")] });

    const { all } = lab.listing.at({ kind: "profile", profile: "short" });

    expect(all.map(({ name }) => name)).to.deep.equal(["gate__call_tool", "other"]);
  });

  it("is the same for equal catalogs, whatever was asked before", () => {
    const make = (order: readonly string[]) => {
      const lab = new ListingLab({ mode: "hybrid", pinned: ["*_1"] });
      for (const name of order) lab.offerMany(name, 50);
      return lab;
    };
    const one = make(["a", "b", "c"]);
    one.explainer.explain("tool_7", { identity: { subject: "s", tenant: "t", role: "user" }, place: ALL });
    one.listing.costs();

    const other = make(["c", "a", "b"]);

    expect(one.listing.fingerprint(ALL, CALLER)).to.equal(other.listing.fingerprint(ALL, CALLER));
  });

  it("is another one when a server, a count, a description or a pinned tool is another", () => {
    const lab = new ListingLab({ mode: "hybrid", pinned: ["a__tool_0"] });
    const prints = new Set<string | undefined>();
    const note = () => prints.add(lab.listing.fingerprint(ALL, CALLER));

    lab.offerMany("a", 3);
    note();
    lab.offerMany("a", 3, { description: "Everything about a" });
    note();
    lab.offerMany("a", 4, { description: "Everything about a" });
    note();
    lab.offerMany("b", 1);
    note();
    lab.offer("a", { tools: [aTool("tool_0", { inputSchema: { type: "object", properties: {} } })] });
    note();

    expect(prints.size).to.equal(5);
  });

  it("is the same object until the catalog changes", () => {
    const lab = new ListingLab({ mode: "search" });
    lab.offerMany("a", 3);

    const first = lab.listing.shortList(ALL, CALLER);

    expect(lab.listing.shortList(ALL, { client: "other", calls: true })).to.equal(first);
    lab.offerMany("a", 4);
    expect(lab.listing.shortList(ALL, CALLER)).to.not.equal(first);
  });
});

describe("what lists cost", () => {
  it("is told of /mcp and of every profile, for every mode", () => {
    const lab = new ListingLab(
      { mode: "auto", pinned: ["many__tool_1"] },
      { few: { tools: { allow: ["tool_1"] } } },
    );
    lab.offerMany("many", 100);

    const [all, few, ...rest] = lab.listing.costs();

    expect(rest).to.deep.equal([]);
    expect(all).to.deep.include({ endpoint: "/mcp", mode: "auto", effective: "hybrid", tools: 100 });
    expect(few).to.deep.include({ endpoint: "/mcp/p/few", mode: "auto", effective: "full", tools: 1 });
    expect(all?.tokens.full).to.be.greaterThan(all?.tokens.hybrid ?? 0);
    expect(all?.tokens.hybrid).to.be.greaterThan(all?.tokens.search ?? 0);
  });

  it("is a quarter of the bytes that a model is given", () => {
    const lab = new ListingLab();
    lab.offer("a", { tools: [aTool("x", { annotations: { title: "not for the model" } })] });

    const given = JSON.stringify({ name: "a__x", description: "Does x", inputSchema: { type: "object" } });

    expect(lab.listing.costs()[0]?.tokens.full).to.equal(Math.ceil(given.length / 4));
  });

  it("is worked out once per catalog", () => {
    const lab = new ListingLab();
    lab.offerMany("many", 10);

    const first = lab.listing.costs();

    expect(lab.listing.costs()).to.equal(first);
    lab.offerMany("more", 10);
    expect(lab.listing.costs()[0]?.tools).to.equal(20);
  });
});
