import { expect } from "chai";

import { toolText, vectorKey } from "../../src/search/tool-text.ts";
import { sampleTool } from "./sample-tools.ts";

describe("toolText", () => {
  it("says server, name, title, description and parameters as people write them", () => {
    const tool = sampleTool("createPull_request", {
      server: "git-hub",
      description: "Opens a   pull request.\n\nBoth branches must exist.",
      parameters: { base_branch: "ignored", dryRun: "" },
      definition: { title: "New PR" },
    });

    expect(toolText(tool)).to.equal(
      "git hub: create pull request. New PR Opens a pull request. Both branches must exist. base branch dry run",
    );
  });

  it("is the same for texts that differ only in blanks and in how signs are composed", () => {
    const one = sampleTool("x", { description: "Caf\u00e9  au lait" });
    const same = sampleTool("x", { description: " Cafe\u0301 au\tlait" });

    expect(toolText(one)).to.equal(toolText(same));
  });

  it("is bounded", () => {
    const parameters = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`parameter_${index}`, ""]),
    );
    const tool = sampleTool("x", { description: "long ".repeat(4_000), parameters });

    expect(toolText(tool).length).to.be.at.most(1_900);
  });
});

describe("vectorKey", () => {
  it("differs with model and text, and is the same otherwise", () => {
    expect(vectorKey("m", "t")).to.equal(vectorKey("m", "t"));
    expect(new Set([vectorKey("m", "t"), vectorKey("m2", "t"), vectorKey("m", "t2")]).size).to.equal(3);
    expect(vectorKey("m", "t")).to.match(/^[\w-]{43}$/);
  });
});
