import { PassThrough } from "node:stream";

import { expect } from "chai";

import { healthCell, healthDetails } from "../../src/cli/health-text.ts";
import { Output } from "../../src/cli/output.ts";
import { resultText } from "../../src/cli/result-text.ts";

const outputOf = (isTTY: boolean) =>
  new Output({ stdout: new PassThrough(), stderr: new PassThrough(), isTTY, env: {} }, false);
const plain = outputOf(false);

describe("healthCell", () => {
  for (const [level, code, text] of [
    ["healthy", "ok", "● ok"],
    ["degraded", "quarantined", "▲ quarantined"],
    ["unhealthy", "upstream_timeout", "✗ upstream_timeout"],
    ["unknown", "connecting", "○ connecting"],
    ["a level of a later version", "x", "○ x"],
  ] as const) {
    it(`shows ${level} as "${text}"`, () => {
      expect(healthCell({ level, code }, plain).text).to.equal(text);
    });
  }

  it("never shows the unknown as green", () => {
    const { text, paint } = healthCell({}, outputOf(true));

    expect(text).to.equal("○ unknown");
    expect(paint?.("x")).not.to.contain("\u001B[32m");
  });
});

describe("healthDetails", () => {
  it("are nothing when there is nothing to say", () => {
    expect(healthDetails({ level: "healthy" }, plain)).to.deep.equal([]);
    expect(healthDetails({ stderr_tail: " \n", action: null }, plain)).to.deep.equal([]);
  });

  it("show the last ten lines of stderr", () => {
    const stderr_tail = Array.from({ length: 30 }, (_, line) => `line ${line}`).join("\n");

    const lines = healthDetails({ stderr_tail }, plain);

    expect(lines).to.have.length(11);
    expect(lines.at(-1)).to.equal("  │ line 29");
  });

  it("show a fix with and without a command", () => {
    expect(healthDetails({ action: { label: "Wait" } }, plain)).to.deep.equal(["fix Wait"]);
    expect(healthDetails({ action: { label: "Log in", command: "x login" } }, plain)).to.deep.equal([
      "fix Log in: x login",
    ]);
  });

  it("let no program control the terminal", () => {
    const lines = healthDetails(
      { stderr_tail: "\u001B[2J\u001B]0;x\u0007boom", action: { label: "\u001B[1mfix", command: "a\nb" } },
      plain,
    );

    expect(lines.join("\n")).to.equal("last lines of its stderr:\n  │ boom\nfix fix: a b");
  });
});

describe("resultText", () => {
  for (const [what, result, text] of [
    ["no content at all", {}, "(no content)"],
    ["content that is no list", { content: "x" }, "(no content)"],
    ["parts that are no objects", { content: ["x", null, 5] }, "(no content)"],
    ["a part without a type", { content: [{}] }, "[content , 0 bytes; --json shows it]"],
    [
      "text beside structured content",
      { content: [{ type: "text", text: "a" }], structuredContent: { a: 1 } },
      "a",
    ],
    ["structured content alone", { structuredContent: [1] }, "[\n  1\n]"],
    [
      "audio",
      { content: [{ type: "audio", mimeType: "audio/wav", data: "AAAA" }] },
      "[audio audio/wav, 3 bytes; --json shows it]",
    ],
    ["a failure without a word", { isError: true }, "The tool failed: (no content)"],
  ] as const) {
    it(`shows ${what}`, () => {
      expect(resultText(result, plain)).to.equal(text);
    });
  }
});
