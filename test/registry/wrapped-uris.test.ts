import { expect } from "chai";
import * as fc from "fast-check";

import { isWrapped, unwrapUri, wrapUri } from "../../src/registry/wrapped-uris.ts";

describe("wrapped URIs", () => {
  it("come apart into the server and the very same URI", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9-]{1,20}$/), fc.string({ minLength: 1 }), (server, uri) => {
        expect(unwrapUri(wrapUri(server, uri))).to.deep.equal({ server, uri });
      }),
    );
  });

  it("can be nested: one gateway behind another", () => {
    const inner = wrapUri("files", "file:///x");

    expect(unwrapUri(wrapUri("gateway", inner))).to.deep.equal({ server: "gateway", uri: inner });
  });

  it("are valid URIs for clients that check", () => {
    expect(new URL(wrapUri("my-files", "file:///a%20b?c=d#e")).protocol).to.equal("switchgear:");
  });

  it("keep the scheme of a page of an app, which its host insists on", () => {
    const wrapped = wrapUri("charts", "ui://weather/index.html?a=/b");

    expect(wrapped).to.equal("ui://switchgear/charts/weather/index.html?a=/b");
    expect(isWrapped(wrapped)).to.equal(true);
    expect(unwrapUri(wrapped)).to.deep.equal({ server: "charts", uri: "ui://weather/index.html?a=/b" });
  });

  it("keep it in a gateway behind another, too", () => {
    const inner = wrapUri("charts", "ui://page");
    const outer = wrapUri("gateway", inner);

    expect(outer).to.equal("ui://switchgear/gateway/switchgear/charts/page");
    expect(unwrapUri(outer)).to.deep.equal({ server: "gateway", uri: inner });
  });

  it("are not malformed", () => {
    for (const uri of [
      "switchgear://",
      "switchgear://a",
      "switchgear://a/",
      "ui://switchgear/",
      "ui://switchgear/a/",
    ])
      expect(unwrapUri(uri), uri).to.equal(undefined);
    expect(unwrapUri(wrapUri("a", "ui://"))).to.deep.equal({ server: "a", uri: "ui://" });
  });

  it("are not made of other URIs", () => {
    for (const uri of [
      "ui://x",
      "ui://switchgears/a/b",
      "UI://switchgear/a/b",
      "file:///x",
      "switchgear:/x/y",
      "SWITCHGEAR://x/y",
      "",
      "switchgear",
    ]) {
      expect(isWrapped(uri), uri).to.equal(false);
      expect(unwrapUri(uri), uri).to.equal(undefined);
    }
  });
});
