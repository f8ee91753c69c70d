import { expect } from "chai";

import { NewHttpTool } from "../../src/domain/http-tool.ts";
import { CUSTOM_SERVER } from "../../src/domain/server.ts";
import { RegistryHarness } from "../support/open-registry.ts";
import { rejection } from "../support/refusal.ts";

function aTool(name: string, change: object = {}): NewHttpTool {
  return NewHttpTool.parse({
    name,
    description: `Does ${name}`,
    endpoint: "https://example.com/",
    ...change,
  });
}

describe("Registry: HTTP tools", () => {
  let harness: RegistryHarness;
  const registry = () => harness.registry;

  beforeEach(async () => {
    harness = await RegistryHarness.open();
  });
  afterEach(() => harness.close());

  it("bring the built-in server with them, and take it away again", async () => {
    await registry().addHttpTool(aTool("query"));
    const server = registry().getServer(CUSTOM_SERVER);
    const first = harness.takeEvents();
    await registry().removeHttpTool("query");

    expect(server).to.include({ name: "custom", source: "builtin", version: 1 });
    expect(server.entry.type).to.equal("http-tools");
    expect(first.map(({ kind }) => kind)).to.deep.equal(["server-added", "offering-changed"]);
    expect(registry().findServer(CUSTOM_SERVER)).to.equal(undefined);
    expect(harness.takeEvents().map(({ kind }) => kind)).to.deep.equal([
      "server-removed",
      "offering-changed",
    ]);
    expect(registry().catalog.tools).to.deep.equal([]);
  });

  it("are in the catalog like any other tool", async () => {
    await registry().addHttpTool(aTool("query", { tags: ["sql"], annotations: { readOnlyHint: true } }));

    const tool = registry().catalog.tool("custom__query");

    expect(tool).to.deep.include({ name: "query", server: "custom", readOnly: true, tags: ["sql"] });
    expect(registry().catalog.findTool("query")).to.equal(tool);
  });

  it("are listed in the order of their registration", async () => {
    for (const name of ["zebra", "ant"]) {
      await registry().addHttpTool(aTool(name));
      harness.now += 1_000;
    }

    expect(
      registry()
        .httpTools()
        .map(({ name }) => name),
    ).to.deep.equal(["zebra", "ant"]);
    expect(registry().catalog.tools.map(({ name }) => name)).to.deep.equal(["zebra", "ant"]);
  });

  it("outlive a restart, their headers sealed in between", async () => {
    const tool = await registry().addHttpTool(aTool("query", { headers: { "X-Key": "hunter2", Y: "${Y}" } }));
    const stored = JSON.stringify(await harness.storage.httpTools.list());

    await harness.reopen();

    expect(stored).to.not.include("hunter2");
    expect(registry().httpTools()).to.deep.equal([tool]);
    expect(registry().catalog.tool("custom__query")?.name).to.equal("query");
    expect(registry().getServer(CUSTOM_SERVER).source).to.equal("builtin");
  });

  it("refuse a name that is taken", async () => {
    await registry().addHttpTool(aTool("query"));

    const error = await rejection(() => registry().addHttpTool(aTool("query")));

    expect(error.code).to.equal("conflict");
    expect(error.details).to.deep.equal({ tool: "query" });
  });

  it("are replaced as a whole, with a new revision and the old id", async () => {
    const before = await registry().addHttpTool(aTool("query", { headers: { A: "b" } }));
    harness.takeEvents();
    harness.now += 1_000;

    const after = await registry().replaceHttpTool("query", aTool("ask"), 1);

    expect(after).to.include({ id: before.id, revision: 2, name: "ask", created_at: before.created_at });
    expect(after.updated_at).to.not.equal(before.updated_at);
    expect(after.headers).to.deep.equal({});
    expect(registry().catalog.tools.map(({ id }) => id)).to.deep.equal(["custom__ask"]);
    expect(harness.takeEvents().map(({ kind }) => kind)).to.deep.equal(["offering-changed"]);
    await harness.reopen();
    expect(registry().httpTools()).to.deep.equal([after]);
  });

  it("announce nothing when only what callers cannot see is replaced", async () => {
    await registry().addHttpTool(aTool("query"));
    harness.takeEvents();

    await registry().replaceHttpTool("query", aTool("query", { endpoint: "https://elsewhere.example/" }));

    expect(registry().httpTools()[0]?.endpoint).to.equal("https://elsewhere.example/");
    expect(harness.takeEvents()).to.deep.equal([]);
  });

  it("refuse a replacement by somebody who saw an older revision, or that takes another's name", async () => {
    await registry().addHttpTool(aTool("query"));
    await registry().addHttpTool(aTool("other"));
    await registry().replaceHttpTool("query", aTool("query", { description: "first" }));

    const late = await rejection(() => registry().replaceHttpTool("query", aTool("query"), 1));
    const taken = await rejection(() => registry().replaceHttpTool("query", aTool("other")));

    expect(late.details).to.deep.equal({ tool: "query", revision: 2 });
    expect(taken.code).to.equal("conflict");
  });

  it("are found by id as well as by name", async () => {
    const { id } = await registry().addHttpTool(aTool("query"));

    expect((await registry().replaceHttpTool(id, aTool("query", { version: "2" }))).version).to.equal("2");
    await registry().removeHttpTool(id);
    expect(registry().httpTools()).to.deep.equal([]);
  });

  it("are unknown when they do not exist", async () => {
    const replaced = await rejection(() => registry().replaceHttpTool("ghost", aTool("ghost")));
    const removed = await rejection(() => registry().removeHttpTool("ghost"));

    expect([replaced.code, removed.code]).to.deep.equal(["tool_not_found", "tool_not_found"]);
  });

  it("refuse schemas that no MCP tool can have, at both doors", async () => {
    await registry().addHttpTool(aTool("query"));
    const bad = aTool("bad", { schema: { input: { type: "array" } } });

    const added = await rejection(() => registry().addHttpTool(bad));
    const replaced = await rejection(() => registry().replaceHttpTool("query", bad));

    expect([added.code, replaced.code]).to.deep.equal(["invalid_request", "invalid_request"]);
    expect(registry().httpTools()).to.have.length(1);
  });

  it("refuse more tools than an upstream may have", async () => {
    await harness.reopen({ limits: { toolsPerUpstream: 1 } });
    await registry().addHttpTool(aTool("one"));

    expect((await rejection(() => registry().addHttpTool(aTool("two")))).code).to.equal("conflict");
  });
});
