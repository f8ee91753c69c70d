import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import type { CliDeps } from "../../src/cli/cli-deps.ts";
import { type CommonOptions, Context } from "../../src/cli/context.ts";
import { refusal } from "../support/refusal.ts";

const LOCAL = "swg_local";

describe("Context", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sg-context-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const contextOf = (options: CommonOptions = {}, env: Readonly<Record<string, string>> = {}) =>
    new Context({ env, cwd: folder, home: folder, isTTY: false } as unknown as CliDeps, options);

  function leave(url: string, dataDir = join(folder, ".switchgear")): void {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(join(dataDir, "gateway.json"), JSON.stringify({ url, pid: 1, started_at: "" }));
    writeFileSync(join(dataDir, "local-key"), `${LOCAL}\n`);
  }

  describe("target", () => {
    it("is the default address when nothing is known, without a key", () => {
      expect(contextOf().target()).to.deep.equal({ url: "http://127.0.0.1:4470", key: undefined });
    });

    it("is the configured address", () => {
      writeFileSync(join(folder, "switchgear.jsonc"), '{"gateway":{"listen":"[::1]:5000"}}');

      expect(contextOf().target().url).to.equal("http://[::1]:5000");
    });

    it("is reached over loopback where the gateway listens on all addresses", () => {
      const env = { SWITCHGEAR_LISTEN: "0.0.0.0:5000", SWITCHGEAR_ALLOWED_HOSTS: "gw.example.com" };

      expect(contextOf({}, env).target().url).to.equal("http://127.0.0.1:5000");
    });

    it("is the gateway that runs, with its local key", () => {
      leave("http://127.0.0.1:5001");

      expect(contextOf().target()).to.deep.equal({ url: "http://127.0.0.1:5001", key: LOCAL });
    });

    it("is found in the data folder of the config, the environment or the option", () => {
      const places = ["one", "two", "three"].map((name) => join(folder, name));
      for (const [index, place] of places.entries()) leave(`http://127.0.0.1:${5010 + index}`, place);
      writeFileSync(join(folder, "switchgear.jsonc"), '{"gateway":{"dataDir":"one"}}');

      const env = { SWITCHGEAR_DATA: join(folder, "two") };

      expect(contextOf().target().url).to.equal("http://127.0.0.1:5010");
      expect(contextOf({}, env).target().url).to.equal("http://127.0.0.1:5011");
      expect(contextOf({ dataDir: "three" }, env).target().url).to.equal("http://127.0.0.1:5012");
    });

    it("prefers an option to a variable, and both to the file", () => {
      leave("http://127.0.0.1:5001");
      const env = { SWITCHGEAR_URL: "http://two:2", SWITCHGEAR_API_KEY: "two" };

      expect(contextOf({}, env).target()).to.deep.equal({ url: "http://two:2", key: "two" });
      expect(contextOf({ url: "http://one:1", key: "one" }, env).target()).to.deep.equal({
        url: "http://one:1",
        key: "one",
      });
    });

    it("takes an empty option or variable for none", () => {
      leave("http://127.0.0.1:5001");

      const target = contextOf({ url: "" }, { SWITCHGEAR_URL: "", SWITCHGEAR_API_KEY: "" }).target();

      expect(target).to.deep.equal({ url: "http://127.0.0.1:5001", key: LOCAL });
    });

    it("keeps the local key from every other address", () => {
      leave("http://127.0.0.1:5001");

      for (const url of [
        "http://127.0.0.1:5002",
        "http://localhost:5001",
        "https://127.0.0.1:5001",
        "http://evil.example",
      ])
        expect(contextOf({ url }).target().key, url).to.equal(undefined);
      expect(contextOf({ url: "http://127.0.0.1:5001/mcp" }).target().key).to.equal(LOCAL);
    });

    it("does not take a flag for a key", () => {
      expect(contextOf({ key: true }).target().key).to.equal(undefined);
    });

    for (const url of ["nonsense", "ftp://x", "127.0.0.1:4470", "javascript:alert(1)"]) {
      it(`refuses ${url}`, () => {
        expect(refusal(() => contextOf({ url }).target())).to.include({ exitCode: 2 });
      });
    }
  });

  describe("lenientConfig", () => {
    it("has the defaults and the data folder when the config is broken", () => {
      writeFileSync(join(folder, "switchgear.jsonc"), "{ broken");

      const { gateway } = contextOf({}, { SWITCHGEAR_DATA: "/data" }).lenientConfig();

      expect(gateway).to.deep.include({ dataDir: "/data", listen: { host: "127.0.0.1", port: 4470 } });
    });

    it("has them also when a variable is nonsense", () => {
      expect(contextOf({}, { SWITCHGEAR_LISTEN: "nonsense" }).lenientConfig().gateway.listen.port).to.equal(
        4470,
      );
    });
  });

  describe("loadConfig", () => {
    it("is strict", () => {
      writeFileSync(join(folder, "switchgear.jsonc"), "{ broken");

      expect(refusal(() => contextOf().loadConfig()).code).to.equal("config_invalid");
    });

    it("lets the command's own options win", () => {
      const { gateway } = contextOf({ dataDir: "/d" }, { SWITCHGEAR_LISTEN: "127.0.0.1:1" }).loadConfig({
        listen: "127.0.0.1:2",
        logLevel: "error",
      });

      expect(gateway).to.deep.include({
        dataDir: "/d",
        listen: { host: "127.0.0.1", port: 2 },
        log: { level: "error" },
      });
    });
  });
});
