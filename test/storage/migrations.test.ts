import { join } from "node:path";

import { expect } from "chai";
import Sqlite from "libsql";

import { openStorage } from "../../src/storage/storage.ts";
import { rejection } from "../support/refusal.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { aServer, silent } from "./storage-contract.ts";

describe("migrations", () => {
  let file: string;
  const open = () => openStorage({ url: `file:${file}`, logger: silent });
  const tables = (): string[] => {
    const database = new Sqlite(file);
    const rows = database
      .prepare("select name from sqlite_master where type = 'table' order by name")
      .all([]);
    database.close();
    return rows.map((row) => (row as { name: string }).name);
  };

  beforeEach(() => {
    file = join(temporaryFolder(), "switchgear.db");
  });

  it("make all tables in an empty database, and note that they did", async () => {
    await (await open()).close();

    const database = new Sqlite(file);
    const applied = database.prepare("select name from migrations").all([]);
    database.close();

    expect(tables()).to.deep.equal([
      "api_keys",
      "calls",
      "gateway_instances",
      "http_tools",
      "idempotency_keys",
      "mcp_sessions",
      "migrations",
      "offerings",
      "servers",
      "settings",
      "tool_vectors",
    ]);
    const names = ["0001-first", "0002-sessions", "0003-vectors", "0004-calls"];
    expect(applied).to.deep.equal(names.map((name) => ({ name })));
  });

  it("add what a database of an earlier version lacks, and keep what it has", async () => {
    const first = await open();
    await first.servers.insert(aServer("files"));
    await first.close();
    const database = new Sqlite(file);
    database.exec("drop table mcp_sessions; delete from migrations where name = '0002-sessions'");
    database.close();

    const storage = await open();

    expect(await storage.servers.list()).to.have.length(1);
    expect(await storage.sessions.find(["any"])).to.deep.equal([]);
    await storage.close();
  });

  it("leave nothing behind when they fail half-way, so that a repaired database starts clean", async () => {
    const database = new Sqlite(file);
    database.exec("create table api_keys (something_else text)");

    const error = await rejection(open);
    const afterFailure = tables();
    database.exec("drop table api_keys");
    database.close();
    const storage = await open();
    await storage.servers.insert(aServer("files"));

    expect(error.code).to.equal("storage_unavailable");
    expect(afterFailure, "neither servers nor migrations").to.deep.equal(["api_keys"]);
    expect(await storage.servers.list()).to.have.length(1);
    await storage.close();
  });

  it("wait for another process that is writing, for some seconds", async function () {
    this.timeout(20_000);
    const other = new Sqlite(file);
    other.exec("begin immediate");

    const error = await rejection(open);
    other.exec("rollback");
    other.close();
    const storage = await open();

    expect(error.code).to.equal("storage_unavailable");
    expect(error.retryable).to.equal(true);
    expect(await storage.ping()).to.equal(undefined);
    await storage.close();
  });
});
