import { expect } from "chai";

import { isUnspecified, parseListen } from "../../src/config/listen.ts";

describe("parseListen", () => {
  for (const [text, host, port] of [
    ["127.0.0.1:4470", "127.0.0.1", 4470],
    ["localhost:0", "localhost", 0],
    ["gw.example.com:443", "gw.example.com", 443],
    ["[::1]:4470", "::1", 4470],
    [":8080", "127.0.0.1", 8080],
    ["8080", "127.0.0.1", 8080],
    [" 127.0.0.1:1 ", "127.0.0.1", 1],
  ] as const) {
    it(`reads "${text}"`, () => {
      expect(parseListen(text)).to.deep.equal({ host, port });
    });
  }

  for (const text of [
    "",
    "localhost",
    "localhost:",
    "localhost:x",
    "::1:4470",
    "[::1]",
    "a:65536",
    "a:-1",
    "http://a:1",
    "a b:1",
    "a:1:2",
  ]) {
    it(`refuses "${text}"`, () => {
      expect(parseListen(text)).to.equal(undefined);
    });
  }

  it("knows the addresses that mean all of them", () => {
    expect(["0.0.0.0", "::", "0:0:0:0:0:0:0:0"].map(isUnspecified)).to.deep.equal([true, true, true]);
    expect(["127.0.0.1", "::1", "10.0.0.1", "localhost"].map(isUnspecified)).to.deep.equal([
      false,
      false,
      false,
      false,
    ]);
  });
});
