import { expect } from "chai";

import { type HttpTool, NewHttpTool } from "../../src/domain/http-tool.ts";
import { EMPTY_OFFERING } from "../../src/domain/offering.ts";
import { type Server, ServerEntry } from "../../src/domain/server.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { type ApiKeyRow, openStorage, type Storage } from "../../src/storage/storage.ts";
import { rejection } from "../support/refusal.ts";
import { describeCallLog } from "./call-log-contract.ts";
import { describeIdempotency } from "./idempotency-contract.ts";
import { describeSessions } from "./session-store-contract.ts";
import { describeSettings } from "./setting-store-contract.ts";
import { describeVectors } from "./vector-contract.ts";

const AT = "2026-03-01T10:00:00.000Z";
const LATER = "2026-03-02T10:00:00.000Z";
export const silent = createLogger({ level: "silent", write: () => {} });

export function aServer(name: string, change: Partial<Server> = {}): Server {
  const entry = ServerEntry.parse({
    command: "node",
    args: ["server.js"],
    env: { TOKEN: 'quote " and é 😀' },
  });
  return {
    id: `srv_${name}`,
    name,
    version: 1,
    source: "api",
    entry,
    egress: "public",
    createdAt: AT,
    updatedAt: AT,
    ...change,
  };
}

function aTool(name: string, change: Partial<HttpTool> = {}): HttpTool {
  const definition = NewHttpTool.parse({
    name,
    description: "Says hello",
    endpoint: "https://example.com/{who}",
  });
  return { ...definition, id: `tool_${name}`, revision: 1, created_at: AT, updated_at: AT, ...change };
}

function aKey(id: string, change: Partial<ApiKeyRow> = {}): ApiKeyRow {
  return { id, name: "ci", role: "user", tenant: "default", hash: "ab".repeat(32), createdAt: AT, ...change };
}

