import { expect } from "chai";
import Sqlite from "libsql";

import { GatewayError } from "../../src/domain/errors.ts";
import { http, offers, RegistryHarness, stdio } from "../support/open-registry.ts";
import { rejection, refusal } from "../support/refusal.ts";

describe("Registry", () => {
  let harness: RegistryHarness;
  const registry = () => harness.registry;
  const stored = (): string => {
    const database = new Sqlite(harness.url.slice("file:".length));
    const rows = ["servers", "offerings", "http_tools"].map((table) =>
      database.prepare(`select * from ${table}`).all([]),
    );
    database.close();
    return JSON.stringify(rows);
  };

  beforeEach(async () => {
    harness = await RegistryHarness.open();
  });
  afterEach(() => harness.close());

  describe("servers", () => {
    it("adds one durably, then announces it", async () => {
      const server = await registry().addServer("files", stdio(), "api");

      expect(server).to.include({
        name: "files",
        version: 1,
        source: "api",
        createdAt: "2026-03-01T10:00:00.000Z",
      });
      expect(server.id).to.match(/^srv_[0-9A-Z]{26}$/);
      expect(harness.takeEvents()).to.deep.equal([{ kind: "server-added", server: "files" }]);
      expect((await harness.reopen()).servers()).to.deep.equal([server]);
    });

    it("finds a server by name and by id", async () => {
      const server = await registry().addServer("files", stdio(), "api");

      expect(registry().findServer("files")).to.equal(server);
      expect(registry().getServer(server.id)).to.equal(server);
      expect(registry().findServer("other")).to.equal(undefined);
      expect(refusal(() => registry().getServer("other")).code).to.equal("server_not_found");
    });

    it("lists servers in order of name", async () => {
      for (const name of ["zoo", "Mail", "mail"]) await registry().addServer(name, stdio(), "api");

      expect(
        registry()
          .servers()
          .map(({ name }) => name),
      ).to.deep.equal(["Mail", "mail", "zoo"]);
    });

    it("refuses a name that is taken, and says which", async () => {
      await registry().addServer("files", stdio(), "api");

      const error = await rejection(() => registry().addServer("files", http(), "api"));

      expect(error.code).to.equal("conflict");
      expect(error.details).to.deep.equal({ server: "files" });
      expect(registry().getServer("files").entry.type).to.equal("stdio");
    });

    it("lets only one of two that come together have a name", async () => {
      const results = await Promise.allSettled(
        [1, 2].map(() => registry().addServer("files", stdio(), "api")),
      );

      expect(results.map(({ status }) => status).sort()).to.deep.equal(["fulfilled", "rejected"]);
      expect(harness.takeEvents()).to.have.length(1);
    });

    it("refuses a name under which tools of two servers could meet", async () => {
      for (const name of ["", "a__b", "a_", "a b", "../x", "x".repeat(40)]) {
        const error = await rejection(() => registry().addServer(name, stdio(), "api"));
        expect(error.code, name).to.equal("invalid_request");
      }
      expect(registry().servers()).to.deep.equal([]);
    });

    it("refuses the name of the built-in server", async () => {
      expect((await rejection(() => registry().addServer("custom", stdio(), "api"))).code).to.equal(
        "conflict",
      );
    });

    it("changes an entry, counts the version and announces it", async () => {
      await registry().addServer("files", stdio(), "api");
      harness.takeEvents();
      harness.now += 60_000;

      const changed = await registry().updateServer(
        "files",
        (entry) => ({ ...entry, description: "My files" }),
        1,
      );

      expect(changed).to.include({ version: 2, updatedAt: "2026-03-01T10:01:00.000Z" });
      expect(harness.takeEvents()).to.deep.equal([{ kind: "server-changed", server: "files" }]);
      expect((await harness.reopen()).getServer("files")).to.deep.equal(changed);
    });

    it("refuses a change by somebody who saw an older version", async () => {
      await registry().addServer("files", stdio(), "api");
      await registry().updateServer("files", (entry) => ({ ...entry, description: "first" }));

      const error = await rejection(() =>
        registry().updateServer("files", (entry) => ({ ...entry, description: "late" }), 1),
      );

      expect(error.code).to.equal("conflict");
      expect(error.details).to.deep.equal({ server: "files", version: 2 });
      expect(registry().getServer("files").entry.description).to.equal("first");
    });

    it("announces nothing when a change changes nothing", async () => {
      await registry().addServer("files", stdio(), "api");
      harness.takeEvents();

      const same = await registry().updateServer("files", (entry) => ({ ...entry }));

      expect(same.version).to.equal(1);
      expect(harness.takeEvents()).to.deep.equal([]);
    });

    it("leaves everything as it is when the change itself throws", async () => {
      await registry().addServer("files", stdio(), "api");

      const error = await rejection(() =>
        registry().updateServer("files", () => {
          throw new GatewayError("invalid_request", "no");
        }),
      );

      expect(error.code).to.equal("invalid_request");
      expect((await registry().addServer("next", stdio(), "api")).name).to.equal("next");
    });

    it("removes a server with all that it offered", async () => {
      await registry().addServer("files", stdio(), "api");
      await registry().replaceOffering("files", offers("read"));
      harness.takeEvents();

      await registry().removeServer("files");

      expect(registry().catalog.tools).to.deep.equal([]);
      expect(registry().offering("files")).to.equal(undefined);
      expect(harness.takeEvents()).to.deep.equal([
        { kind: "server-removed", server: "files" },
        { kind: "offering-changed", server: "files", tools: true, resources: false, prompts: false },
      ]);
      expect(stored()).to.equal("[[],[],[]]");
      expect((await rejection(() => registry().removeServer("files"))).code).to.equal("server_not_found");
    });

    it("takes a disabled server out of the catalog and puts it back", async () => {
      await registry().addServer("files", stdio(), "api");
      await registry().replaceOffering("files", offers("read"));
      harness.takeEvents();

      await registry().updateServer("files", (entry) => ({ ...entry, disabled: true }));
      const gone = registry().catalog.tool("files__read");
      await registry().updateServer("files", (entry) => ({ ...entry, disabled: false }));

      expect(gone).to.equal(undefined);
      expect(registry().catalog.tool("files__read")?.name).to.equal("read");
      expect(harness.takeEvents().map(({ kind }) => kind)).to.deep.equal([
        "server-changed",
        "offering-changed",
        "server-changed",
        "offering-changed",
      ]);
    });

    it("forgets an offering when the definition leads to another upstream, not when only its settings differ", async () => {
      await registry().addServer("remote", http(), "api");
      await registry().replaceOffering("remote", offers("read"));

      await registry().updateServer("remote", (entry) => ({ ...entry, headers: { A: "b" } }));
      const kept = registry().catalog.tools.length;
      await registry().updateServer("remote", () => http({ url: "https://elsewhere.example/mcp" }));

      expect(kept).to.equal(1);
      expect(registry().catalog.tools).to.deep.equal([]);
      expect((await harness.reopen()).catalog.tools).to.deep.equal([]);
    });

    it("announces nothing that could not be stored", async () => {
      const down = new GatewayError("storage_unavailable", "down");
      const insert = (): Promise<never> => Promise.reject(down);
      await harness.reopen({
        storage: { servers: { ...harness.storage.servers, list: async () => [], insert } },
      });

      const error = await rejection(() => registry().addServer("files", stdio(), "api"));

      expect(error.code).to.equal("storage_unavailable");
      expect(registry().servers()).to.deep.equal([]);
      expect(harness.takeEvents()).to.deep.equal([]);
    });
  });

  describe("secrets", () => {
    it("lie sealed in the database and plain in memory", async () => {
      await registry().addServer("files", stdio({ env: { TOKEN: "hunter2", HOME: "${HOME}" } }), "api");
      await registry().addServer("remote", http({ headers: { Authorization: "Bearer hunter2" } }), "api");
      await registry().syncConfig({ fromfile: stdio({ env: { KEY: "hunter2" } }) });

      expect(stored()).to.not.include("hunter2");
      expect(stored()).to.include("${HOME}");
      const again = await harness.reopen();
      expect(again.getServer("files").entry).to.have.deep.property("env", {
        TOKEN: "hunter2",
        HOME: "${HOME}",
      });
      expect(again.getServer("remote").entry).to.have.deep.property("headers", {
        Authorization: "Bearer hunter2",
      });
    });

    it("stop the start when the key is not theirs", async () => {
      await registry().addServer("files", stdio({ env: { TOKEN: "hunter2" } }), "api");

      const error = await rejection(() => harness.reopen({ key: Buffer.alloc(32, 8) }));

      expect(error.code).to.equal("config_invalid");
      expect(error.message).to.include("another key");
    });
  });

  it("goes on with what it can read when a stored definition is broken", async () => {
    await registry().addServer("good", stdio(), "api");
    await registry().addServer("bad", stdio(), "api");
    const database = new Sqlite(harness.url.slice("file:".length));
    database.prepare("update servers set entry = ? where name = 'bad'").run(['{"type":"telepathy"}']);
    database.close();

    await harness.reopen();

    expect(
      registry()
        .servers()
        .map(({ name }) => name),
    ).to.deep.equal(["good"]);
    expect(harness.log.join("")).to.include("stored server is unreadable");
  });
});
