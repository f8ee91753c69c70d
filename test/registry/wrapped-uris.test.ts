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

  it("are not made of other URIs", () => {
    for (const uri of ["file:///x", "switchgear:/x/y", "SWITCHGEAR://x/y", "", "switchgear"]) {
      expect(isWrapped(uri), uri).to.equal(false);
      expect(unwrapUri(uri), uri).to.equal(undefined);
    }
  });
});
