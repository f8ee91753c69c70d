import { expect } from "chai";

import { CommandLine } from "../support/command-line.ts";

const COMMANDS = [
  ["serve"],
  ["stdio"],
  ["add"],
  ["import"],
  ["connect"],
  ["ls"],
  ["rm"],
  ["status"],
  ["search"],
  ["describe"],
  ["call"],
  ["calls"],
  ["why"],
  ["key", "create"],
  ["key", "ls"],
  ["key", "rm"],
  ["doctor"],
  ["cache", "show"],
  ["cache", "purge"],
] as const;

describe("the help", () => {
  const cli = new CommandLine();
  after(() => cli.remove());

  for (const words of COMMANDS) {
    const name = words.join(" ");

    it(`of ${name} tells what it does and the options that all commands have`, async () => {
      const { code, stdout, stderr } = await cli.run(...words, "--help");

      expect(code).to.equal(0);
      expect(stderr).to.equal("");
      expect(stdout).to.match(new RegExp(`^Usage: switchgear ${name}\\b`));
      for (const option of ["--json", "--url", "--config", "--data-dir", "--key"])
        expect(stdout).to.contain(option);
    });
  }

  it("describes every argument and option", async () => {
    for (const words of COMMANDS) {
      const { stdout } = await cli.run(...words, "--help");
      const bare = stdout
        .split("\n")
        .filter((line) => /^ {2}(?:-|<|\[|[a-z]+$)/.test(line) && !/ {2,}\S/.test(line.trim()));
      // A long flag has its description on the next line.
      expect(
        bare.filter((line) => line.length < 30),
        words.join(" "),
      ).to.deep.equal([]);
    }
  });

  it("can be asked for by name", async () => {
    expect((await cli.run("help", "call")).stdout).to.contain("Usage: switchgear call");
    expect((await cli.run("key", "--help")).stdout).to.contain("create");
  });

  it("has short names for the commands that have them elsewhere", async () => {
    for (const [alias, name] of [
      ["list", "ls"],
      ["remove", "rm"],
    ] as const)
      expect((await cli.run(alias, "--help")).stdout).to.contain(`Usage: switchgear ${name}|${alias}`);
  });
});
