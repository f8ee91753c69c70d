import { expect } from "chai";

import { GatewayError } from "../../../src/domain/errors.ts";
import type { Place } from "../../../src/listing/listing.ts";
import { chosen, requireReadOnly } from "../../../src/mcp/meta-tools/choice.ts";
import { ListingLab } from "../../listing/listing-lab.ts";
import { aServer, aTool } from "../../support/open-registry.ts";

function choose(name: string, server?: string, place: Place = { kind: "all" }): string | GatewayError {
  const profiles = { short: { names: "short", servers: ["github"], tools: { deny: ["drop"] } } };
  const lab = new ListingLab({}, profiles);
  lab.offer("github", { tools: [aTool("create_issue"), aTool("list"), aTool("drop")] });
  lab.offer("files", { tools: [aTool("read/file"), aTool("list"), aTool("mcp__a__b")] });
  try {
    return chosen({ name, server }, lab.listing.at(place), () => ["github__create_issue"]).tool.id;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

const codeOf = (answer: string | GatewayError) => (answer instanceof GatewayError ? answer.code : answer);

describe("the tool that an agent means", () => {
  const meant: readonly (readonly [string, string | undefined, string])[] = [
    ["github__create_issue", undefined, "github__create_issue"],
    ["create_issue", undefined, "github__create_issue"],
    ["create_issue", "github", "github__create_issue"],
    ["github__create_issue", "github", "github__create_issue"],
    ["github/create_issue", undefined, "github__create_issue"],
    ["github.create_issue", undefined, "github__create_issue"],
    ["github:create_issue", undefined, "github__create_issue"],
    ["mcp__switchgear__github__create_issue", undefined, "github__create_issue"],
    ["mcp__a__b", undefined, "files__mcp__a__b"],
    ["files/read/file", undefined, "files__read_file"],
    ["list", "files", "files__list"],
  ];
  for (const [name, server, id] of meant)
    it(`is ${id} for ${name}${server === undefined ? "" : ` of ${server}`}`, () => {
      expect(choose(name, server)).to.equal(id);
    });

  it("is none where it could be two", () => {
    expect(codeOf(choose("list"))).to.equal("tool_not_found");
  });

  it("is never one of another server than the one that was named", () => {
    expect(codeOf(choose("github__create_issue", "files"))).to.equal("tool_not_found");
    expect(codeOf(choose("create_issue", "files"))).to.equal("tool_not_found");
  });

  it("is one that exists where the agent is, under any of its names", () => {
    const short: Place = { kind: "profile", profile: "short" };

    expect(choose("create_issue", undefined, short)).to.equal("github__create_issue");
    expect(choose("github__create_issue", undefined, short)).to.equal("github__create_issue");
    for (const name of ["files__list", "github__drop", "drop", "files/list"])
      expect(codeOf(choose(name, undefined, short)), name).to.equal("tool_not_found");
  });

  it("comes with the nearest names when there is none", () => {
    const refusal = choose("github__make_issue");

    expect(refusal).to.be.instanceOf(GatewayError);
    expect((refusal as GatewayError).message).to.equal(
      'There is no tool "github__make_issue" here. The nearest: github__create_issue.',
    );
    expect((refusal as GatewayError).executed).to.equal("not_executed");
  });

  it("is never one of the gateway's own", () => {
    const refusal = choose("call_tool");

    expect(codeOf(refusal)).to.equal("invalid_request");
    expect((refusal as GatewayError).message).to.include("called by itself");
  });
});

describe("a tool that only reads", () => {
  const refusalOf = (annotations: object, trusted: boolean): GatewayError | undefined => {
    const lab = new ListingLab();
    lab.offer("a", { tools: [aTool("x", { annotations: { ...annotations } })] });
    const tool = lab.catalog.tool("a__x") ?? expect.fail("no tool");
    try {
      requireReadOnly("a__x", tool, aServer("a", { gateway: { trusted } }));
      return undefined;
    } catch (error) {
      return error instanceof GatewayError ? error : expect.fail("another error");
    }
  };

  it("is marked so by a server that is trusted", () => {
    expect(refusalOf({ readOnlyHint: true }, true)).to.equal(undefined);
  });

  it("is not one that only a stranger marks so", () => {
    const refusal = refusalOf({ readOnlyHint: true }, false);

    expect(refusal?.code).to.equal("tool_not_read_only");
    expect(refusal?.message).to.include("the operator does not trust that server");
    expect(refusal?.fix.map(({ label }) => label).join(" ")).to.include("mcpServers.a.gateway.trusted");
  });

  it("is not one that nobody marks so", () => {
    for (const annotations of [{}, { readOnlyHint: false }, { readOnlyHint: "true" }]) {
      const refusal = refusalOf(annotations, true);
      expect(refusal?.message).to.include("does not mark it as read-only");
      expect(refusal?.fix[0]?.label).to.include("call_tool");
    }
  });
});
