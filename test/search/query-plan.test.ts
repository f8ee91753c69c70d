import { expect } from "chai";

import { Analyzer } from "../../src/search/analyzer.ts";
import { impactsOf } from "../../src/search/impacts.ts";
import { KeywordIndex } from "../../src/search/keyword-index.ts";
import { Lexicon } from "../../src/search/lexicon.ts";
import type { QueryPlan } from "../../src/search/query-plan.ts";
import { QueryPlanner } from "../../src/search/query-plan.ts";
import { readClauses } from "../../src/search/query-text.ts";
import { fieldsOf } from "../../src/search/tool-fields.ts";
import { ToolShelf } from "../../src/search/tool-shelf.ts";
import { sampleTool } from "./sample-tools.ts";

const GROUPS = [["delete", "remove"]];

function planOf(text: string, names: readonly string[], isVisible?: (name: string) => boolean): QueryPlan {
  const analyzer = new Analyzer();
  const index = new KeywordIndex();
  const shelf = new ToolShelf();
  for (const name of names) {
    const tool = sampleTool(name, { server: "x" });
    index.add(shelf.add("x", tool), impactsOf(fieldsOf(tool), analyzer));
  }
  const visible = isVisible === undefined ? undefined : (tool: { name: string }) => isVisible(tool.name);
  const planner = new QueryPlanner({
    index,
    lexicon: new Lexicon(GROUPS, analyzer),
    view: shelf.view({ visible }),
  });
  return planner.plan(readClauses(text, analyzer));
}

function termsOf(plan: QueryPlan): readonly string[] {
  return plan.whole.map((term) => term.postings.term);
}

function weightOf(plan: QueryPlan, term: string): number {
  return plan.whole.find((planned) => planned.postings.term === term)?.weight ?? 0;
}

describe("search/query-plan", () => {
  it("reads the postings of the words that mean something", () => {
    expect(termsOf(planOf("read the file", ["read_file", "send_mail"]))).to.deep.equal(["read", "file"]);
  });

  it("weighs a rare term over a common one", () => {
    const plan = planOf("read file", ["read_file", "write_file", "copy_file"]);

    expect(weightOf(plan, "read")).to.be.above(weightOf(plan, "file"));
  });

  it("falls back to stop words when there is nothing else", () => {
    expect(termsOf(planOf("who am I", ["who_am_i", "read_file"]))).to.deep.equal(["who", "am", "i"]);
    expect(termsOf(planOf("do the read", ["do_it", "read_file"]))).to.deep.equal(["read"]);
  });

  it("adds related terms with less weight and marks them", () => {
    const plan = planOf("remove file", ["remove_file", "delete_file", "copy_file"]);
    const related = plan.whole.find((term) => term.related);

    expect(related?.word).to.equal("delete");
    expect(related?.weight).to.be.below(weightOf(plan, "remov") / 2);
  });

  it("adds the family of a term with less weight", () => {
    const plan = planOf("astronomy", ["astronomy_facts", "astronomer_list"]);

    expect(termsOf(plan)).to.deep.equal(["astronomi", "astronom"]);
    expect(weightOf(plan, "astronom")).to.be.below(weightOf(plan, "astronomi"));
  });

  it("leaves out related terms that stand everywhere in a large catalog", () => {
    const common = Array.from({ length: 300 }, (_, index) => `delete_thing${index}`);

    const plan = planOf("remove", ["remove_file", ...common]);

    expect(termsOf(plan)).to.deep.equal(["remov"]);
    expect(termsOf(planOf("delete", common))).to.deep.equal(["delet"]);
  });

  it("joins two words that are one in the index", () => {
    const plan = planOf("list web hooks", ["list_webhooks", "open_web"]);

    expect(termsOf(plan)).to.include("webhook");
    expect(plan.whole.find((term) => term.postings.term === "webhook")?.word).to.equal("web hooks");
  });

  it("parts an unknown word into two that are known", () => {
    expect(termsOf(planOf("filesystem", ["file_system_info"]))).to.deep.equal(["file", "system"]);
  });

  it("takes an unknown word for a typing error, with less weight than the word itself", () => {
    const names = ["list_repositories", "send_mail"];
    const typed = planOf("repositry", names);
    const right = planOf("repositories", names);

    expect(termsOf(typed)).to.deep.equal(["repositori"]);
    expect(weightOf(typed, "repositori")).to.be.below(weightOf(right, "repositori"));
  });

  it("does not look for typing errors in words that are known", () => {
    expect(termsOf(planOf("channel", ["list_channel", "list_channels_channer"]))).to.not.include("channer");
  });

  it("looks for near misses of eight unknown words at most", () => {
    const junk = Array.from({ length: 8 }, (_, index) => `qwrtz${"abcdefgh"[index]}`).join(" ");

    expect(termsOf(planOf(`repositry ${junk}`, ["repositories"]))).to.deep.equal(["repositori"]);
    expect(termsOf(planOf(`${junk} repositry`, ["repositories"]))).to.deep.equal([]);
  });

  it("reads the 64 rarest of many terms", () => {
    const rare = Array.from(
      { length: 70 },
      (_, index) => `rare${String.fromCharCode(97 + (index % 26))}x${index}`,
    );
    const names = rare.map((word) => `common_${word}`);

    const plan = planOf(`common ${names.join(" ")}`, names);

    expect(termsOf(plan)).to.not.include("common");
    expect(new Set(plan.whole.map((term) => term.word)).size).to.be.at.most(64);
  });

  it("plans each clause of a query, and the whole without repeating a term", () => {
    const plan = planOf("read the file. Then delete the file", ["read_file", "delete_file", "remove_file"]);

    expect(plan.clauses.map((clause) => clause.map((term) => term.postings.term))).to.deep.equal([
      ["read", "file"],
      ["delet", "file", "remov"],
    ]);
    expect(termsOf(plan)).to.deep.equal(["read", "file", "delet", "remov"]);
    expect(planOf("read the file", ["read_file"]).clauses).to.deep.equal([]);
  });

  it("counts only visible tools: the plan is the same as if the others did not exist", () => {
    const seen = ["read_file", "delete_mail"];
    const hidden = [
      "secret_file",
      "remove_secret",
      "repository_secret",
      "filesystem_secret",
      "astronomer_secret",
    ];
    const text = "remove file secret repositry filesystem astronomy";

    const plan = planOf(text, [...hidden, ...seen], (name) => seen.includes(name));
    const alone = planOf(text, seen);

    expect(termsOf(plan)).to.deep.equal(termsOf(alone));
    expect(plan.whole.map((term) => term.weight)).to.deep.equal(alone.whole.map((term) => term.weight));
    expect(plan.attainable).to.equal(alone.attainable);
  });

  it("plans nothing for a text without words, and for words that nothing knows", () => {
    expect(planOf("?!", ["read_file"])).to.deep.equal({ whole: [], clauses: [], attainable: 0 });
    expect(planOf("xylophone", ["read_file"]).whole).to.deep.equal([]);
    expect(planOf("xylophone", ["read_file"]).attainable).to.be.above(0);
  });
});
