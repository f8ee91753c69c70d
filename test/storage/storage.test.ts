import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { expect } from "chai";
import Sqlite from "libsql";

import { openStorage } from "../../src/storage/storage.ts";
import { rejection } from "../support/refusal.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { aServer, describeStorage, silent } from "./storage-contract.ts";

const STORAGE = new URL("../../src/storage/storage.js", import.meta.url).href;
/** Counts up without end, and prints each number after it was acknowledged. */
const WRITER = `
  const [, storageModule, url] = process.argv;
  const { openStorage } = await import(storageModule);
  const storage = await openStorage({ url, logger: console });
  for (let n = 1; ; n++) {
    await storage.settings.set("last", String(n));
    process.stdout.write(n + "\\n");
    if (n % 10 === 0) await new Promise(setImmediate);
  }
`;

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describeStorage("SQLite", async () => `file:${join(temporaryFolder(), "data", "switchgear.db")}`);

describe("openStorage on a file", () => {
  it("makes the folder and the file for its owner alone", async () => {
    const file = join(temporaryFolder(), "deep", "data", "switchgear.db");

    const storage = await openStorage({ url: `file:${file}`, logger: silent });
    await storage.servers.insert(aServer("files"));

    expect(storage.kind).to.equal("sqlite");
    expect(mode(join(file, ".."))).to.equal("700");
    expect(mode(file)).to.equal("600");
    expect(mode(`${file}-wal`)).to.equal("600");
    await storage.close();
  });

  it("takes rights away from others that a file had given them", async () => {
    const file = join(temporaryFolder(), "switchgear.db");
    writeFileSync(file, "");
    chmodSync(file, 0o644);

    await (await openStorage({ url: `file:${file}`, logger: silent })).close();

    expect(mode(file)).to.equal("600");
  });

  it("opens a path with spaces and percent signs", async () => {
    const file = join(temporaryFolder(), "my data 100%", "a b.db");

    await (await openStorage({ url: pathToFileURL(file).href, logger: silent })).close();

    expect(existsSync(file)).to.equal(true);
  });

  it("uses a write-ahead log, so that another process can read meanwhile", async () => {
    const file = join(temporaryFolder(), "switchgear.db");
    const storage = await openStorage({ url: `file:${file}`, logger: silent });

    const other = new Sqlite(file);
    const journal = other.prepare("PRAGMA journal_mode").all([]);
    other.close();

    expect(journal).to.deep.equal([{ journal_mode: "wal" }]);
    await storage.close();
  });

  it("loses no acknowledged write when the process is killed", async function () {
    this.timeout(20_000);
    const url = `file:${join(temporaryFolder(), "switchgear.db")}`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", WRITER, STORAGE, url], {
      stdio: "pipe",
    });
    let acknowledged = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      acknowledged += text;
      if (acknowledged.length > 500) child.kill("SIGKILL");
    });
    await once(child, "close");

    const storage = await openStorage({ url, logger: silent });
    const written = await storage.settings.get("last");
    await storage.close();

    const last = acknowledged.trim().split("\n").at(-1);
    expect(Number(last)).to.be.greaterThan(50);
    expect(Number(written)).to.be.at.least(Number(last));
  });

  it("refuses a file that is no database, and says so in a sentence", async () => {
    const file = join(temporaryFolder(), "switchgear.db");
    writeFileSync(file, "This is not a database, it is a text about one. ".repeat(100));

    const error = await rejection(() => openStorage({ url: `file:${file}`, logger: silent }));

    expect(error.code).to.equal("storage_unavailable");
    expect(error.message).to.not.include("SQLITE");
  });

  it("refuses a path that is a folder", async () => {
    const folder = join(temporaryFolder(), "switchgear.db");
    mkdirSync(folder);

    const error = await rejection(() => openStorage({ url: `file:${folder}`, logger: silent }));

    expect(error.code).to.equal("storage_unavailable");
    expect(error.message).to.equal(`The database file:${folder} cannot be opened.`);
  });

  it("refuses a URL of another kind", async () => {
    for (const url of ["mysql://localhost/x", "/tmp/plain/path", ""]) {
      const error = await rejection(() => openStorage({ url, logger: silent }));
      expect(error.code, url).to.equal("config_invalid");
    }
  });

  it("refuses the database of a newer version and leaves it as it is", async () => {
    const url = `file:${join(temporaryFolder(), "switchgear.db")}`;
    await (await openStorage({ url, logger: silent })).close();
    const database = new Sqlite(url.slice("file:".length));
    database.exec("insert into migrations (name, applied_at) values ('9999-future', '2030-01-01')");
    database.close();

    const error = await rejection(() => openStorage({ url, logger: silent }));

    expect(error.message).to.equal("The database was written by a newer version of Switchgear.");
    expect(error.details).to.deep.equal({ unknown_migrations: ["9999-future"] });
  });

  it("says that the store is unavailable once it is closed", async () => {
    const storage = await openStorage({ url: `file:${join(temporaryFolder(), "a.db")}`, logger: silent });
    await storage.close();

    const error = await rejection(() => storage.servers.list());

    expect(error.code).to.equal("storage_unavailable");
    expect(error.retryable).to.equal(true);
  });
});
