import { expect } from "chai";

import type { Tool } from "../../src/domain/offering.ts";
import { Analyzer } from "../../src/search/analyzer.ts";
import { exactSlots } from "../../src/search/exact-name.ts";
import { impactsOf } from "../../src/search/impacts.ts";
import { KeywordIndex } from "../../src/search/keyword-index.ts";
import { fieldsOf } from "../../src/search/tool-fields.ts";
import { sampleTool } from "./sample-tools.ts";

const TOOLS = [
  sampleTool("create_issue", { server: "github", description: "Create an issue" }),
  sampleTool("create_issue", { server: "gitlab" }),
  sampleTool("create_issue_comment", { server: "github" }),
  sampleTool("whoami", { server: "unix" }),
  sampleTool("do_it", { server: "unix", description: "create issue" }),
  sampleTool("getHTTPUrl", { server: "web.fetch" }),
];

function exact(text: string, candidate = (slot: number): Tool | undefined => TOOLS[slot]): readonly number[] {
  const analyzer = new Analyzer();
  const index = new KeywordIndex();
  for (const [slot, tool] of TOOLS.entries()) index.add(slot, impactsOf(fieldsOf(tool), analyzer));
  return [...exactSlots(text, { analyzer, index, candidate })];
}

describe("search/exact-name", () => {
  it("finds an id and every tool of a name", () => {
    expect(exact("github__create_issue")).to.deep.equal([0]);
    expect(exact("create_issue")).to.deep.equal([0, 1]);
  });

  it("does not care about upper and lower case", () => {
    expect(exact("CREATE_ISSUE")).to.deep.equal([0, 1]);
    expect(exact("gethttpurl")).to.deep.equal([]);
    expect(exact("getHTTPUrl")).to.deep.equal([5]);
  });

  it("finds server and name with any one sign between them", () => {
    for (const text of [
      "gitlab/create_issue",
      "gitlab.create_issue",
      "gitlab:create_issue",
      "gitlab create_issue",
    ]) {
      expect(exact(text), text).to.deep.equal([1]);
    }
    expect(exact("web.fetch/getHTTPUrl")).to.deep.equal([5]);
  });

  it("finds names that are made of stop words", () => {
    expect(exact("whoami")).to.deep.equal([3]);
    expect(exact("do_it")).to.deep.equal([4]);
  });

  it("finds nothing for part of a name, a description or unknown words", () => {
    for (const text of [
      "create",
      "create issue",
      "create_issue_",
      "issue",
      "nothing",
      "",
      "___",
      "create_nothing",
    ]) {
      expect(exact(text), text).to.deep.equal([]);
    }
  });

  it("leaves out what is no candidate", () => {
    expect(exact("create_issue", (slot) => (slot === 0 ? undefined : TOOLS[slot]))).to.deep.equal([1]);
  });

  it("does not look at texts of more than 256 characters", () => {
    expect(exact(`create_issue${" ".repeat(300)}`)).to.deep.equal([]);
  });
});
