import { expect } from "chai";

import { InvalidRequest } from "../../src/domain/errors.ts";
import type { Tool } from "../../src/domain/offering.ts";
import { ToolSearch } from "../../src/search/search.ts";
import { PACK_TOOLS } from "./quality-pack.ts";
import { EMPTY, find, names, searchOver } from "./sample-search.ts";
import type { ToolSketch } from "./sample-tools.ts";
import { sampleTool } from "./sample-tools.ts";

describe("search/search: answers", () => {
  it("gives the tools that fit, best first, with a relative score", () => {
    const search = searchOver(...PACK_TOOLS);

    const { items, total } = find(search, "list pull requests");

    expect(items[0]?.tool.id).to.equal("github__list_pull_requests");
    expect(items[0]?.score).to.equal(1);
    expect(items.map((item) => item.score)).to.deep.equal(
      items.map((item) => item.score).toSorted((a, b) => b - a),
    );
    expect(items.every((item) => item.scores.keyword === item.score)).to.equal(true);
    expect(total).to.be.at.least(items.length);
  });

  it("hands out the very tool that it was given", () => {
    const tool = sampleTool("read_file");

    expect(find(searchOver(tool), "file").items[0]?.tool).to.equal(tool);
  });

  it("is sure of a tool that is about all of the query and unsure of one that shares a word", () => {
    const search = searchOver(...PACK_TOOLS);

    const right = find(search, "refund a payment").items[0];
    const wrong = find(search, "payment of the crew of a whaling ship in Nantucket").items[0];

    expect(right?.confidence).to.be.within(0.5, 1);
    expect(wrong?.score).to.equal(1);
    expect(wrong?.confidence).to.be.below(0.3);
  });

  it("names the words that were found, and the related ones when it is to explain", () => {
    const search = searchOver(sampleTool("delete_directory", { description: "Delete a folder for good." }));

    expect(find(search, "please remove the old folder").items[0]?.matched).to.deep.equal(["folder"]);
    expect(find(search, "please remove the old folder", { explain: true }).items[0]?.matched).to.deep.equal([
      "folder",
      "~delete",
      "~directory",
    ]);
  });

  it("orders equal tools by id, whatever order they came in", () => {
    const twins = ["c", "a", "d", "b"].map((server) => sampleTool("read_file", { server }));

    for (const order of [twins, twins.toReversed()]) {
      const ids = find(searchOver(...order), "file").items.map((item) => item.tool.id);

      expect(ids).to.deep.equal(["a__read_file", "b__read_file", "c__read_file", "d__read_file"]);
    }
  });

  it("gives no more than the limit but counts all", () => {
    const search = searchOver(...Array.from({ length: 30 }, (_, index) => sampleTool(`file_${index}`)));

    expect(find(search, "file", { limit: 4 }).items).to.have.length(4);
    expect(find(search, "file", { limit: 4 }).total).to.equal(30);
    expect(find(search, "file", { limit: 0 })).to.deep.equal({ ...EMPTY, total: 30 });
    expect(find(search, "file", { limit: -3 }).items).to.deep.equal([]);
    expect(find(search, "file", { limit: Number.NaN }).items).to.deep.equal([]);
    expect(find(search, "file", { limit: 1_000 }).items).to.have.length(30);
  });

  it("gives nothing for an empty query, for signs alone and over an empty index", () => {
    const search = searchOver(...PACK_TOOLS);

    for (const text of ["", "   \n", "?!", "🙂"]) expect(find(search, text), text).to.deep.equal(EMPTY);
    expect(find(searchOver(), "read file")).to.deep.equal(EMPTY);
    expect(find(search, "xyzzy plugh")).to.deep.equal(EMPTY);
  });

  it("tells how long it took by the clock that it was given", () => {
    let now = 5;
    const search = new ToolSearch({ now: () => (now += 2) });

    expect(search.find({ text: "file", limit: 1 }).tookMs).to.equal(2);
  });

  it("finds tools by server, title, parameters, enum values and tags", () => {
    const sketches: Readonly<Record<string, ToolSketch>> = {
      one: { server: "salesforce" },
      two: { definition: { title: "Greenhouse watering" } },
      three: { parameters: { latitude: "" } },
      four: { parameters: { unit: "Fahrenheit or Celsius" } },
      five: { tags: ["astrophysics"] },
    };
    const search = searchOver(...Object.entries(sketches).map(([name, sketch]) => sampleTool(name, sketch)));

    expect(names(find(search, "salesforce"))).to.deep.equal(["one"]);
    expect(names(find(search, "greenhouse"))).to.deep.equal(["two"]);
    expect(names(find(search, "latitude"))).to.deep.equal(["three"]);
    expect(names(find(search, "celsius"))).to.deep.equal(["four"]);
    expect(names(find(search, "astrophysics"))).to.deep.equal(["five"]);
  });

  it("finds Chinese, Japanese and Russian descriptions", () => {
    const search = searchOver(
      sampleTool("t1", { description: "搜索文件夹中的文件" }),
      sampleTool("t2", { description: "天気予報を取得する" }),
      sampleTool("t3", { description: "Отправить письмо" }),
    );

    expect(names(find(search, "查找文件"))).to.deep.equal(["t1"]);
    expect(names(find(search, "明日の天気"))).to.deep.equal(["t2"]);
    expect(names(find(search, "письмо"))).to.deep.equal(["t3"]);
  });

  it("takes further groups of synonyms", () => {
    const tool = sampleTool("open_ledger");
    const search = new ToolSearch({ synonyms: [["ledger", "kontobuch"]] });
    search.replaceServer("demo", [tool]);

    expect(names(search.find({ text: "kontobuch", limit: 5 }))).to.deep.equal(["open_ledger"]);
    expect(names(find(searchOver(tool), "kontobuch"))).to.deep.equal([]);
  });

  it("reads 4,000 characters of a query and survives any more", () => {
    const search = searchOver(...PACK_TOOLS);
    const essay = "lorem ipsum dolor sit amet ".repeat(2_000);

    expect(names(find(search, `weather forecast ${essay}`))[0]).to.equal("get_forecast");
    expect(find(search, `${essay} weather forecast`).items).to.deep.equal([]);
    expect(find(search, "a".repeat(1_000_000)).items).to.deep.equal([]);
  });
});

