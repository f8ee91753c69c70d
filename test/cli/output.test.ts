import { PassThrough } from "node:stream";

import { expect } from "chai";

import { CliError, exitCodeOf, notRunning, usageError } from "../../src/cli/cli-error.ts";
import { EXIT, EXIT_OF } from "../../src/cli/exit-codes.ts";
import { Output } from "../../src/cli/output.ts";
import { ERROR_CODES, GatewayError } from "../../src/domain/errors.ts";

function outputOf(options: { json?: boolean; isTTY?: boolean; env?: Record<string, string> } = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const { json = false, isTTY = false, env = {} } = options;
  const text = (stream: PassThrough) => String(stream.read() ?? "");
  return {
    out: new Output({ stdout, stderr, isTTY, env }, json),
    stdout: () => text(stdout),
    stderr: () => text(stderr),
  };
}

describe("Output", () => {
  it("prints text for people and the value for programs", () => {
    const [people, programs] = [outputOf(), outputOf({ json: true })];

    for (const { out } of [people, programs]) out.result({ a: 1 }, () => "one");

    expect(people.stdout()).to.equal("one\n");
    expect(programs.stdout()).to.equal('{\n  "a": 1\n}\n');
  });

  it("does not make the text when nobody will read it", () => {
    const { out } = outputOf({ json: true });

    expect(() => out.result({}, () => expect.fail("made"))).not.to.throw();
  });

  it("shows progress to people only, on stderr", () => {
    const [people, programs] = [outputOf(), outputOf({ json: true })];

    for (const { out } of [people, programs]) out.progress("working …");

    expect([people.stdout(), people.stderr()]).to.deep.equal(["", "working …\n"]);
    expect([programs.stdout(), programs.stderr()]).to.deep.equal(["", ""]);
  });

  it("colours on a terminal", () => {
    expect(outputOf({ isTTY: true }).out.paint("red")("x")).to.equal("\u001B[31mx\u001B[39m");
    expect(outputOf().out.paint("red")("x")).to.equal("x");
    expect(
      outputOf({ isTTY: true, env: { NO_COLOR: "" } }).out.paint("red")("x"),
      "empty is unset",
    ).to.contain("\u001B");
  });

  it("shows a failure with its code and every fix", () => {
    const { out, stderr } = outputOf();
    const fix = [
      { label: "Start it", command: "switchgear serve" },
      { label: "Read", href: "https://docs" },
      { label: "Wait" },
    ];

    out.failure(new GatewayError("upstream_busy", "It is busy.", { fix }));

    expect(stderr()).to.equal(
      [
        "error It is busy. [upstream_busy]",
        "  fix Start it: switchgear serve",
        "  fix Read: https://docs",
        "  fix Wait",
        "",
      ].join("\n"),
    );
  });

  it("lists the other mistakes of a config", () => {
    const { out, stderr } = outputOf();
    const issues = [{ text: "first" }, { text: "second" }, null, { text: 5 }];

    out.failure(new GatewayError("config_invalid", "first", { details: { issues } }));

    expect(stderr()).to.equal("error first [config_invalid]\n      second\n");
  });

  it("lets no failure of an upstream write on the screen", () => {
    const { out, stderr } = outputOf({ isTTY: true, env: { NO_COLOR: "1" } });
    const evil = "\u001B]0;title\u0007evil\u001B[2J";

    out.failure(new GatewayError("upstream_error", evil, { fix: [{ label: evil, command: evil }] }));

    expect(stderr()).not.to.contain("\u001B");
  });

  it("gives a failure as JSON with its exit code", () => {
    const { out, stderr, stdout } = outputOf({ json: true });

    out.failure(
      new GatewayError("tool_not_found", "Unknown tool: x", {
        executed: "not_executed",
        details: { tool: "x" },
      }),
    );

    expect(JSON.parse(stderr())).to.deep.equal({
      error: {
        code: "tool_not_found",
        message: "Unknown tool: x",
        fix: [],
        details: { tool: "x" },
        executed: "not_executed",
        exit_code: 5,
      },
    });
    expect(stdout()).to.equal("");
  });

  it("shows neither stack nor cause of what nobody foresaw", () => {
    for (const thrown of [new TypeError("x is undefined", { cause: "secret" }), "a string", undefined]) {
      const { out, stderr } = outputOf();
      out.failure(thrown);
      const text = stderr();

      expect(text).to.match(/^error Unforeseen: .* \[internal\]\n$/);
      expect(text).not.to.contain("secret").and.not.to.contain("    at ");
    }
  });
});

describe("exit codes", () => {
  it("are the documented ones", () => {
    expect(EXIT).to.deep.equal({
      ok: 0,
      failed: 1,
      usage: 2,
      notRunning: 3,
      auth: 4,
      notFound: 5,
      upstream: 6,
      conflict: 7,
      config: 8,
      portInUse: 9,
    });
  });

  it("never say that a failure is fine", () => {
    expect(ERROR_CODES.filter((code) => EXIT_OF[code] === 0)).to.deep.equal([]);
  });

  it("follow from the failure", () => {
    expect(exitCodeOf(usageError("no"))).to.equal(2);
    expect(exitCodeOf(notRunning("http://x"))).to.equal(3);
    expect(exitCodeOf(new CliError(EXIT.portInUse, "conflict", "taken"))).to.equal(9);
    expect(exitCodeOf(new GatewayError("conflict", "exists"))).to.equal(7);
    expect(exitCodeOf(new TypeError("x"))).to.equal(1);
  });

  it("come with codes that name the command line's own failures", () => {
    expect(usageError("no").shownCode).to.equal("usage");
    expect(notRunning("http://x").shownCode).to.equal("not_running");
    expect(new CliError(EXIT.conflict, "conflict", "x").shownCode).to.equal("conflict");
  });
});
