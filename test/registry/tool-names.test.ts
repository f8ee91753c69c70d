import { expect } from "chai";
import * as fc from "fast-check";

import { ServerName } from "../../src/domain/server.ts";
import { publicIds, toolId } from "../../src/registry/tool-names.ts";
import { proves } from "../support/proves.ts";

const LONG = "a_tool_whose_name_is_so_long_that_it_cannot_be_kept_whole";
const serverName = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]|_[a-z0-9]){0,15}$/);
const toolName = fc.oneof(fc.string({ minLength: 1, maxLength: 80 }), fc.stringMatching(/^[a-z_]{1,60}$/));

describe("toolId", () => {
  it("joins server and name with two underscores", () => {
    expect(toolId("github", "create_issue")).to.equal("github__create_issue");
    expect(toolId("my-files", "Read-File_2")).to.equal("my-files__Read-File_2");
  });

  it("replaces what a client would refuse", () => {
    expect(toolId("db", "tables/list.all ✓")).to.equal("db__tables_list_all__");
  });

  it("cuts a long name to 48 characters and tells it from its neighbours by a hash", () => {
    proves("names.merged");
    const id = toolId("files", LONG);

    expect(id).to.match(/^files__a_tool_whose_name_is_so_long_\w+_[0-9a-f]{8}$/);
    expect(id).to.have.length(48);
    expect(toolId("files", `${LONG}2`)).to.not.equal(id);
  });

  it("keeps a name that fits exactly", () => {
    const name = "n".repeat(48 - "files__".length);

    expect(toolId("files", name)).to.equal(`files__${name}`);
    expect(toolId("files", `${name}n`)).to.match(/_[0-9a-f]{8}$/);
  });

  it("is valid for every client, and the same every time, whatever the upstream says", () => {
    proves("names.merged");
    fc.assert(
      fc.property(serverName, toolName, (server, name) => {
        const id = toolId(server, name);
        expect(id).to.match(/^[A-Za-z0-9_-]{1,48}$/);
        expect(toolId(server, name)).to.equal(id);
      }),
    );
  });

  it("never gives two servers one id", () => {
    fc.assert(
      fc.property(serverName, toolName, serverName, toolName, (a, x, b, y) => {
        fc.pre(a !== b && ServerName.safeParse(a).success && ServerName.safeParse(b).success);
        expect(toolId(a, x)).to.not.equal(toolId(b, y));
      }),
    );
    expect(ServerName.safeParse("a_").success, "else a_ + __x would be a + ___x").to.equal(false);
    expect(ServerName.safeParse("a__b").success).to.equal(false);
  });
});

describe("publicIds", () => {
  it("gives a plain name its plain id, and those that would take it a hash", () => {
    const ids = publicIds("db", ["list.all", "list_all", "list/all"]);

    expect(ids.get("list_all")).to.equal("db__list_all");
    expect(ids.get("list.all")).to.match(/^db__list_all_[0-9a-f]{8}$/);
    expect(ids.get("list/all")).to.match(/^db__list_all_[0-9a-f]{8}$/);
    expect(new Set(ids.values()).size).to.equal(3);
  });

  it("leaves a changed name without a hash while nobody else wants it", () => {
    expect(publicIds("db", ["list.all", "other"]).get("list.all")).to.equal("db__list_all");
  });

  it("does not depend on the order of the list", () => {
    const names = ["a.b", "a/b", "a_b", LONG, "c"];

    const forward = publicIds("s", names);
    const backward = publicIds("s", names.toReversed());

    for (const name of names) expect(backward.get(name), name).to.equal(forward.get(name));
  });

  it("stays unique when an upstream names a tool like another one's hash", () => {
    const hashed = (publicIds("s", ["a.b", "a_b"]).get("a.b") ?? "").slice("s__".length);

    const ids = publicIds("s", ["a.b", "a_b", hashed]);

    expect(ids.get(hashed)).to.equal(`s__${hashed}`);
    expect(new Set(ids.values()).size).to.equal(3);
  });

  it("is unique and valid for every list of names", () => {
    fc.assert(
      fc.property(serverName, fc.uniqueArray(toolName, { maxLength: 30 }), (server, names) => {
        const ids = [...publicIds(server, names).values()];
        expect(new Set(ids).size).to.equal(names.length);
        for (const id of ids) expect(id).to.match(/^[A-Za-z0-9_-]{1,48}$/);
      }),
    );
  });
});
