import { expect } from "chai";

import type { Tool } from "../../src/domain/offering.ts";
import type { Filter } from "../../src/search/tool-shelf.ts";
import { ToolShelf } from "../../src/search/tool-shelf.ts";
import { sampleTool } from "./sample-tools.ts";

function shelfOf(...tools: readonly Tool[]): ToolShelf {
  const shelf = new ToolShelf();
  for (const tool of tools) shelf.add(tool.server, tool);
  return shelf;
}

function names(shelf: ToolShelf, mask: Uint8Array): readonly (string | undefined)[] {
  return Array.from({ length: shelf.end }, (_, slot) => slot)
    .filter((slot) => mask[slot] === 1)
    .map((slot) => shelf.tool(slot)?.name);
}

function candidates(shelf: ToolShelf, filter: Filter): readonly (string | undefined)[] {
  return names(shelf, shelf.view(filter).candidates);
}

const MANY = Array.from({ length: 200 }, (_, index) =>
  sampleTool(`t${index}`, { server: index % 2 === 0 ? "even" : "odd" }),
);

describe("search/tool-shelf", () => {
  it("gives each tool the next slot and finds it again by server and id", () => {
    const shelf = shelfOf(sampleTool("a", { server: "x" }), sampleTool("b", { server: "x" }));

    expect([...shelf.slotsOf("x")]).to.deep.equal([
      ["x__a", 0],
      ["x__b", 1],
    ]);
    expect(shelf.size).to.equal(2);
    expect(shelf.slotsOf("y").size).to.equal(0);
  });

  it("filters by server, by all of the tags and by the read-only hint", () => {
    const shelf = shelfOf(
      sampleTool("a", { server: "x", tags: ["dev", "ci"] }),
      sampleTool("b", { server: "x", tags: ["dev"], readOnly: true }),
      sampleTool("c", { server: "y", tags: ["ci"], readOnly: true }),
    );

    expect(candidates(shelf, {})).to.deep.equal(["a", "b", "c"]);
    expect(candidates(shelf, { server: "x" })).to.deep.equal(["a", "b"]);
    expect(candidates(shelf, { tags: ["dev"] })).to.deep.equal(["a", "b"]);
    expect(candidates(shelf, { tags: ["dev", "ci"] })).to.deep.equal(["a"]);
    expect(candidates(shelf, { tags: [] })).to.deep.equal(["a", "b", "c"]);
    expect(candidates(shelf, { readOnly: true })).to.deep.equal(["b", "c"]);
    expect(candidates(shelf, { readOnly: false })).to.deep.equal(["a"]);
    expect(candidates(shelf, { server: "z" })).to.deep.equal([]);
  });

  it("never lets a filter widen what the caller may see", () => {
    const shelf = shelfOf(sampleTool("a", { server: "x" }), sampleTool("b", { server: "x" }));

    const view = shelf.view({ server: "x", visible: (tool) => tool.name === "b" });

    expect(names(shelf, view.candidates)).to.deep.equal(["b"]);
    expect(names(shelf, view.visible)).to.deep.equal(["b"]);
    expect(view.visibleCount).to.equal(1);
  });

  it("takes its statistics from all visible tools, not from the filtered ones", () => {
    const view = shelfOf(...MANY).view({ server: "odd" });

    expect(view.visibleCount).to.equal(200);
  });

  it("is complete only without dead slots and without a predicate", () => {
    const shelf = shelfOf(...MANY);

    expect(shelf.view({}).complete).to.equal(true);
    expect(shelf.view({ visible: () => true }).complete).to.equal(false);

    shelf.remove("odd", "odd__t1");

    expect(shelf.view({}).complete).to.equal(false);
  });

  it("never asks the predicate about a removed tool and never shows one", () => {
    const shelf = shelfOf(sampleTool("a"), sampleTool("b"));
    const asked: string[] = [];

    shelf.remove("demo", "demo__a");
    const view = shelf.view({ visible: (tool) => asked.push(tool.name) > 0 });

    expect(asked).to.deep.equal(["b"]);
    expect(names(shelf, view.visible)).to.deep.equal(["b"]);
    expect(shelf.size).to.equal(1);
    expect(shelf.tool(0)).to.equal(undefined);
  });

  it("finds the slots of an id in every server", () => {
    const shelf = shelfOf(sampleTool("a", { server: "x" }), sampleTool("b", { server: "x" }));
    shelf.add("y", sampleTool("a", { server: "x" }));

    expect(shelf.slotsOfId("x__a")).to.deep.equal([0, 2]);
    expect(shelf.slotsOfId("x__c")).to.deep.equal([]);
  });

  it("ignores the removal of what it does not have", () => {
    const shelf = shelfOf(sampleTool("a"));

    shelf.remove("demo", "demo__b");
    shelf.remove("other", "demo__a");

    expect(shelf.size).to.equal(1);
  });

  it("exchanges a tool for a newer one in place", () => {
    const shelf = shelfOf(sampleTool("a"));

    shelf.refresh(0, sampleTool("a", { readOnly: true }));

    expect(candidates(shelf, { readOnly: true })).to.deep.equal(["a"]);
  });

  it("closes the gaps when a fifth of the slots is dead, keeping the order", () => {
    const shelf = shelfOf(...MANY);
    for (const id of [...shelf.slotsOf("even").keys()].slice(0, 63)) shelf.remove("even", id);

    expect(shelf.compact()).to.equal(undefined);

    shelf.remove("even", "even__t126");
    const moved = shelf.compact();

    expect([...(moved ?? [])].slice(0, 4)).to.deep.equal([-1, 0, -1, 1]);
    expect(shelf.end).to.equal(136);
    expect(shelf.view({}).complete).to.equal(true);
    for (const [id, slot] of [...shelf.slotsOf("odd"), ...shelf.slotsOf("even")]) {
      expect(shelf.tool(slot)?.id).to.equal(id);
    }
  });

  it("can be emptied and filled again", () => {
    const shelf = shelfOf(...MANY);
    for (const tool of MANY) shelf.remove(tool.server, tool.id);

    shelf.compact();
    shelf.add("new", sampleTool("fresh", { server: "new" }));

    expect(shelf.size).to.equal(1);
    expect(candidates(shelf, {})).to.deep.equal(["fresh"]);
  });
});
