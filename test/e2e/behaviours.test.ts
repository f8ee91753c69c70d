import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { BEHAVIOURS } from "./behaviours.ts";
import { idsIn, readCitations, writeProtocol } from "./citations.ts";

const TESTS = join(process.cwd(), "test");
const DOCUMENT = join(process.cwd(), "docs/protocol.md");

describe("the behaviours of the protocol", () => {
  const citations = readCitations(TESTS);
  const known = new Set(BEHAVIOURS.map(({ id }) => id));

  it("have each an id of its own and a sentence", () => {
    expect(known.size).to.equal(BEHAVIOURS.length);
    expect(BEHAVIOURS.filter(({ text }) => text.length < 20)).to.deep.equal([]);
  });

  it("are each proven by a test", () => {
    const unproven = BEHAVIOURS.filter(({ id }) => !citations.has(id)).map(({ id }) => id);

    expect(unproven).to.deep.equal([]);
  });

  it("are the only ones that tests cite", () => {
    const unknown = [...citations].filter(([id]) => !known.has(id));

    expect(unknown).to.deep.equal([]);
  });

  it("are read wherever they are cited, over several lines, too", () => {
    const call = ["proves", "("].join("");

    expect(idsIn(`${call}"a.b");\n${call}\n  "c.d",\n  "e-f.g",\n);\n${call}"a.b");`)).to.deep.equal([
      "a.b",
      "c.d",
      "e-f.g",
    ]);
    expect(idsIn("proves(anything)")).to.deep.equal([]);
  });

  it("stand in docs/protocol.md with their tests (npm run protocol writes them)", () => {
    const document = readFileSync(DOCUMENT, "utf8");
    const wanted = writeProtocol(document, citations);

    if (process.env["WRITE_PROTOCOL"] === "1") writeFileSync(DOCUMENT, wanted);

    expect(process.env["WRITE_PROTOCOL"] === "1" ? wanted : document).to.equal(wanted);
  });
});
