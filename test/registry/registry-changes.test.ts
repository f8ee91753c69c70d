import { expect } from "chai";

import { EMPTY_OFFERING } from "../../src/domain/offering.ts";
import { buildPart } from "../../src/registry/catalog-part.ts";
import {
  changesOf,
  differentLists,
  isSameOffering,
  isSameUpstream,
} from "../../src/registry/registry-changes.ts";
import { aServer, aTool, http, offers, stdio } from "../support/open-registry.ts";

describe("changesOf", () => {
  it("names what came, what went and what is another by now", () => {
    const before = [aServer("gone"), aServer("same"), aServer("newer"), aServer("other")];
    const after = [
      aServer("same"),
      { ...aServer("newer"), version: 2 },
      { ...aServer("other"), id: "srv_2" },
      aServer("new"),
    ];

    expect(changesOf(before, after)).to.deep.equal([
      { kind: "server-changed", server: "newer" },
      { kind: "server-changed", server: "other" },
      { kind: "server-added", server: "new" },
      { kind: "server-removed", server: "gone" },
    ]);
  });
});

const part = (offering: object) => buildPart(aServer("s"), { ...EMPTY_OFFERING, ...offering });

describe("differentLists", () => {
  it("sees no difference between a server that is absent and one that offers nothing", () => {
    expect(differentLists(undefined, part({}))).to.equal(undefined);
    expect(differentLists(part({}), undefined)).to.equal(undefined);
  });

  it("counts templates to the resources", () => {
    const withTemplate = part({ resourceTemplates: [{ uriTemplate: "x://{y}" }] });

    expect(differentLists(part({}), withTemplate)).to.deep.equal({
      tools: false,
      resources: true,
      prompts: false,
    });
  });

  it("sees a changed definition under an old name", () => {
    const before = part(offers("a"));
    const after = part(offers(aTool("a", { description: "changed" })));

    expect(differentLists(before, after)).to.deep.equal({ tools: true, resources: false, prompts: false });
  });
});

describe("isSameOffering", () => {
  it("holds for the same things in another order, and only for them", () => {
    expect(isSameOffering(offers("a", "b"), offers("b", "a"))).to.equal(true);
    expect(isSameOffering(offers("a"), offers("a", "a"))).to.equal(false);
    expect(isSameOffering(offers("a"), offers(aTool("a", { title: "new" })))).to.equal(false);
    expect(isSameOffering({ ...offers("a"), eras: ["2025"] }, offers("a"))).to.equal(false);
    expect(
      isSameOffering(
        { ...EMPTY_OFFERING, prompts: [{ name: "a" }] },
        { ...EMPTY_OFFERING, tools: [{ name: "a" }] },
      ),
    ).to.equal(false);
  });

  it("does not mind a member that is absent on one side and undefined on the other", () => {
    expect(isSameOffering({ ...offers("a"), instructions: undefined }, offers("a"))).to.equal(true);
  });
});

describe("isSameUpstream", () => {
  it("looks at the program or the address, not at how it is called", () => {
    expect(isSameUpstream(stdio({ env: { A: "1" }, gateway: { tags: ["x"] } }), stdio())).to.equal(true);
    expect(isSameUpstream(stdio({ args: ["x"] }), stdio())).to.equal(false);
    expect(isSameUpstream(stdio({ cwd: "/tmp" }), stdio())).to.equal(false);
    expect(isSameUpstream(http({ headers: { A: "1" } }), http())).to.equal(true);
    expect(isSameUpstream(http({ url: "https://other.example/" }), http())).to.equal(false);
    expect(isSameUpstream(http(), stdio())).to.equal(false);
  });
});
