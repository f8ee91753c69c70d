import { expect } from "chai";

import { byPath, isPublic } from "../../src/http/route-table.ts";
import { route } from "../../src/http/route.ts";

describe("byPath", () => {
  const row = (method: "GET" | "POST", path: `/${string}`, action: "public" | "signed-in" = "signed-in") =>
    route({ method, path, action, tag: "t", summary: "s", status: 200, handle: () => ({}) });

  it("puts a literal path before one with a parameter in its place", () => {
    const table = byPath([
      row("GET", "/a/{x}"),
      row("GET", "/a/{x}/y"),
      row("GET", "/a/zoo"),
      row("GET", "/{all}"),
    ]);

    expect([...table.keys()]).to.deep.equal(["/a/zoo", "/a/{x}", "/a/{x}/y", "/{all}"]);
  });

  it("keeps the methods of one path together", () => {
    const table = byPath([row("GET", "/a"), row("POST", "/a")]);

    expect([...(table.get("/a")?.keys() ?? [])]).to.deep.equal(["GET", "POST"]);
  });

  it("takes for public only the very method and path that are", () => {
    const table = byPath([row("GET", "/open", "public"), row("POST", "/open"), row("GET", "/shut")]);

    expect(isPublic(table, "GET", "/open")).to.equal(true);
    expect(isPublic(table, "HEAD", "/open")).to.equal(true);
    for (const [method, path] of [
      ["POST", "/open"],
      ["GET", "/open/"],
      ["GET", "/OPEN"],
      ["GET", "//open"],
      ["GET", "/shut"],
      ["GET", "/none"],
    ] as const)
      expect(isPublic(table, method, path), `${method} ${path}`).to.equal(false);
  });
});
