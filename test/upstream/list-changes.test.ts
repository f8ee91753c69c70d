import { expect } from "chai";

import { changedList, listChangedMethod, reportedLists } from "../../src/upstream/list-changes.ts";

describe("list changes", () => {
  it("are reported for the capabilities that say so, strictly", () => {
    const capabilities = {
      tools: { listChanged: true },
      prompts: { listChanged: "yes" },
      resources: {},
      logging: { listChanged: true },
    };

    expect(reportedLists(capabilities)).to.deep.equal(["tools"]);
    expect(reportedLists({ tools: null, prompts: 5 })).to.deep.equal([]);
  });

  it("are known by their notifications, there and back", () => {
    for (const list of ["tools", "prompts", "resources"] as const)
      expect(changedList(listChangedMethod(list))).to.equal(list);
    expect(changedList("notifications/roots/list_changed")).to.equal(undefined);
    expect(changedList("notifications/resources/updated")).to.equal(undefined);
  });
});
