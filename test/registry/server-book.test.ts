import { expect } from "chai";

import { http, offers, RegistryHarness, stdio } from "../support/open-registry.ts";
import { rejection } from "../support/refusal.ts";

describe("Registry: owners of servers", () => {
  let harness: RegistryHarness;
  const registry = () => harness.registry;
  const names = (): string[] =>
    registry()
      .servers()
      .map(({ name, source }) => `${name}:${source}`);

  beforeEach(async () => {
    harness = await RegistryHarness.open();
  });
  afterEach(() => harness.close());

  it("takes over what the config file says: new, changed and gone", async () => {
    await registry().syncConfig({ a: stdio(), b: http() });
    harness.takeEvents();

    const clashes = await registry().syncConfig({ b: http({ headers: { X: "1" } }), c: stdio() });

    expect(clashes).to.deep.equal([]);
    expect(names()).to.deep.equal(["b:config", "c:config"]);
    expect(registry().getServer("b").version).to.equal(2);
    expect(harness.takeEvents()).to.deep.equal([
      { kind: "server-changed", server: "b" },
      { kind: "server-added", server: "c" },
      { kind: "server-removed", server: "a" },
    ]);
  });

  it("keeps the id, the version and the offering of an entry that is as it was, over restarts", async () => {
    await registry().syncConfig({ a: stdio({ env: { TOKEN: "x" } }) });
    await registry().replaceOffering("a", offers("read"));
    const before = registry().getServer("a");
    await harness.reopen();
    harness.takeEvents();

    await registry().syncConfig({ a: stdio({ env: { TOKEN: "x" } }) });

    expect(registry().getServer("a")).to.deep.equal(before);
    expect(registry().catalog.tool("a__read")?.name).to.equal("read");
    expect(harness.takeEvents()).to.deep.equal([]);
  });

  it("does not touch what was added by API", async () => {
    await registry().addServer("mine", stdio(), "api");

    await registry().syncConfig({});

    expect(names()).to.deep.equal(["mine:api"]);
  });

  it("prefers the config's entry to a namesake of the API, which it hides but keeps", async () => {
    const mine = await registry().addServer("files", stdio(), "api");
    await registry().replaceOffering("files", offers("mine"));
    harness.takeEvents();

    const clashes = await registry().syncConfig({ files: http() });

    expect(clashes).to.deep.equal([{ name: "files", reason: "hides_api_server" }]);
    expect(harness.log.join("")).to.include("config entry clashes with another server");
    expect(names()).to.deep.equal(["files:config"]);
    expect(registry().findServer(mine.id)).to.equal(undefined);
    expect(registry().catalog.tools, "what the other one offered is not its own").to.deep.equal([]);
    expect(harness.takeEvents().map(({ kind }) => kind)).to.deep.equal([
      "server-changed",
      "offering-changed",
    ]);
  });

  it("shows the API's server again, with its tools, once the config's entry is gone", async () => {
    const mine = await registry().addServer("files", stdio(), "api");
    await registry().replaceOffering("files", offers("mine"));
    await registry().syncConfig({ files: http() });
    await harness.reopen();

    const clashes = await registry().syncConfig({});

    expect(clashes).to.deep.equal([]);
    expect(registry().getServer("files")).to.deep.equal(mine);
    expect(registry().catalog.tools.map(({ name }) => name)).to.deep.equal(["mine"]);
  });

  it("does not let a config entry take the name of the HTTP tools' server", async () => {
    const clashes = await registry().syncConfig({ custom: stdio(), other: stdio() });

    expect(clashes).to.deep.equal([{ name: "custom", reason: "reserved" }]);
    expect(names()).to.deep.equal(["other:config"]);
  });

  it("changes and removes only servers of the API", async () => {
    await registry().syncConfig({ fixed: stdio() });
    await registry().addServer("demo", stdio(), "builtin");

    for (const name of ["fixed", "demo"]) {
      const changed = await rejection(() =>
        registry().updateServer(name, (entry) => ({ ...entry, disabled: true })),
      );
      const removed = await rejection(() => registry().removeServer(name));
      expect([changed.code, removed.code], name).to.deep.equal(["managed_by_config", "managed_by_config"]);
      expect(removed.fix).to.have.length(1);
    }
    expect(names()).to.deep.equal(["demo:builtin", "fixed:config"]);
  });

  it("keeps a built-in server out of the database, but not what it offered", async () => {
    await registry().addServer("demo", stdio(), "builtin");
    await registry().replaceOffering("demo", offers("echo"));
    await harness.reopen();

    const atStart = names();
    await registry().addServer("demo", stdio({ args: ["--new"] }), "builtin");

    expect(atStart).to.deep.equal([]);
    expect(registry().catalog.tool("demo__echo")?.name).to.equal("echo");
  });

  it("gives a built-in server way to a namesake of the config", async () => {
    await registry().addServer("demo", stdio(), "builtin");

    await registry().syncConfig({ demo: http() });

    expect(names()).to.deep.equal(["demo:config"]);
    expect((await rejection(() => registry().addServer("demo", stdio(), "builtin"))).code).to.equal(
      "conflict",
    );
  });

  it("announces what was stored before the store failed", async () => {
    const { servers } = harness.storage;
    let writes = 0;
    await harness.reopen({
      storage: {
        servers: {
          ...servers,
          list: async () => [],
          insert: async () => {
            writes++;
            if (writes === 2) throw new TypeError("cable pulled");
          },
        },
      },
    });

    const failure: unknown = await registry()
      .syncConfig({ a: stdio(), b: stdio() })
      .catch((error: unknown) => error);

    expect(failure).to.be.instanceOf(TypeError);
    expect(names()).to.deep.equal(["a:config"]);
    expect(harness.takeEvents()).to.deep.equal([{ kind: "server-added", server: "a" }]);
  });
});
