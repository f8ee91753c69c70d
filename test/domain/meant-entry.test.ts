import { expect } from "chai";

import { meantEntry } from "../../src/domain/meant-entry.ts";
import { HttpServer, SseServer, StdioServer } from "../../src/domain/server.ts";

describe("meantEntry", () => {
  for (const [entry, schema] of [
    [{ command: "npx" }, StdioServer],
    [{ url: "https://x" }, HttpServer],
    [{ type: "stdio" }, StdioServer],
    [{ type: "http", command: "npx" }, HttpServer],
    [{ type: "sse", url: "https://x" }, SseServer],
    [{ type: "streamable-http" }, HttpServer],
    [{ type: "no such type" }, HttpServer],
    [{ urll: "https://x" }, HttpServer],
    [{ comand: "npx", args: [] }, StdioServer],
    [{ URL: "https://x" }, HttpServer],
  ] as const) {
    it(`takes ${JSON.stringify(entry)} for one of a kind`, () => {
      expect(meantEntry(entry)).to.equal(schema);
    });
  }

  for (const entry of [{}, { tags: [] }, "npx", 5, null, undefined, ["npx"]]) {
    it(`cannot tell what ${JSON.stringify(entry)} means`, () => {
      expect(meantEntry(entry)).to.equal(undefined);
    });
  }

  it("lets a URL be checked later when it has references, and at once when it has none", () => {
    for (const url of ["${BASE}/mcp", "https://${HOST}:${PORT}/mcp", "https://x"])
      expect(HttpServer.safeParse({ url }).success, url).to.equal(true);
    for (const url of ["ftp://x", "x", "https://", "https://a b", "${BASE} /x", "javascript:alert(1)"])
      expect(HttpServer.safeParse({ url }).success, url).to.equal(false);
  });
});
