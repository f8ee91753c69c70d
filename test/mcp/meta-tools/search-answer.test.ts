import { expect } from "chai";
import { array, assert, integer, nat, property } from "fast-check";

import { type Findings, searchAnswer } from "../../../src/mcp/meta-tools/search-answer.ts";

const match = (at: number, length = 100) => ({
  id: `server__tool_${at}`,
  signature: "x".repeat(length),
  description: "does it",
  risk: "read",
  score: 1,
});
const findings = (more: Partial<Findings> = {}): Findings => ({
  matches: [match(0), match(1)],
  bestSchema: { type: "object" },
  total: 2,
  searched: 10,
  down: { matches: 0, servers: [] },
  best: { confidence: 0.5 },
  servers: ["a", "b"],
  ...more,
});
interface Answer {
  readonly matches: readonly { id: string; inputSchema?: unknown }[];
  readonly total: number;
  readonly withheld?: Record<string, unknown>;
  readonly note: string;
}
const answer = (more: Partial<Findings> = {}, room = 6_000) =>
  JSON.parse(searchAnswer(findings(more), room)) as Answer;

describe("the answer of search_tools", () => {
  it("has the best match with its whole schema, the others without", () => {
    const { matches, withheld } = answer();

    expect(matches[0]).to.deep.include({ id: "server__tool_0", inputSchema: { type: "object" } });
    expect(matches[1]).to.not.have.property("inputSchema");
    expect(withheld).to.equal(undefined);
  });

  it("counts what does not fit or was not asked for", () => {
    const many = Array.from({ length: 25 }, (_, at) => match(at, 250));

    const { matches, withheld, total } = answer({ matches: many, total: 300 });

    expect(matches.length).to.be.within(2, 24);
    expect(withheld).to.deep.equal({ beyond_limit: total - matches.length });
  });

  it("leaves a schema that is too large to describe_tools", () => {
    const bestSchema = { type: "object", description: "x".repeat(5_000) };

    const { matches } = answer({ bestSchema });

    expect(matches).to.have.length(2);
    expect(matches[0]?.inputSchema).to.include("describe_tools");
  });

  it("says honestly that nothing matches", () => {
    const nothing = { matches: [], bestSchema: undefined, best: undefined, total: 0 };

    expect(answer(nothing).note).to.equal(
      "No tool matches. Try other or fewer words; the servers are: a, b.",
    );
    expect(answer({ ...nothing, searched: 0, servers: [] }).note).to.equal("There are no tools to search.");
  });

  it("says what is withheld because its server is down", () => {
    const down = { matches: 3, servers: [{ server: "b", reason: "upstream_unavailable" }] };

    expect(answer({ down }).withheld).to.deep.equal({
      on_servers_that_are_down: 3,
      down: [{ server: "b", reason: "upstream_unavailable" }],
    });
    expect(answer({ down, matches: [], total: 0 }).note).to.include("Nothing that can be called now matches");
  });

  it("says that matches are weak", () => {
    expect(answer({ best: { confidence: 0.01 } }).note).to.match(/^Only weak matches/);
    expect(answer().note).to.match(/^Call one with call_tool/);
  });

  it("is never longer than it may be", () => {
    assert(
      property(
        array(nat(280), { maxLength: 25 }),
        nat(20_000),
        integer({ min: 1_000, max: 10_000 }),
        (lengths, schema, room) => {
          const matches = lengths.map((length, at) => match(at, length));
          const bestSchema = { description: "x".repeat(schema) };
          const text = searchAnswer(findings({ matches, bestSchema, total: 1_000_000 }), room);
          expect(text.length).to.be.at.most(room);
        },
      ),
    );
  });
});
