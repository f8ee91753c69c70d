import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { readLocalKey, readState, removeState, writeState } from "../../src/cli/state-files.ts";

describe("state files", () => {
  let root: string;
  let folder: string;
  const state = { url: "http://127.0.0.1:4470", pid: 42, started_at: "2026-01-01T00:00:00.000Z" };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "sg-state-"));
    folder = join(root, "deep", "data");
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("are written and read back", () => {
    writeState(folder, state, "key");

    expect(readState(folder)).to.deep.equal(state);
    expect(readLocalKey(folder)).to.equal("key");
  });

  it("are for the owner only, also where looser ones were before", () => {
    mkdirSync(folder, { recursive: true });
    for (const name of ["gateway.json", "local-key"])
      writeFileSync(join(folder, name), "old", { mode: 0o666 });

    writeState(folder, state, "key");

    for (const name of ["gateway.json", "local-key"])
      expect(statSync(join(folder, name)).mode & 0o777).to.equal(0o600);
  });

  it("leave nothing half-written behind", () => {
    writeFileSync(join(root, "x"), "");
    writeState(folder, state, "one");
    writeState(folder, { ...state, pid: 43 }, "two");

    expect(readdirSync(folder).sort()).to.deep.equal(["gateway.json", "local-key"]);
    expect(readLocalKey(folder)).to.equal("two");
  });

  it("replace a temporary file that a killed process left", () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `local-key.${process.pid}.tmp`), "half");

    writeState(folder, state, "whole");

    expect(readFileSync(join(folder, "local-key"), "utf8")).to.equal("whole\n");
  });

  it("do not follow a link that somebody laid in their way", () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(root, "target"), "untouched");

    writeState(folder, state, "key");

    expect(readFileSync(join(root, "target"), "utf8")).to.equal("untouched");
  });

  it("are removed by the process that wrote them, and by no other", () => {
    writeState(folder, state, "key");

    removeState(folder, 41);
    expect(existsSync(join(folder, "gateway.json"))).to.equal(true);
    removeState(folder, 42);
    expect(readdirSync(folder)).to.deep.equal([]);
    expect(() => removeState(folder, 42)).not.to.throw();
  });

  it("are absent where there is no folder", () => {
    expect([readState(folder), readLocalKey(folder)]).to.deep.equal([undefined, undefined]);
  });

  for (const text of ["", "{", "[]", "null", "5", '{"url":5}', '{"url":"nonsense"}', '{"pid":1}']) {
    it(`are taken for none when they hold ${JSON.stringify(text)}`, () => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "gateway.json"), text);

      expect(readState(folder)).to.equal(undefined);
    });
  }
});