describe("search/search: exact names and patterns", () => {
  const search = searchOver(
    ...PACK_TOOLS,
    sampleTool("issue", { server: "tiny", description: "Nothing much" }),
    sampleTool("issue_issue_issue", {
      server: "loud",
      description: "Issue, issue, issue! Everything about an issue",
    }),
  );

  it("puts the tool of that name first, sure of itself, and the others behind it", () => {
    const { items } = find(search, "issue");

    expect(items[0]?.tool.id).to.equal("tiny__issue");
    expect(items[0]?.score).to.equal(1);
    expect(items[0]?.confidence).to.equal(1);
    expect(items.length).to.be.above(2);
  });

  it("finds an id even when the answer has room for one tool only", () => {
    const { items } = find(search, "GITHUB__create_issue", { limit: 1 });

    expect(items[0]?.tool.id).to.equal("github__create_issue");
  });

  it("finds an id that was shortened and has words of its own", () => {
    const shortened = { ...sampleTool("synchronise_everything"), id: "demo__synchronise_every_9f2c81" };
    const other = sampleTool("every_9f2c81", { server: "other" });

    const { items } = find(searchOver(shortened, other), shortened.id);

    expect(items[0]?.tool).to.equal(shortened);
    expect(items[0]?.score).to.equal(1);
  });

  it("finds names and ids by a pattern, in the order of their ids", () => {
    const answer = find(search, "/^git_(log|diff)$/");

    expect(names(answer)).to.deep.equal(["git_diff", "git_log"]);
    expect(answer.total).to.equal(2);
    expect(answer.items[0]).to.deep.include({
      score: 1,
      confidence: 1,
      matched: ["/^git_(log|diff)$/"],
      scores: { keyword: 1 },
    });
    expect(names(find(search, "/^postgres__/i"))).to.have.length(4);
  });

  it("counts what a pattern finds beyond the limit", () => {
    const answer = find(search, "/list/", { limit: 2 });

    expect(answer.items).to.have.length(2);
    expect(answer.total).to.be.above(5);
  });

  it("finds nothing but what the pattern says", () => {
    expect(find(search, "/^nothing_like_this/")).to.deep.equal(EMPTY);
  });

  it("keeps to filters and permissions with a pattern, too", () => {
    const visible = (tool: Tool) => tool.name !== "git_log";

    expect(names(find(search, "/log/", { server: "git" }))).to.deep.equal(["git_log"]);
    expect(find(search, "/^git_log$/", { visible })).to.deep.equal(EMPTY);
  });

  it("refuses a pattern that it cannot use with an InvalidRequest", () => {
    expect(() => find(search, "/(unclosed/")).to.throw(InvalidRequest, "not closed");
    expect(() => find(search, "/(?=a)/")).to.throw(InvalidRequest);
  });

  it("takes a path for words, not for a pattern", () => {
    expect(find(search, "/home/anna/issue").items[0]?.tool.name).to.match(/issue/);
  });
});
