import { expect } from "chai";

import { AddressGuard } from "../../src/auth/auth.ts";
import { refusal } from "../support/refusal.ts";

const guard = new AddressGuard({
  hosts: ["0.0.0.0", "192.168.1.5", "Gateway.Example.com", "[fd00::1]", "other.example.com:8443"],
  origins: ["https://app.example.com", "http://localhost:6274/"],
});

describe("AddressGuard", () => {
  for (const host of [
    "localhost",
    "localhost:4470",
    "LOCALHOST:1",
    "127.0.0.1:4470",
    "[::1]:4470",
    "[::1]",
    "192.168.1.5:4470",
    "gateway.example.com",
    "GATEWAY.example.com:443",
    "[fd00::1]:4470",
    "other.example.com",
  ]) {
    it(`answers to ${host}`, () => {
      expect(() => guard.check({ host })).not.to.throw();
    });
  }

  for (const host of [
    undefined,
    "",
    ":4470",
    "evil.example.com",
    "evil.example.com:4470",
    "localhost.evil.example.com",
    "evil-localhost",
    "localhost.",
    "localhost@evil.example.com",
    "127.0.0.2",
    "127.0.0.1.nip.io",
    "2130706433",
    "0.0.0.0:4470",
    "[::]:4470",
    "[::1",
    "[]",
    "::ffff:127.0.0.1",
    "[::ffff:127.0.0.1]",
    "localhost, evil.example.com",
    "example.com",
    "sub.gateway.example.com",
  ]) {
    it(`does not answer to ${JSON.stringify(host)}`, () => {
      expect(refusal(() => guard.check(host === undefined ? {} : { host })).code).to.equal(
        "host_not_allowed",
      );
    });
  }

  for (const [host, origin] of [
    ["localhost:4470", "http://localhost:4470"],
    ["gateway.example.com", "https://gateway.example.com"],
    ["Gateway.example.com", "https://GATEWAY.example.com"],
    ["localhost:4470", "https://app.example.com"],
    ["127.0.0.1:4470", "http://localhost:6274"],
  ] as const) {
    it(`accepts a page of ${origin} at ${host}`, () => {
      expect(() => guard.check({ host, origin })).not.to.throw();
    });
  }

  for (const origin of [
    "null",
    "",
    "http://evil.example.com",
    "http://localhost:3000",
    "http://localhost",
    "file://",
    "localhost:4470",
    "https://app.example.com.evil.com",
    "https://app.example.com:8443",
    "http://app.example.com",
    "chrome-extension://localhost:4470",
    "http://localhost:4470, http://evil.example.com",
  ]) {
    it(`refuses a page of ${JSON.stringify(origin)}`, () => {
      expect(refusal(() => guard.check({ host: "localhost:4470", origin })).code).to.equal(
        "origin_not_allowed",
      );
    });
  }

  it("says what to configure", () => {
    const error = refusal(() => guard.check({ host: "gw.local" }));

    expect(error.message).to.contain('"gw.local"');
    expect(error.fix[0]?.label).to.contain("allowedHosts");
  });

  it("never lets a name that a client sends grow the error", () => {
    expect(refusal(() => guard.check({ host: "x".repeat(50_000) })).message.length).to.be.lessThan(300);
  });
});
