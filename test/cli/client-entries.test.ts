import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { banner } from "../../src/cli/banner.ts";
import { CLIENT_ENTRIES } from "../../src/cli/client-entries.ts";
import { Output } from "../../src/cli/output.ts";
import { CLIENTS, readClientConfig } from "../../src/config/config.ts";
import { CommandLine, fakeGateway } from "../support/command-line.ts";

const input = {
  url: "http://127.0.0.1:4470",
  key: "swg_a_b_c",
  launch: ["/usr/bin/node", "/opt/my apps/main.js"],
} as const;

describe("client entries", () => {
  it("exist for every client", () => {
    expect(Object.keys(CLIENT_ENTRIES).sort()).to.deep.equal([...CLIENTS].sort());
  });

  for (const client of CLIENTS) {
    it(`say what to do with that of ${client}`, () => {
      const { how, text, kind } = CLIENT_ENTRIES[client](input);

      expect(how).to.match(/:$/);
      if (kind === "json") expect(JSON.parse(text)).to.be.an("object");
      else expect(text).not.to.contain("\n");
    });

    it(`show where the key goes for ${client}, or need none`, () => {
      const { text } = CLIENT_ENTRIES[client]({ ...input, key: undefined });

      expect(text.includes("<api key>")).to.equal(client !== "claude-desktop");
      expect(text).not.to.contain("undefined");
    });
  }

  it("give a command that a shell splits into the words that were meant", () => {
    const { text } = CLIENT_ENTRIES["claude-code"]({ ...input, key: 'a"b$HOME`id`\\c' });
    const shell = `claude() { printf '%s\\n' "$@"; }; ${text}`;

    const words = execFileSync("/bin/sh", ["-c", shell], { encoding: "utf8" }).trimEnd().split("\n");

    expect(words).to.deep.equal([
      "mcp",
      "add",
      "--transport",
      "http",
      "switchgear",
      "http://127.0.0.1:4470/mcp",
      "--header",
      'Authorization: Bearer a"b$HOME`id`\\c',
    ]);
  });

  it("are recognised as our own by an import", () => {
    const folder = mkdtempSync(join(tmpdir(), "sg-entry-"));
    const machine = { platform: "linux", home: folder, cwd: folder, env: {} };
    for (const client of ["claude-desktop", "vscode", "cursor"] as const) {
      const file = join(folder, `${client}.json`);
      writeFileSync(file, CLIENT_ENTRIES[client](input).text);
      expect(readClientConfig(file, machine).skipped, client).to.deep.equal([
        { name: "switchgear", reason: "it is this gateway itself" },
      ]);
    }
    rmSync(folder, { recursive: true });
  });
});

describe("banner", () => {
  const cli = new CommandLine();
  const out = (isTTY: boolean) =>
    new Output({ stdout: process.stdout, stderr: process.stderr, isTTY, env: {} }, false);
  const deps = { version: "1.0.0", launch: input.launch, env: {} };

  after(() => cli.remove());

  it("never shows the local key", () => {
    expect(banner(fakeGateway(input.url), deps, out(false))).not.to.contain("swg_local_key");
  });

  it("shows the admin key when it is new, also in the line for Claude Code", () => {
    const text = banner(fakeGateway(input.url, { adminKey: "swg_new" }), deps, out(false));

    expect(text.match(/swg_new/g)).to.have.length(2);
  });

  it("has the same words with and without colours", () => {
    // oxlint-disable-next-line no-control-regex
    const plain = banner(fakeGateway(input.url), deps, out(true)).replaceAll(/\u001B\[\d+m/g, "");

    expect(plain).to.equal(banner(fakeGateway(input.url), deps, out(false)));
  });
});