/** What every storage must do. `newUrl` gives an empty database. */
export function describeStorage(name: string, newUrl: () => Promise<string>): void {
  describe(`Storage on ${name}`, function () {
    this.timeout(10_000);
    let url = "";
    let storage: Storage;

    before(async function () {
      this.timeout(60_000);
      url = await newUrl();
    });

    beforeEach(async () => {
      url = await newUrl();
      storage = await openStorage({ url, logger: silent });
    });

    afterEach(() => storage.close());

    const reopen = async (): Promise<void> => {
      await storage.close();
      storage = await openStorage({ url, logger: silent });
    };

    it("answers a ping", async () => {
      expect(await storage.ping()).to.equal(undefined);
    });

    it("keeps everything over a restart, and runs no migration twice", async () => {
      await storage.servers.insert(aServer("files"));
      await storage.settings.set("colour", "blue");

      await reopen();

      expect(await storage.servers.list()).to.deep.equal([aServer("files")]);
      expect(await storage.settings.get("colour")).to.equal("blue");
    });

    it("can be opened by two processes at the same moment", async () => {
      const empty = await newUrl();

      const opened = await Promise.all([1, 2, 3].map(() => openStorage({ url: empty, logger: silent })));

      await opened[0]?.servers.insert(aServer("files"));
      expect(await opened[2]?.servers.list()).to.have.length(1);
      await Promise.all(opened.map((each) => each.close()));
    });

    describe("servers", () => {
      it("gives back what was inserted, exactly", async () => {
        const http = ServerEntry.parse({ type: "http", url: "https://example.com/mcp", headers: { a: "b" } });
        const servers = [aServer("a"), aServer("b", { source: "config", entry: http, version: 7 })];

        for (const server of servers) await storage.servers.insert(server);

        expect(await storage.servers.list()).to.deep.equal(servers);
      });

      it("refuses a second server of the same name and source", async () => {
        await storage.servers.insert(aServer("files"));

        const error = await rejection(() => storage.servers.insert(aServer("files", { id: "srv_other" })));

        expect(error.code).to.equal("conflict");
        expect(error.message).to.equal('A server named "files" exists already.');
        expect(await storage.servers.list()).to.deep.equal([aServer("files")]);
      });

      it("keeps a server of the config beside one of the API that has the same name", async () => {
        await storage.servers.insert(aServer("files"));
        await storage.servers.insert(aServer("files", { id: "srv_config", source: "config" }));

        expect(await storage.servers.list()).to.have.length(2);
      });

      it("updates only the version that the caller has seen", async () => {
        await storage.servers.insert(aServer("files"));
        const next = aServer("files", { version: 2, updatedAt: LATER });
        await storage.servers.update(next, 1);

        const error = await rejection(() => storage.servers.update({ ...next, version: 3 }, 1));

        expect(error.code).to.equal("conflict");
        expect(await storage.servers.list()).to.deep.equal([next]);
      });

      it("refuses to update a server that is gone", async () => {
        const { code } = await rejection(() => storage.servers.update(aServer("ghost"), 1));
        expect(code).to.equal("conflict");
      });

      it("says whether there was something to remove", async () => {
        await storage.servers.insert(aServer("files"));

        expect(await storage.servers.remove("srv_files")).to.equal(true);
        expect(await storage.servers.remove("srv_files")).to.equal(false);
        expect(await storage.servers.list()).to.deep.equal([]);
      });

      it("loses none of many writes at once", async () => {
        const names = Array.from({ length: 30 }, (_, index) => `s${index}`);

        await Promise.all(names.map((each) => storage.servers.insert(aServer(each))));

        expect(await storage.servers.list()).to.have.length(30);
      });
    });

    describe("offerings", () => {
      it("replaces what was known and leaves other servers alone", async () => {
        const tools = [
          { name: "read", inputSchema: { type: "object" }, "x-own": { deep: [1, null, "\u0000"] } },
        ];
        await storage.offerings.put("srv_a", EMPTY_OFFERING);
        await storage.offerings.put("srv_b", EMPTY_OFFERING);

        await storage.offerings.put("srv_a", { ...EMPTY_OFFERING, tools, instructions: "Read first." });

        expect(await storage.offerings.list()).to.deep.equal([
          { serverId: "srv_a", offering: { ...EMPTY_OFFERING, tools, instructions: "Read first." } },
          { serverId: "srv_b", offering: EMPTY_OFFERING },
        ]);
      });

      it("holds a catalog of a thousand tools", async () => {
        const tools = Array.from({ length: 1_000 }, (_, index) => ({
          name: `t${index}`,
          description: "é".repeat(500),
        }));

        await storage.offerings.put("srv_a", { ...EMPTY_OFFERING, tools });

        expect((await storage.offerings.list())[0]?.offering.tools).to.deep.equal(tools);
      });

      it("removes without complaint, also what was never there", async () => {
        await storage.offerings.put("srv_a", EMPTY_OFFERING);
        await storage.offerings.remove("srv_a");
        await storage.offerings.remove("srv_a");

        expect(await storage.offerings.list()).to.deep.equal([]);
      });
    });

    describe("API keys", () => {
      it("finds a key by its id, with absent times absent", async () => {
        const full = aKey("k2", { expiresAt: LATER, lastUsedAt: AT, revokedAt: LATER, role: "admin" });
        await storage.apiKeys.insert(aKey("k1"));
        await storage.apiKeys.insert(full);

        expect(await storage.apiKeys.find("k1")).to.deep.equal(aKey("k1"));
        expect(await storage.apiKeys.find("k2")).to.deep.equal(full);
        expect(await storage.apiKeys.find("k3")).to.equal(undefined);
        expect(await storage.apiKeys.list()).to.deep.equal([aKey("k1"), full]);
      });

      it("takes an id for text, not for SQL", async () => {
        await storage.apiKeys.insert(aKey("k1"));

        expect(await storage.apiKeys.find("' or '1'='1")).to.equal(undefined);
        expect(await storage.apiKeys.revoke("' or '1'='1", AT)).to.equal(false);
      });

      it("revokes once and keeps the first time", async () => {
        await storage.apiKeys.insert(aKey("k1"));

        expect(await storage.apiKeys.revoke("k1", AT)).to.equal(true);
        expect(await storage.apiKeys.revoke("k1", LATER)).to.equal(false);
        expect((await storage.apiKeys.find("k1"))?.revokedAt).to.equal(AT);
        expect(await storage.apiKeys.revoke("k9", AT)).to.equal(false);
      });

      it("notes the last use", async () => {
        await storage.apiKeys.insert(aKey("k1"));

        await storage.apiKeys.touch("k1", LATER);

        expect((await storage.apiKeys.find("k1"))?.lastUsedAt).to.equal(LATER);
      });

      it("refuses an id that is taken", async () => {
        await storage.apiKeys.insert(aKey("k1"));

        expect((await rejection(() => storage.apiKeys.insert(aKey("k1")))).code).to.equal("conflict");
      });
    });

    describe("HTTP tools", () => {
      it("gives back what was inserted, exactly", async () => {
        const tool = aTool("hello", {
          headers: { "X-Key": "1" },
          schema: { input: { a: [1] }, output: {} },
          tags: ["x"],
        });
        await storage.httpTools.insert(tool);

        expect(await storage.httpTools.list()).to.deep.equal([tool]);
      });

      it("refuses a name that is taken, at insert and at rename", async () => {
        await storage.httpTools.insert(aTool("hello"));
        await storage.httpTools.insert(aTool("bye"));

        const inserted = await rejection(() => storage.httpTools.insert(aTool("hello", { id: "tool_2" })));
        const renamed = await rejection(() =>
          storage.httpTools.update({ ...aTool("hello"), id: "tool_bye" }, 1),
        );

        expect(inserted.code).to.equal("conflict");
        expect(renamed.message).to.equal('A tool named "hello" exists already.');
      });

      it("updates only the revision that the caller has seen", async () => {
        await storage.httpTools.insert(aTool("hello"));
        await storage.httpTools.update(aTool("hello", { revision: 2, description: "Waves" }), 1);

        const error = await rejection(() => storage.httpTools.update(aTool("hello", { revision: 2 }), 1));

        expect(error.code).to.equal("conflict");
        expect((await storage.httpTools.list())[0]?.description).to.equal("Waves");
      });

      it("says whether there was something to remove", async () => {
        await storage.httpTools.insert(aTool("hello"));

        expect(await storage.httpTools.remove("tool_hello")).to.equal(true);
        expect(await storage.httpTools.remove("tool_hello")).to.equal(false);
      });
    });

    describeSessions({ storage: () => storage, reopen });
    describeCallLog(() => storage);
    describeIdempotency({ storage: () => storage, reopen });
    describeVectors({ storage: () => storage, reopen });
    describeSettings({ storage: () => storage });
  });
}
