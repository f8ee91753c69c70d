import { expect } from "chai";

import { InvalidRequest } from "../../src/domain/errors.ts";
import type { Tool } from "../../src/domain/offering.ts";
import type { SearchAnswer } from "../../src/search/search.ts";
import { PACK_QUESTIONS, PACK_TOOLS } from "./quality-pack.ts";
import { EMPTY, find, names, searchOver } from "./sample-search.ts";
import { sampleTool } from "./sample-tools.ts";

describe("search/search: permissions", () => {
  /** Everything that an answer says, but for the tools that both may see. */
  function facts(answer: SearchAnswer): unknown {
    return {
      total: answer.total,
      items: answer.items.map((item) => [
        item.tool.id,
        item.score,
        item.confidence,
        item.matched,
        item.scores,
      ]),
    };
  }

  it("answers as if hidden tools did not exist: order, scores, confidence and counts are the same", () => {
    const isSeen = (tool: Tool) => tool.hash.charCodeAt(3) % 2 === 0;
    const seen = PACK_TOOLS.filter(isSeen);
    const all = searchOver(...PACK_TOOLS);
    const alone = searchOver(...seen);

    const questions = [
      ...PACK_QUESTIONS.map(([text]) => text),
      "kuberntes",
      "filesystem",
      "get the weathr. Then mail it",
    ];
    for (const text of questions) {
      const options = { explain: true, limit: 50 };
      expect(facts(find(all, text, { ...options, visible: isSeen })), text).to.deep.equal(
        facts(find(alone, text, options)),
      );
    }
  });

  it("does not give a hidden tool for its exact name or id", () => {
    const search = searchOver(...PACK_TOOLS);
    const visible = (tool: Tool) => tool.server !== "github";

    expect(find(search, "/fork/", { visible }).total).to.equal(0);
    for (const text of ["fork_repository", "github__fork_repository", "github/fork_repository"]) {
      expect(names(find(search, text, { visible })), text).to.not.include("fork_repository");
    }
  });

  it("asks anew at every query", () => {
    const search = searchOver(sampleTool("read_file"));
    let allowed = false;
    const visible = () => allowed;

    expect(find(search, "file", { visible }).total).to.equal(0);
    allowed = true;
    expect(find(search, "file", { visible }).total).to.equal(1);
  });

  it("lets the error of a predicate through and answers the next query as ever", () => {
    const search = searchOver(...PACK_TOOLS);
    const before = facts(find(search, "list files"));
    const visible = () => {
      throw new InvalidRequest("no");
    };

    expect(() => find(search, "list files", { visible })).to.throw(InvalidRequest);
    expect(facts(find(search, "list files"))).to.deep.equal(before);
  });

  it("filters by server, tags and read-only within what may be seen", () => {
    const search = searchOver(
      sampleTool("read_file", { server: "a", tags: ["fs"], readOnly: true }),
      sampleTool("write_file", { server: "a", tags: ["fs", "write"] }),
      sampleTool("find_file", { server: "b", tags: ["fs"], readOnly: true }),
    );
    const visible = (tool: Tool) => tool.name !== "find_file";

    expect(names(find(search, "file", { server: "a" }))).to.have.members(["read_file", "write_file"]);
    expect(names(find(search, "file", { tags: ["fs", "write"] }))).to.deep.equal(["write_file"]);
    expect(names(find(search, "file", { readOnly: true, visible }))).to.deep.equal(["read_file"]);
    expect(names(find(search, "file", { readOnly: false }))).to.deep.equal(["write_file"]);
    expect(find(search, "file", { server: "b", visible })).to.deep.equal(EMPTY);
    expect(find(search, "find_file", { server: "a", tags: ["write"] }).items[0]?.score).to.equal(1);
  });
});
