import { expect } from "chai";

import { BridgeHeaders, claimedVersion } from "../../src/cli/bridge-headers.ts";

const VERSION = "2026-07-28";
const base64 = (text: string) => `=?base64?${Buffer.from(text).toString("base64")}?=`;

describe("claimedVersion", () => {
  it("reads the version of a 2026 envelope", () => {
    const params = { _meta: { "io.modelcontextprotocol/protocolVersion": VERSION } };

    expect(claimedVersion(params)).to.equal(VERSION);
  });

  for (const params of [
    {},
    { _meta: null },
    { _meta: [] },
    { _meta: {} },
    { _meta: { progressToken: 1 } },
    { _meta: { "io.modelcontextprotocol/protocolVersion": 2026 } },
  ]) {
    it(`takes ${JSON.stringify(params)} for 2025`, () => {
      expect(claimedVersion(params)).to.equal(undefined);
    });
  }
});

describe("BridgeHeaders", () => {
  const marked = {
    name: "query",
    inputSchema: {
      type: "object",
      properties: {
        region: { type: "string", "x-mcp-header": "Region" },
        filter: { type: "object", properties: { limit: { type: "integer", "x-mcp-header": "Limit" } } },
        free: { type: "string" },
      },
    },
  };
  const call = (args: object) => ({ name: "query", arguments: args as Record<string, string> });

  it("repeats version and method", () => {
    expect(new BridgeHeaders().of("tools/list", {}, VERSION)).to.deep.equal({
      "mcp-protocol-version": VERSION,
      "mcp-method": "tools/list",
    });
  });

  it("repeats what a request is about", () => {
    const headers = new BridgeHeaders();

    expect(headers.of("tools/call", { name: "echo" }, VERSION)["mcp-name"]).to.equal("echo");
    expect(headers.of("prompts/get", { name: "plan" }, VERSION)["mcp-name"]).to.equal("plan");
    expect(headers.of("resources/read", { uri: "a://b" }, VERSION)["mcp-name"]).to.equal("a://b");
    expect(headers.of("tools/list", { name: "echo" }, VERSION)).not.to.have.property("mcp-name");
  });

  it("encodes what no header can carry, so that nothing can be smuggled in", () => {
    const name = "evil\r\nauthorization: Bearer stolen";

    const headers = new BridgeHeaders().of(`tools/call\n`, { name }, `${VERSION}\r`);

    expect(headers["mcp-method"]).to.equal(base64("tools/call\n"));
    expect(headers["mcp-protocol-version"]).to.equal(base64(`${VERSION}\r`));
    expect(new BridgeHeaders().of("tools/call", { name }, VERSION)["mcp-name"]).to.equal(base64(name));
  });

  it("repeats marked arguments of tools that it has seen, however deep", () => {
    const headers = new BridgeHeaders();
    headers.learn({ tools: [marked] });

    const found = headers.of(
      "tools/call",
      call({ region: "Zürich", filter: { limit: 5 }, free: "x" }),
      VERSION,
    );

    expect(found).to.include({ "mcp-param-region": base64("Zürich"), "mcp-param-limit": "5" });
    expect(Object.keys(found)).to.have.length(5);
  });

  it("repeats no argument that is absent, and none of a tool that it has not seen", () => {
    const headers = new BridgeHeaders();
    const unseen = headers.of("tools/call", call({ region: "eu" }), VERSION);
    headers.learn({ tools: [marked] });
    const absent = headers.of("tools/call", call({}), VERSION);

    expect(unseen).not.to.have.property("mcp-param-region");
    expect(absent).not.to.have.property("mcp-param-region");
  });

  it("knows the tools that it has seen, marked or not, and takes the newest definition", () => {
    const headers = new BridgeHeaders();
    headers.learn({ tools: [marked, { name: "plain", inputSchema: { type: "object" } }] });
    headers.learn({ tools: [{ name: "query", inputSchema: { type: "object" } }] });

    expect(headers.knows("query")).to.equal(true);
    expect(headers.knows("plain")).to.equal(true);
    expect(headers.knows("other")).to.equal(false);
    expect(headers.of("tools/call", call({ region: "eu" }), VERSION)).not.to.have.property(
      "mcp-param-region",
    );
  });

  for (const tools of [
    undefined,
    null,
    {},
    [null, 1, "x", {}, { name: 1 }, { name: "a" }, { name: "a", inputSchema: 1 }],
  ]) {
    it(`survives a list of ${JSON.stringify(tools)}`, () => {
      const headers = new BridgeHeaders();

      headers.learn({ tools });

      expect(headers.knows("a")).to.equal(false);
    });
  }
});
