import { expect } from "chai";

import { parseConfigText } from "../../src/config/config.ts";
import { refusal } from "../support/refusal.ts";

interface Given {
  readonly file?: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly overrides?: { readonly listen?: string; readonly dataDir?: string; readonly logLevel?: string };
}

/** The gateway section as it is in the end; the file lies in /etc/switchgear, the user stands in /work. */
const resolved = ({ file = {}, env = {}, overrides = {} }: Given) =>
  parseConfigText(JSON.stringify({ gateway: file }), {
    env,
    overrides,
    cwd: "/work",
    home: "/home/anna",
    file: "/etc/switchgear/switchgear.jsonc",
  }).gateway;

describe("the data folder", () => {
  for (const [what, given, dataDir] of [
    ["the default", {}, "/home/anna/.switchgear"],
    ["one in the file, from the file's folder", { file: { dataDir: "data" } }, "/etc/switchgear/data"],
    ["one in the home folder", { file: { dataDir: "~/data" } }, "/home/anna/data"],
    ["the home folder itself", { file: { dataDir: "~" } }, "/home/anna"],
    ["an absolute one", { file: { dataDir: "/var/lib/switchgear" } }, "/var/lib/switchgear"],
    [
      "one in the environment, from where the user stands",
      { env: { SWITCHGEAR_DATA: "data" } },
      "/work/data",
    ],
    ["one in the environment, in the home folder", { env: { SWITCHGEAR_DATA: "~/data" } }, "/home/anna/data"],
    ["one as an option, from where the user stands", { overrides: { dataDir: "../data" } }, "/data"],
    ["a name that begins with a tilde", { file: { dataDir: "~data" } }, "/etc/switchgear/~data"],
  ] as const) {
    it(`is ${what}`, () => {
      expect(resolved(given).dataDir).to.equal(dataDir);
    });
  }

  it("is refused when it is empty", () => {
    expect(refusal(() => resolved({ file: { dataDir: "" } })).message).to.contain("at least 1 characters");
  });
});

describe("the database", () => {
  for (const [what, given, database] of [
    ["in the data folder by default", {}, "file:/home/anna/.switchgear/switchgear.db"],
    ["in the data folder, wherever that is", { env: { SWITCHGEAR_DATA: "/d" } }, "file:/d/switchgear.db"],
    [
      "a file of its own, from the file's folder",
      { file: { database: "file:x.db" } },
      "file:/etc/switchgear/x.db",
    ],
    ["a file in the home folder", { file: { database: "file:~/x.db" } }, "file:/home/anna/x.db"],
    ["an absolute file", { file: { database: "file:/x.db" } }, "file:/x.db"],
    ["a file URL with three slashes", { file: { database: "file:///x.db" } }, "file:/x.db"],
    [
      "a file in the environment, from where the user stands",
      { env: { SWITCHGEAR_DATABASE_URL: "file:x.db" } },
      "file:/work/x.db",
    ],
    ["Postgres", { file: { database: "postgres://u:p@h/d" } }, "postgres://u:p@h/d"],
    [
      "Postgres by its other name",
      { env: { SWITCHGEAR_DATABASE_URL: "postgresql://h/d" } },
      "postgresql://h/d",
    ],
  ] as const) {
    it(`is ${what}`, () => {
      expect(resolved(given).database).to.equal(database);
    });
  }

  it("is not repeated when it is refused, for it may hold a password", () => {
    const error = refusal(() => resolved({ env: { SWITCHGEAR_DATABASE_URL: "mysql://root:geheim@h" } }));

    expect(error.message).not.to.contain("geheim");
  });
});

describe("the listen address", () => {
  it("comes from the option, then the variable, then the file", () => {
    const file = { listen: "127.0.0.1:1" };
    const env = { SWITCHGEAR_LISTEN: "127.0.0.1:2" };

    expect(resolved({ file, env, overrides: { listen: "127.0.0.1:3" } }).listen.port).to.equal(3);
    expect(resolved({ file, env }).listen.port).to.equal(2);
    expect(resolved({ file }).listen.port).to.equal(1);
  });

  it("needs no names for one address of this machine", () => {
    expect(resolved({ file: { listen: "192.168.1.5:4470" } }).listen.host).to.equal("192.168.1.5");
  });

  it("may be all addresses when the environment gives the names", () => {
    const env = { SWITCHGEAR_LISTEN: "0.0.0.0:80", SWITCHGEAR_ALLOWED_HOSTS: "gw.example.com" };

    expect(resolved({ env })).to.deep.include({
      listen: { host: "0.0.0.0", port: 80 },
      allowedHosts: ["gw.example.com"],
    });
  });

  it("names the option, the variable or the place that is wrong", () => {
    const place = (given: Given) => refusal(() => resolved(given)).message.split(":")[0];

    expect(place({ overrides: { listen: "x" } })).to.equal("--listen");
    expect(place({ env: { SWITCHGEAR_LISTEN: "x" } })).to.equal("SWITCHGEAR_LISTEN");
    expect(place({ file: { listen: "x" } })).to.equal("/etc/switchgear/switchgear.jsonc");
    expect(place({ overrides: { logLevel: "x" } })).to.equal("--log-level");
  });
});

describe("the limits", () => {
  it("take the times of a call from the calls section", () => {
    const { limits } = resolved({ file: { calls: { timeout: "1s", maxTimeout: "2s" } } });

    expect(limits).to.include({ callMs: 1_000, callMaxMs: 2_000 });
  });

  it("take units for every time and size", () => {
    const sizes = [
      "requestBytes",
      "replyBytes",
      "sseEventBytes",
      "schemaBytes",
      "descriptionBytes",
      "headerBytes",
    ] as const;
    const times = ["headersMs", "bodyMs", "keepAliveMs", "drainMs", "connectMs", "sessionIdleMs"] as const;
    const file = Object.fromEntries([
      ...sizes.map((key) => [key, "2KiB"]),
      ...times.map((key) => [key, "2m"]),
    ]);

    const { limits } = resolved({ file: { limits: file } });

    for (const key of sizes) expect(limits[key], key).to.equal(2_048);
    for (const key of times) expect(limits[key], key).to.equal(120_000);
  });
});
