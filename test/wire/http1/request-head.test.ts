import { expect } from "chai";

import { RequestHeads } from "../../../src/wire/http1/request-head.ts";
import { refusal } from "../../support/refusal.ts";

describe("RequestHeads", () => {
  const heads = new RequestHeads("example.com:81");

  it("writes the line, the host, the headers and the length in bytes", () => {
    const text = heads.of({ method: "POST", path: "/mcp?a=1", headers: ["accept", "*/*"], body: "é" });

    expect(text).to.equal(
      "POST /mcp?a=1 HTTP/1.1\r\nhost: example.com:81\r\naccept: */*\r\ncontent-length: 2\r\n\r\n",
    );
  });

  it("takes headers as an object, too, and a body of bytes", () => {
    const text = heads.of({ method: "PUT", path: "/", headers: { a: "b" }, body: Buffer.alloc(3) });

    expect(text).to.equal("PUT / HTTP/1.1\r\nhost: example.com:81\r\na: b\r\ncontent-length: 3\r\n\r\n");
  });

  it("says nothing of a length where there is no body, but for a POST", () => {
    expect(heads.of({ method: "GET", path: "/" })).to.equal("GET / HTTP/1.1\r\nhost: example.com:81\r\n\r\n");
    expect(heads.of({ method: "POST", path: "/", body: null })).to.contain("content-length: 0\r\n");
  });

  it("gives the same text for the same list again", () => {
    const headers = ["x", "y"];
    const request = { method: "GET", path: "/", headers };

    expect(heads.of(request)).to.equal(heads.of(request));
  });

  for (const headers of [
    ["a", "b\r\nevil: 1"],
    ["a", "b\n"],
    ["a", "b\0"],
    ["a\r\nb", "c"],
    ["a b", "c"],
    ["", "c"],
    ["a", "snow ☃"],
  ]) {
    it(`refuses the header ${JSON.stringify(headers)}`, () => {
      expect(refusal(() => heads.of({ method: "GET", path: "/", headers })).code).to.equal("invalid_request");
    });
  }

  for (const path of ["/a b", "/a\r\nX: y", "", "/☃"]) {
    it(`refuses the path ${JSON.stringify(path)}`, () => {
      expect(refusal(() => heads.of({ method: "GET", path })).code).to.equal("invalid_request");
    });
  }
});
