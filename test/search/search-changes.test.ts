import { expect } from "chai";
import * as fc from "fast-check";

import type { Tool } from "../../src/domain/offering.ts";
import { ToolSearch } from "../../src/search/search.ts";
import { PACK_TOOLS } from "./quality-pack.ts";
import { EMPTY, find, names, searchOver } from "./sample-search.ts";
import { sampleTool } from "./sample-tools.ts";

describe("search/search: changes", () => {
  it("replaces the tools of one server and leaves the others", () => {
    const search = searchOver(
      sampleTool("read_file", { server: "a" }),
      sampleTool("send_mail", { server: "b" }),
    );

    search.replaceServer("a", [sampleTool("fly_kite", { server: "a" })]);

    expect(names(find(search, "file"))).to.deep.equal([]);
    expect(names(find(search, "kite"))).to.deep.equal(["fly_kite"]);
    expect(names(find(search, "mail"))).to.deep.equal(["send_mail"]);
    expect(search.size).to.equal(2);
  });

  it("forgets a server, and one it never knew", () => {
    const search = searchOver(...PACK_TOOLS);

    search.removeServer("github");
    search.removeServer("nobody");

    expect(search.size).to.equal(PACK_TOOLS.length - 7);
    expect(find(search, "/^github__/").total).to.equal(0);
    expect(names(find(search, "fork repository"))).to.not.include("fork_repository");
  });

  it("indexes a changed text anew and hands out the newer tool when only a flag changed", () => {
    const old = sampleTool("t", { description: "Reads files" });
    const search = searchOver(old);

    const flagged: Tool = { ...old, readOnly: true };
    search.replaceServer("demo", [flagged]);
    expect(find(search, "files").items[0]?.tool).to.equal(flagged);

    search.replaceServer("demo", [{ ...old, tags: ["zebra"] }]);
    expect(names(find(search, "zebra"))).to.deep.equal(["t"]);

    search.replaceServer("demo", [sampleTool("t", { description: "Sends mail" })]);
    expect(names(find(search, "files"))).to.deep.equal([]);
    expect(names(find(search, "mail"))).to.deep.equal(["t"]);
    expect(search.size).to.equal(1);
  });

  it("takes the last of two tools with one id", () => {
    const search = searchOver(
      sampleTool("t", { description: "files" }),
      sampleTool("t", { description: "mail" }),
    );

    expect(search.size).to.equal(1);
    expect(names(find(search, "mail"))).to.deep.equal(["t"]);
    expect(names(find(search, "files"))).to.deep.equal([]);
  });

  it("answers after any history of changes as an index that was built at once", () => {
    const servers = [...new Set(PACK_TOOLS.map((tool) => tool.server))];
    const anyChange = fc.record({
      server: fc.constantFrom(...servers),
      keep: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      version: fc.nat(2),
    });
    const questions = [
      "list files",
      "create issue",
      "send a message. Then scale pods",
      "kuberntes",
      "database tables",
    ];

    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 60 }), (changes) => {
        const changed = new ToolSearch({ now: () => 0 });
        const state = new Map<string, readonly Tool[]>();
        for (const { server, keep, version } of changes) {
          const tools = PACK_TOOLS.filter((tool) => tool.server === server)
            .filter((_, index) => keep[index])
            .map((tool) => ({
              ...tool,
              description: `${tool.description} v${version}`,
              hash: `${tool.hash}${version}`,
            }));
          changed.replaceServer(server, tools);
          state.set(server, tools);
        }
        const fresh = new ToolSearch({ now: () => 0 });
        for (const [server, tools] of [...state].toReversed()) fresh.replaceServer(server, tools);

        expect(changed.size).to.equal(fresh.size);
        for (const text of questions) expect(find(changed, text), text).to.deep.equal(find(fresh, text));
      }),
      { numRuns: 40 },
    );
  });

  it("stays as small and as right after thousands of upserts", () => {
    const search = searchOver(...PACK_TOOLS);
    const plain = find(search, "weather forecast");

    for (let round = 0; round < 2_000; round++) {
      search.replaceServer("churn", [
        sampleTool(`churn_${round}`, { server: "churn", description: `word${round}` }),
      ]);
    }
    search.removeServer("churn");

    expect(search.size).to.equal(PACK_TOOLS.length);
    expect(find(search, "weather forecast")).to.deep.equal(plain);
    expect(find(search, "churn")).to.deep.equal(EMPTY);
  });
});
