import { expect } from "chai";

import { LOG_LEVELS, allows, isLogLevel, shownLog } from "../../src/mcp/log-levels.ts";

describe("log levels", () => {
  it("lets messages pass that are as severe as asked for, or more so", () => {
    for (const [rank, level] of LOG_LEVELS.entries()) {
      const passing = LOG_LEVELS.filter((message) => allows(level, message));

      expect(passing, level).to.deep.equal(LOG_LEVELS.slice(rank));
    }
  });

  it("lets everything pass for a client that never set a level", () => {
    expect(LOG_LEVELS.every((message) => allows(undefined, message))).to.equal(true);
    expect(allows(undefined, undefined)).to.equal(true);
    expect(allows(undefined, "loud")).to.equal(true);
  });

  it("takes a message of an unknown level, or without one, as info", () => {
    for (const message of ["loud", "", undefined]) {
      expect(allows("debug", message), String(message)).to.equal(true);
      expect(allows("info", message), String(message)).to.equal(true);
      expect(allows("notice", message), String(message)).to.equal(false);
    }
  });

  it("knows its eight levels and nothing else", () => {
    expect(LOG_LEVELS.every(isLogLevel)).to.equal(true);
    for (const odd of ["Debug", "warn", "", 3, null, undefined, {}]) expect(isLogLevel(odd)).to.equal(false);
  });
});

describe("a log message as an endpoint shows it", () => {
  const all = { kind: "all" } as const;

  it("carries the server's name in front where all servers speak", () => {
    const params = { level: "info", logger: "db", data: { rows: 3 }, _meta: { kept: true } };

    const shown = shownLog(all, "mail", params);

    expect(shown).to.deep.equal({ ...params, logger: "mail/db" });
    expect(params.logger).to.equal("db");
  });

  it("carries the server's name alone when the server names no logger", () => {
    expect(shownLog(all, "mail", { level: "info", data: "x" })).to.deep.equal({
      level: "info",
      data: "x",
      logger: "mail",
    });
    expect(shownLog(all, "mail", { data: "x", logger: 7 })).to.include({ logger: "mail" });
  });

  it("is verbatim on the server's own endpoint", () => {
    const params = { level: "info", logger: "db", data: "x" };

    expect(shownLog({ kind: "server", server: "mail" }, "mail", params)).to.equal(params);
  });
});
