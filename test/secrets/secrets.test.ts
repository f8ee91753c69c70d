import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import * as fc from "fast-check";

import { loadOrCreateKey, SecretBox } from "../../src/secrets/secrets.ts";
import { refusal, rejection } from "../support/refusal.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const KEY = Buffer.alloc(32, 7);
const CONTEXT = "srv_1|env|TOKEN";

describe("SecretBox", () => {
  const box = new SecretBox(KEY);

  it("opens what it sealed, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (text, context) => {
        expect(box.open(box.seal(text, context), context)).to.equal(text);
      }),
      { numRuns: 200 },
    );
  });

  it("shows nothing of the text, and never seals it alike twice", () => {
    const first = box.seal("hunter2", CONTEXT);
    const second = box.seal("hunter2", CONTEXT);

    expect(first).to.match(/^sgs1\.[0-9a-f]{8}\.[\w-]+$/);
    expect(Buffer.from(first, "base64url").toString("latin1")).to.not.include("hunter2");
    expect(first).to.not.equal(second);
  });

  it("knows a sealed value from a plain one", () => {
    expect(box.isSealed(box.seal("x", CONTEXT))).to.equal(true);
    expect(box.isSealed("${TOKEN}")).to.equal(false);
    expect(box.isSealed("")).to.equal(false);
  });

  it("opens nothing that was moved to another record or field", () => {
    const sealed = box.seal("hunter2", CONTEXT);

    const error = refusal(() => box.open(sealed, "srv_2|env|TOKEN"));

    expect(error.code).to.equal("config_invalid");
    expect(error.message).to.equal("A stored secret was changed, or belongs to another record.");
  });

  it("derives another key for each purpose, the same one at every start", () => {
    const states = box.deriveKey("request states");

    expect(states).to.have.length(32);
    expect(new SecretBox(KEY).deriveKey("request states")).to.deep.equal(states);
    expect(box.deriveKey("task ids")).to.not.deep.equal(states);
    expect(new SecretBox(Buffer.alloc(32, 8)).deriveKey("request states")).to.not.deep.equal(states);
    expect(states).to.not.deep.equal(KEY);
  });

  it("opens nothing that was changed, at whatever place", () => {
    const sealed = box.seal("hunter2", CONTEXT);
    const body = sealed.lastIndexOf(".") + 1;

    for (let at = body; at < sealed.length - 1; at++) {
      const other = sealed[at] === "A" ? "B" : "A";
      const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
      expect(() => box.open(changed, CONTEXT), changed).to.throw("A stored secret");
    }
  });

  it("says so when the value was sealed with another key", () => {
    const sealed = new SecretBox(Buffer.alloc(32, 8)).seal("hunter2", CONTEXT);

    const error = refusal(() => box.open(sealed, CONTEXT));

    expect(error.message).to.match(/^A stored secret was sealed with another key/);
    expect(error.fix).to.have.length(1);
  });

  it("refuses malformed text", () => {
    for (const text of [
      "",
      "plain",
      "sgs1.",
      "sgs1.abc",
      "sgs2.00000000.AAAA",
      box.seal("x", CONTEXT).slice(0, 20),
    ]) {
      expect(refusal(() => box.open(text, CONTEXT)).code, text).to.equal("config_invalid");
    }
  });

  it("refuses a key of another length", () => {
    expect(refusal(() => new SecretBox(Buffer.alloc(16))).code).to.equal("config_invalid");
  });
});

describe("loadOrCreateKey", () => {
  it("makes a key at the first start that only its owner can read, and finds it again", async () => {
    const file = join(temporaryFolder(), "data", "secret.key");

    const made = await loadOrCreateKey(file);
    const found = await loadOrCreateKey(file);

    expect(made).to.have.length(32);
    expect(found).to.deep.equal(made);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(statSync(join(file, "..")).mode & 0o777).to.equal(0o700);
    expect(readdirSync(join(file, ".."))).to.deep.equal(["secret.key"]);
  });

  it("makes another key for another installation", async () => {
    const keys = await Promise.all([1, 2].map(() => loadOrCreateKey(join(temporaryFolder(), "secret.key"))));

    expect(keys[0]).to.not.deep.equal(keys[1]);
  });

  it("gives all processes that start together the same key", async () => {
    const file = join(temporaryFolder(), "secret.key");

    const keys = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateKey(file)));

    expect(new Set(keys.map((key) => key.toString("hex"))).size).to.equal(1);
  });

  it("refuses a file that holds no key, and does not touch it", async () => {
    for (const text of ["", "short", "!".repeat(44), Buffer.alloc(31).toString("base64")]) {
      const file = join(temporaryFolder(), "secret.key");
      writeFileSync(file, text);

      const error = await rejection(() => loadOrCreateKey(file));

      expect(error.code, text).to.equal("config_invalid");
      expect(error.details).to.deep.equal({ file });
      expect(error.message).to.not.include(text || "never");
      expect(readFileSync(file, "utf8")).to.equal(text);
    }
  });

  it("takes a key that somebody else wrote, with or without a line end", async () => {
    const file = join(temporaryFolder(), "secret.key");
    writeFileSync(file, KEY.toString("base64"));
    chmodSync(file, 0o400);

    expect(await loadOrCreateKey(file)).to.deep.equal(KEY);
  });

  it("says why a key cannot be read", async () => {
    const error = await rejection(() => loadOrCreateKey(temporaryFolder()));

    expect(error.code).to.equal("config_invalid");
    expect(error.message).to.include("EISDIR");
  });
});
