import { expect } from "chai";

import { HTTP_TOOL_META } from "../../src/domain/http-tool-definition.ts";
import { EMPTY_OFFERING } from "../../src/domain/offering.ts";
import { CUSTOM_SERVER, type Server, ServerSettings } from "../../src/domain/server.ts";
import { buildPart } from "../../src/registry/catalog-part.ts";
import { aServer, aTool, offers } from "../support/open-registry.ts";
import { proves } from "../support/proves.ts";

const withGateway = (gateway: object): Server => aServer("files", { gateway });
const names = (part: ReturnType<typeof buildPart>): string[] => [...part.tools.keys()];

describe("buildPart", () => {
  it("keeps a definition as the upstream wrote it, unknown fields included", () => {
    const definition = aTool("read", { title: "Read", "x-own": { deep: [1, 2] }, _meta: { a: 1 } });

    const tool = buildPart(aServer("files"), offers(definition)).tools.get("read");

    expect(tool?.definition).to.equal(definition);
    expect(tool).to.include({ id: "files__read", server: "files", name: "read", description: "Does read" });
    expect(tool?.hash).to.match(/^[0-9a-f]{64}$/);
  });

  it("believes hints only when they are booleans", () => {
    const sure = { readOnlyHint: true, idempotentHint: true, destructiveHint: true };
    const unsure = { readOnlyHint: "true", idempotentHint: 1, destructiveHint: {} };

    const { tools } = buildPart(
      aServer("files"),
      offers(
        aTool("a", { annotations: sure }),
        aTool("b", { annotations: unsure }),
        aTool("c", { annotations: "x" }),
      ),
    );

    expect(tools.get("a")).to.include({ readOnly: true, idempotent: true, destructive: true });
    expect(tools.get("b")).to.include({ readOnly: false, idempotent: false, destructive: false });
    expect(tools.get("c")).to.include({ readOnly: false, idempotent: false, destructive: false });
  });

  it("hashes equal definitions alike, whatever the order of their keys", () => {
    const one = buildPart(aServer("files"), offers({ name: "t", a: 1, b: { c: 2, d: 3 } })).tools.get("t");
    const two = buildPart(aServer("files"), offers({ b: { d: 3, c: 2 }, a: 1, name: "t" })).tools.get("t");
    const three = buildPart(aServer("files"), offers({ name: "t", a: 2, b: { c: 2, d: 3 } })).tools.get("t");

    expect(one?.hash).to.equal(two?.hash);
    expect(one?.hash).to.not.equal(three?.hash);
  });

  it("shows only what the operator's globs let through; deny beats allow", () => {
    const offering = offers("read_file", "read_dir", "write_file", "delete_file");

    expect(names(buildPart(withGateway({ tools: { allow: ["read_*"] } }), offering))).to.deep.equal([
      "read_file",
      "read_dir",
    ]);
    expect(
      names(buildPart(withGateway({ tools: { deny: ["delete_*", "read_dir"] } }), offering)),
    ).to.deep.equal(["read_file", "write_file"]);
    expect(
      names(buildPart(withGateway({ tools: { allow: ["*_file"], deny: ["d*"] } }), offering)),
    ).to.deep.equal(["read_file", "write_file"]);
    expect(names(buildPart(withGateway({ tools: { allow: [] } }), offering))).to.deep.equal([]);
  });

  it("gives a tool the same id whether or not its neighbours are filtered out", () => {
    const offering = offers("a.b", "a_b");

    const all = buildPart(aServer("files"), offering).tools.get("a.b");
    const one = buildPart(withGateway({ tools: { deny: ["a_b"] } }), offering).tools.get("a.b");

    expect(one?.id).to.equal(all?.id);
  });

  it("counts the first of two definitions with one name, and leaves out those without", () => {
    const part = buildPart(
      aServer("files"),
      offers(aTool("t", { title: "first" }), aTool("t"), { title: "nameless" }),
    );

    expect(names(part)).to.deep.equal(["t"]);
    expect(part.tools.get("t")?.definition["title"]).to.equal("first");
  });

  it("keeps the very objects of tools that did not change", () => {
    const before = buildPart(aServer("files"), offers("a", "b"));
    const after = buildPart(
      aServer("files"),
      offers(aTool("a"), aTool("b", { description: "other" }), "c"),
      before,
    );

    expect(after.tools.get("a")).to.equal(before.tools.get("a"));
    expect(after.tools.get("b")).to.not.equal(before.tools.get("b"));
    expect(names(after)).to.deep.equal(["a", "b", "c"]);
  });

  it("keeps the order of before when an upstream lists the same in another one", () => {
    proves("lists.order");
    const before = buildPart(aServer("files"), offers("a", "b", "c"));
    const after = buildPart(aServer("files"), offers("c", "a", "b"), before);

    expect(names(after)).to.deep.equal(["a", "b", "c"]);
    expect(after.tools).to.equal(before.tools);
  });

  it("gives tools the tags of their server, and sees a change of them", () => {
    const before = buildPart(aServer("files"), offers("a"));
    const after = buildPart(withGateway({ tags: ["dev", "dev"] }), offers("a"), before);

    expect(after.tools.get("a")?.tags).to.deep.equal(["dev"]);
    expect(after.tools).to.not.equal(before.tools);
  });

  it("believes tags in _meta only of tools that were registered here", () => {
    const definition = aTool("t", { _meta: { [HTTP_TOOL_META]: { tags: ["sql", 7] } } });
    const custom: Server = {
      ...aServer(CUSTOM_SERVER),
      entry: { type: "http-tools", gateway: ServerSettings.parse({}) },
    };

    expect(buildPart(custom, offers(definition)).tools.get("t")?.tags).to.deep.equal(["sql"]);
    expect(buildPart(aServer("files"), offers(definition)).tools.get("t")?.tags).to.deep.equal([]);
  });

  it("names prompts by the rule of tools", () => {
    const part = buildPart(aServer("files"), {
      ...EMPTY_OFFERING,
      prompts: [{ name: "sum up" }, { name: "sum_up" }],
    });

    expect([...part.prompts.values()].map(({ id }) => id)).to.deep.equal([
      part.prompts.get("sum up")?.id,
      "files__sum_up",
    ]);
    expect(part.prompts.get("sum up")?.id).to.match(/^files__sum_up_[0-9a-f]{8}$/);
  });

  it("lists a template that cannot be parsed, without a matcher", () => {
    const part = buildPart(aServer("files"), {
      ...EMPTY_OFFERING,
      resourceTemplates: [{ uriTemplate: "x://{broken" }],
    });

    expect(part.templates.size).to.equal(1);
    expect(part.templates.get("x://{broken")?.matcher).to.equal(undefined);
  });
});
