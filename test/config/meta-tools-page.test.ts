import { readFileSync } from "node:fs";

import { expect } from "chai";

import { parseConfigText } from "../../src/config/config.ts";
import { LIST_MODES, META_TOOLS } from "../../src/domain/list-mode.ts";

const page = readFileSync("docs/meta-tools.md", "utf8");

describe("docs/meta-tools.md", () => {
  it("describes every mode and every tool", () => {
    for (const name of [...LIST_MODES, ...META_TOOLS]) expect(page).to.include(`| \`${name}\` |`);
  });

  it("names the clients that the defaults name", () => {
    const { metaTools } = parseConfigText("", { env: {}, cwd: "/work", home: "/home/anna" }).gateway;

    for (const client of metaTools.deferringClients) expect(page).to.include(`\`${client}\``);
    expect(page).to.include(metaTools.answerCharacters.toLocaleString("en"));
  });

  it("is one page", () => {
    expect(page.split("\n").length).to.be.below(90);
  });
});
