import { readFileSync } from "node:fs";

import { expect } from "chai";

import { parseConfigText } from "../../src/config/config.ts";
import { Profile, SCHEMA_DIALECTS } from "../../src/domain/profile.ts";

const page = readFileSync("docs/profiles.md", "utf8");
const example = /```jsonc\n([\s\S]*?)```/.exec(page)?.[1] ?? "";

describe("docs/profiles.md", () => {
  it("has an example that is a valid config", () => {
    const { profiles } = parseConfigText(example, { env: {}, cwd: "/work", home: "/home/anna" });

    expect(profiles["reader"]).to.deep.include({ servers: ["github", "files"], schema: "full" });
    expect(profiles["gemini"]).to.deep.include({
      clients: ["gemini-cli*"],
      schema: "gemini",
      maxNameLength: 40,
    });
  });

  it("names every key of a profile", () => {
    const named = [...page.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = ""]) =>
      [...cell.matchAll(/`([a-zA-Z]+)/g)].map(([, key]) => key),
    );

    expect(named).to.include.members(Object.keys(Profile.shape));
  });

  it("describes every dialect", () => {
    for (const dialect of SCHEMA_DIALECTS) expect(page).to.include(`| \`${dialect}\` |`);
  });

  it("is one page", () => {
    expect(page.split("\n").length).to.be.below(90);
  });
});
