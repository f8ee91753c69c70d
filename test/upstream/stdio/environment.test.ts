import { expect } from "chai";

import { childEnvironment } from "../../../src/upstream/stdio/environment.ts";

describe("childEnvironment", () => {
  it("inherits what every program needs", () => {
    const base = { PATH: "/bin", HOME: "/home/a", LANG: "C", TMPDIR: "/tmp", USER: "a" };

    expect(childEnvironment(base, {})).to.deep.equal(base);
  });

  it("inherits nothing else", () => {
    const base = { SWITCHGEAR_KEY: "x", NODE_OPTIONS: "--inspect", LD_PRELOAD: "evil.so", HTTPS_PROXY: "p" };

    expect(childEnvironment(base, {})).to.deep.equal({});
  });

  it("lets a declared variable win", () => {
    expect(childEnvironment({ PATH: "/bin" }, { PATH: "/opt/bin", A: "" })).to.deep.equal({
      PATH: "/opt/bin",
      A: "",
    });
  });

  it("leaves out shell functions and unset variables", () => {
    expect(childEnvironment({ TERM: "() { :; }; evil", SHELL: undefined }, {})).to.deep.equal({});
  });
});
