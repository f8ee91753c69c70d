import { expect } from "chai";

import { openStorage } from "../../src/storage/storage.ts";
import { hasPostgres, postgres } from "../support/postgres.ts";
import { rejection } from "../support/refusal.ts";
import { aServer, describeStorage, silent } from "./storage-contract.ts";

if (hasPostgres()) {
  describeStorage("Postgres", async () => (await postgres()).newDatabase());

  describe("openStorage on Postgres", function () {
    this.timeout(30_000);

    it("fails while the database is down and works again once it is back", async () => {
      const server = await postgres();
      const storage = await openStorage({ url: await server.newDatabase(), logger: silent });
      await storage.servers.insert(aServer("before"));

      await server.stop();
      const ping = await rejection(() => storage.ping());
      const write = await rejection(() => storage.servers.insert(aServer("during")));
      await server.start();
      await storage.servers.insert(aServer("after"));

      expect(ping.code).to.equal("storage_unavailable");
      expect(write.code).to.equal("storage_unavailable");
      expect((await storage.servers.list()).map(({ name }) => name)).to.have.members(["before", "after"]);
      await storage.close();
    });

    it("refuses an address where no database is, without naming its password", async () => {
      const url = "postgres://admin:hunter2-secret@127.0.0.1:1/none";

      const error = await rejection(() => openStorage({ url, logger: silent }));

      expect(error.code).to.equal("storage_unavailable");
      expect(JSON.stringify([error.message, error.details, error.fix])).to.not.include("hunter2");
    });

    it("says which kind it is", async () => {
      const storage = await openStorage({ url: await (await postgres()).newDatabase(), logger: silent });

      expect(storage.kind).to.equal("postgres");
      await storage.close();
    });
  });
}
