import { expect } from "chai";
import { anything, assert, dictionary, object, oneof, property, string } from "fast-check";

import { type Adapted, adaptEntry } from "../../src/config/client-entry.ts";
import { ServerEntry } from "../../src/domain/server.ts";

const place = { home: "/home/anna", project: "/work/project" };
const adapt = (raw: unknown): Adapted => adaptEntry(raw, place);

function entryOf(raw: unknown): ServerEntry {
  const adapted = adapt(raw);
  return "entry" in adapted ? adapted.entry : expect.fail(adapted.skip);
}

describe("adaptEntry", () => {
  it("fills in what a client leaves out", () => {
    expect(entryOf({ command: "npx" })).to.deep.include({ type: "stdio", command: "npx", args: [], env: {} });
    expect(entryOf({ url: "https://x" })).to.deep.include({ type: "http", url: "https://x", headers: {} });
  });

  it("keeps the gateway's own settings of an entry", () => {
    expect(entryOf({ command: "x", gateway: { tags: ["a"] } }).gateway.tags).to.deep.equal(["a"]);
  });

  it("replaces the variables that only an editor knows, and leaves those of the environment", () => {
    const entry = entryOf({
      command: "${workspaceFolder}/bin/${workspaceFolderBasename}",
      args: ["${userHome}/x", "${CLAUDE_PROJECT_DIR}", "${env:A}${B}", "${input:c}", "$HOME"],
      env: { A: "${env:TOKEN}" },
      cwd: "${workspaceFolder}",
    });

    expect(entry).to.deep.include({
      command: "/work/project/bin/project",
      args: ["/home/anna/x", "/work/project", "${A}${B}", "${input:c}", "$HOME"],
      env: { A: "${TOKEN}" },
      cwd: "/work/project",
    });
  });

  it("does not take a folder's name for a pattern of the replacement", () => {
    const adapted = adaptEntry({ command: "${workspaceFolder}" }, { home: "/h", project: "/a$&b$1" });

    expect("entry" in adapted && adapted.entry).to.include({ command: "/a$&b$1" });
  });

  it("reads headers that another client nests", () => {
    expect(entryOf({ url: "https://x", requestInit: { headers: { A: "1" } } })).to.deep.include({
      headers: { A: "1" },
    });
  });

  it("prefers a field's own name to another client's word for it", () => {
    expect(entryOf({ url: "https://a", serverUrl: "https://b" })).to.include({ url: "https://a" });
  });

  it("names each value that is asked for once", () => {
    const adapted = adapt({
      command: "x",
      args: ["${input:key}", "${input:key}"],
      env: { K: "${input:other}" },
    });

    expect("notes" in adapted && adapted.notes.map((note) => note.slice(0, 17))).to.deep.equal([
      'it asks for "key"',
      'it asks for "othe',
    ]);
  });

  for (const [what, raw] of [
    ["a text", "npx x"],
    ["null", null],
    ["a list", [1]],
    ["nothing to start", { args: ["x"], env: {} }],
    ["a command that is a list", { command: ["npx"] }],
    ["a URL that is none", { url: "not a url" }],
    ["arguments that are no texts", { command: "x", args: [1] }],
    ["an environment that is a list", { command: "x", env: ["A=1"] }],
    ["headers that are a text", { url: "https://x", headers: "A: 1" }],
    ["a transport that is unknown", { type: "websocket", url: "https://x" }],
    ["settings of the gateway that are unknown", { command: "x", gateway: { nope: 1 } }],
  ] as const) {
    it(`skips ${what}, and says why`, () => {
      const adapted = adapt(raw);

      expect("skip" in adapted && adapted.skip).to.match(/\w/);
    });
  }

  it("gives an entry that the gateway accepts, or a reason, whatever a file holds", () => {
    const fields = dictionary(string(), anything());
    const entries = oneof(anything(), object(), fields).map((raw) => ({ command: "x", ...(raw as object) }));
    assert(
      property(entries, (raw) => {
        const adapted = adapt(raw);
        if ("entry" in adapted) expect(ServerEntry.safeParse(adapted.entry).success).to.equal(true);
        else expect(adapted.skip).to.be.a("string");
      }),
    );
  });
});
