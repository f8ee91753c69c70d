import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import { aTool, offers, RegistryHarness, stdio } from "../support/open-registry.ts";
import { rejection } from "../support/refusal.ts";

describe("Registry: offerings", () => {
  let harness: RegistryHarness;
  const registry = () => harness.registry;

  beforeEach(async () => {
    harness = await RegistryHarness.open();
    await registry().addServer("files", stdio(), "api");
    harness.takeEvents();
  });
  afterEach(() => harness.close());

  it("appear in the catalog and outlive a restart", async () => {
    await registry().replaceOffering("files", { ...offers("read", "write"), instructions: "Read first." });

    const again = await harness.reopen();

    expect(again.catalog.tools.map(({ id }) => id)).to.deep.equal(["files__read", "files__write"]);
    expect(again.offering("files")?.instructions).to.equal("Read first.");
    expect(again.offering("nobody")).to.equal(undefined);
  });

  it("say which lists changed", async () => {
    await registry().replaceOffering("files", offers("read"));
    await registry().replaceOffering("files", { ...offers("read"), prompts: [{ name: "p" }] });
    await registry().replaceOffering("files", {
      ...offers("read"),
      resourceTemplates: [{ uriTemplate: "x://{y}" }],
    });

    expect(harness.takeEvents()).to.deep.equal([
      { kind: "offering-changed", server: "files", tools: true, resources: false, prompts: false },
      { kind: "offering-changed", server: "files", tools: false, resources: false, prompts: true },
      { kind: "offering-changed", server: "files", tools: false, resources: true, prompts: true },
    ]);
  });

  it("change nothing, not even the catalog, when they are the same in another order", async () => {
    await registry().replaceOffering("files", offers("a", "b"));
    harness.takeEvents();
    const { catalog } = registry();

    await registry().replaceOffering("files", offers("b", aTool("a")));

    expect(registry().catalog).to.equal(catalog);
    expect(harness.takeEvents()).to.deep.equal([]);
  });

  it("are stored but not announced when only the keys of a definition are in another order", async () => {
    await registry().replaceOffering("files", offers({ name: "a", x: 1, y: 2 }));
    const tool = registry().catalog.tool("files__a");
    harness.takeEvents();

    await registry().replaceOffering("files", offers({ y: 2, x: 1, name: "a" }));

    expect(registry().catalog.tool("files__a")).to.equal(tool);
    expect(harness.takeEvents()).to.deep.equal([]);
  });

  it("are announced when no list but the instructions changed", async () => {
    await registry().replaceOffering("files", offers("a"));
    harness.takeEvents();

    await registry().replaceOffering("files", { ...offers("a"), instructions: "new" });

    expect(harness.takeEvents()).to.deep.equal([
      { kind: "offering-changed", server: "files", tools: false, resources: false, prompts: false },
    ]);
  });

  it("of a disabled server are kept but not shown", async () => {
    await registry().updateServer("files", (entry) => ({ ...entry, disabled: true }));

    await registry().replaceOffering("files", offers("a"));

    expect(registry().catalog.tools).to.deep.equal([]);
    expect(registry().offering("files")?.tools).to.have.length(1);
  });

  it("follow a change of the filter", async () => {
    await registry().replaceOffering("files", offers("read", "delete"));
    harness.takeEvents();

    await registry().updateServer("files", (entry) => ({
      ...entry,
      gateway: { ...entry.gateway, tools: { deny: ["delete"] } },
    }));

    expect(registry().catalog.tools.map(({ name }) => name)).to.deep.equal(["read"]);
    expect(harness.takeEvents().map(({ kind }) => kind)).to.deep.equal([
      "server-changed",
      "offering-changed",
    ]);
  });

  it("are dropped when the definition that was asked is no longer the one", async () => {
    const asked = registry().getServer("files");
    await registry().updateServer("files", () => stdio({ command: "other" }));

    await registry().replaceOffering("files", offers("old"), asked);
    await registry().replaceOffering("files", offers("new"), registry().getServer("files"));

    expect(registry().catalog.tools.map(({ name }) => name)).to.deep.equal(["new"]);
  });

  it("of an unknown server are refused", async () => {
    expect((await rejection(() => registry().replaceOffering("ghost", offers("a")))).code).to.equal(
      "server_not_found",
    );
  });

  it("are served although they cannot be stored, and stored with the next look", async () => {
    let down = true;
    const { offerings } = harness.storage;
    const flaky: typeof offerings = {
      ...offerings,
      put: async (id, offering) => {
        if (down) throw new GatewayError("storage_unavailable", "down");
        await harness.storage.offerings.put(id, offering);
      },
      list: () => harness.storage.offerings.list(),
    };
    await harness.reopen({ storage: { offerings: flaky } });

    await registry().replaceOffering("files", offers("a"));
    const whileDown = [registry().catalog.tools.length, (await harness.storage.offerings.list()).length];
    down = false;
    await registry().replaceOffering("files", offers("a"));

    expect(whileDown).to.deep.equal([1, 0]);
    expect(await harness.storage.offerings.list()).to.have.length(1);
    expect(harness.log.join("")).to.include("offering not stored");
  });
});
