import { expect } from "chai";

import { nearestName } from "../../src/domain/nearest-name.ts";

describe("nearestName", () => {
  const keys = ["command", "args", "env", "url", "headers", "mcpServers", "allowedHosts"];

  for (const [typed, meant] of [
    ["urll", "url"],
    ["ulr", "url"],
    ["header", "headers"],
    ["comand", "command"],
    ["allowed_hosts", "allowedHosts"],
    ["MCPSERVERS", "mcpServers"],
    ["servers", "mcpServers"],
    ["environment", "env"],
    ["mcpServersConfig", "mcpServers"],
  ] as const) {
    it(`takes "${typed}" for "${meant}"`, () => {
      expect(nearestName(typed, keys)).to.equal(meant);
    });
  }

  it("prefers the closest of several", () => {
    expect(nearestName("get_issues", ["get_issue", "list_issues", "create_issue"])).to.equal("get_issue");
  });

  it("suggests nothing when nothing is close", () => {
    expect(nearestName("timeout", ["url", "env"])).to.equal(undefined);
    expect(nearestName("x", keys)).to.equal(undefined);
  });

  it("suggests nothing for an empty or very long name", () => {
    expect(nearestName("", keys)).to.equal(undefined);
    expect(nearestName("u".repeat(10_000), keys)).to.equal(undefined);
  });
});
