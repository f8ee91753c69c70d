import { expect } from "chai";

import type { Tool } from "../../src/domain/offering.ts";
import { ToolSearch } from "../../src/search/search.ts";
import { sampleTool } from "./sample-tools.ts";

describe("ToolSearch.suggest", () => {
  let search: ToolSearch;
  const github = ["create_issue", "create_pull_request", "list_issues"].map((name) =>
    sampleTool(name, { server: "github" }),
  );

  beforeEach(() => {
    search = new ToolSearch();
    search.replaceServer("github", github);
    search.replaceServer("mail", [
      sampleTool("createDraft", { server: "mail", description: "About issues" }),
    ]);
  });

  const names = async (text: string, visible?: (tool: Tool) => boolean) =>
    (await search.suggest(text, { limit: 10, visible })).map(({ name }) => name);

  it("completes the last word, whatever the way in which the name is written", async () => {
    expect(await names("cre")).to.have.members(["create_issue", "create_pull_request", "createDraft"]);
    expect(await names("create_pu")).to.deep.equal(["create_pull_request"]);
    expect(await names("createPull")).to.deep.equal(["create_pull_request"]);
    expect(await names("create dr")).to.deep.equal(["createDraft"]);
  });

  it("takes the words before as they are", async () => {
    expect(await names("list is")).to.deep.equal(["list_issues"]);
    expect(await names("li issues")).to.deep.equal([]);
  });

  it("completes names of servers, too", async () => {
    expect(await names("gith")).to.have.members(["create_issue", "create_pull_request", "list_issues"]);
    expect(await names("github list")).to.deep.equal(["list_issues"]);
  });

  it("does not look into descriptions", async () => {
    expect(await names("about")).to.deep.equal([]);
  });

  it("forgives a wrong letter when nothing is right", async () => {
    expect(await names("creste iss")).to.deep.equal(["create_issue"]);
  });

  it("shows nothing that the caller may not see", async () => {
    expect(await names("cre", ({ server }) => server === "mail")).to.deep.equal(["createDraft"]);
  });

  it("keeps to its bound", async () => {
    expect(await search.suggest("cre", { limit: 2 })).to.have.length(2);
  });

  it("follows tools that come, go and change", async () => {
    await names("cre");

    search.replaceServer("github", [sampleTool("create_gist", { server: "github" })]);
    search.removeServer("mail");

    expect(await names("cre")).to.deep.equal(["create_gist"]);
    search.replaceServer("mail", [sampleTool("create_filter", { server: "mail" })]);
    expect(await names("cre")).to.have.members(["create_gist", "create_filter"]);
  });

  it("gives the newest version of a tool", async () => {
    await names("cre");
    const [first, ...others] = github;
    search.replaceServer("github", [{ ...(first ?? sampleTool("never")), readOnly: true }, ...others]);

    const [found] = await search.suggest("create issue", { limit: 1 });

    expect(found?.readOnly).to.equal(true);
  });

  it("is right about what changed while it was built", async () => {
    const early = names("cre");
    search.removeServer("github");
    search.replaceServer("mail", [sampleTool("create_rule", { server: "mail" })]);

    expect(await early).to.deep.equal(["create_rule"]);
  });

  it("gives nothing for blanks and signs, and reads 200 characters at most", async () => {
    expect(await names("  --- ")).to.deep.equal([]);
    expect(await names(`create issue ${" ".repeat(300)} zzz`)).to.deep.equal(["create_issue"]);
  });
});
