import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { EMPTY_OFFERING, type Offering } from "../../src/domain/offering.ts";
import type { Finding, List } from "../../src/upstream/explore.ts";
import { type OwnList, addsTo, unite } from "../../src/upstream/united-lists.ts";

const LIMITS = { toolsPerUpstream: 100 };
const tool = (name: string, description = "shared"): JsonObject => ({ name, description });
const bad = (name: string) => ({ tool: name, reason: "it is no tool" });

const sharing = (tools: readonly JsonObject[], more: Partial<Offering> = {}): Offering => ({
  ...EMPTY_OFFERING,
  eras: ["2025"],
  tools,
  ...more,
});

function own(
  found: Partial<Record<List, readonly JsonObject[]>>,
  { quarantined = [], era = "2025", isLatest = false }: Partial<OwnList & Finding> = {},
): OwnList {
  const lists = Object.entries(found) as [List, readonly JsonObject[]][];
  return { era, isLatest, found: new Map(lists.map(([list, items]) => [list, { items, quarantined }])) };
}

describe("unite", () => {
  it("keeps the shared order, and puts what is new behind it by name, whoever comes first", () => {
    const shared = sharing([tool("z"), tool("b")]);
    const [one, other] = [own({ tools: [tool("y"), tool("z")] }), own({ tools: [tool("a"), tool("m")] })];

    const united = unite(shared, "2025", [one, other], LIMITS);

    expect(united.tools.map(({ name }) => name)).to.deep.equal(["z", "b", "a", "m", "y"]);
    expect(unite(shared, "2025", [other, one], LIMITS)).to.deep.equal(united);
  });

  it("prefers the shared definition of what both have", () => {
    const united = unite(sharing([tool("a")]), "2025", [own({ tools: [tool("a", "own")] })], LIMITS);

    expect(united.tools).to.deep.equal([tool("a")]);
  });

  it("prefers that of the connection that reported last, in the same place", () => {
    const latest = own({ tools: [tool("b", "own"), tool("c")] }, { isLatest: true });

    const united = unite(sharing([tool("a"), tool("b"), tool("d")]), "2025", [latest], LIMITS);

    expect(united.tools).to.deep.equal([tool("a"), tool("b", "own"), tool("d"), tool("c")]);
  });

  it("takes no definition of another era for one that the shared connection has, but adds what is new", () => {
    const latest = own({ tools: [tool("a", "old form"), tool("b")] }, { isLatest: true });

    const united = unite(sharing([tool("a")]), "2026", [latest], LIMITS);

    expect(united.tools).to.deep.equal([tool("a"), tool("b")]);
  });

  it("prefers of several that list the same new thing the one that it is given first", () => {
    const first = own({ tools: [tool("n", "first")] });

    const united = unite(sharing([]), "2025", [first, own({ tools: [tool("n", "second")] })], LIMITS);

    expect(united.tools).to.deep.equal([tool("n", "first")]);
  });

  it("unites every list by its own key, and leaves what is not listed but said alone", () => {
    const [first, second] = [
      { uri: "a://1", name: "same" } as const,
      { uri: "a://2", name: "same" } as const,
    ];
    const template = { uriTemplate: "a://{id}", name: "same" };
    const shared = sharing([], { resources: [first], instructions: "None.", serverInfo: { name: "up" } });

    const united = unite(
      shared,
      "2025",
      [own({ resources: [second, first], resourceTemplates: [template], prompts: [{ name: "p" }] })],
      LIMITS,
    );

    expect(united).to.deep.equal({
      ...shared,
      resources: [first, second],
      resourceTemplates: [template],
      prompts: [{ name: "p" }],
    });
  });

  it("names what was left out once, wherever it was left out", () => {
    const shared = sharing([], { quarantined: [bad("x")] });

    const united = unite(shared, "2025", [own({ tools: [] }, { quarantined: [bad("x"), bad("y")] })], LIMITS);

    expect(united.quarantined).to.deep.equal([bad("x"), bad("y")]);
  });

  it("serves no more tools than an upstream may have", () => {
    const many = own({ tools: [tool("c"), tool("b")] });

    const united = unite(sharing([tool("a")]), "2025", [many], { toolsPerUpstream: 2 });

    expect(united.tools.map(({ name }) => name)).to.deep.equal(["a", "b"]);
  });
});

describe("addsTo", () => {
  const shared = sharing([tool("a"), tool("b")], { quarantined: [bad("x")] });

  it("is false for those who list the same or less", () => {
    expect(addsTo(shared, "2025", own({ tools: [tool("b"), tool("a")] }))).to.equal(false);
    expect(addsTo(shared, "2025", own({ tools: [tool("b")] }, { quarantined: [bad("x")] }))).to.equal(false);
    expect(addsTo(shared, "2025", own({}))).to.equal(false);
  });

  it("is true for one thing more, or something that is malformed in another way", () => {
    expect(addsTo(shared, "2025", own({ tools: [tool("a"), tool("c")] }))).to.equal(true);
    expect(addsTo(shared, "2025", own({ prompts: [tool("a")] }))).to.equal(true);
    expect(addsTo(shared, "2025", own({ tools: [] }, { quarantined: [bad("y")] }))).to.equal(true);
  });

  it("is true for another definition, if it is of the same era", () => {
    const other = own({ tools: [tool("a", "own")] });

    expect(addsTo(shared, "2025", other)).to.equal(true);
    expect(addsTo(shared, "2026", other)).to.equal(false);
  });
});
