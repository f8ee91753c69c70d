import { expect } from "chai";

import { Profile } from "../../src/domain/profile.ts";
import { Endpoints, covers, keyOf } from "../../src/mcp/endpoint.ts";
import { Profiles, type Catalog } from "../../src/registry/registry.ts";

const profiles = new Profiles({
  profiles: {
    dev: Profile.parse({ servers: ["mail"] }),
    gemini: Profile.parse({ clients: ["gemini*"] }),
  },
  catalog: () => ({}) as Catalog,
});
const endpoints = new Endpoints(profiles);

describe("Endpoints", () => {
  it("knows the paths of MCP, with or without a query", () => {
    for (const url of ["/mcp", "/mcp/", "/mcp?x=1", "/mcp/?x=1"])
      expect(endpoints.ofUrl(url), url).to.deep.equal({ kind: "all" });
    expect(endpoints.ofUrl("/mcp/s/my-mail_2?x")).to.deep.equal({ kind: "server", server: "my-mail_2" });
    expect(endpoints.ofUrl("/mcp/p/dev")).to.deep.include({
      kind: "profile",
      profile: "dev",
      isChosen: false,
    });
  });

  it("takes no other path", () => {
    for (const url of [
      "/",
      "/mcps",
      "/mcp/x",
      "/mcp/s/",
      "/mcp/p/",
      "/mcp/p/a/b",
      "/mcp/p/a%2Fb",
      "/mcp/s/a.b",
      "/MCP",
    ])
      expect(endpoints.ofUrl(url), url).to.equal(undefined);
  });

  it("covers the servers that the endpoint shows", () => {
    const at = (url: string) => {
      const endpoint = endpoints.ofUrl(url);
      return endpoint && [covers(endpoint, "mail"), covers(endpoint, "zoo")];
    };

    expect(at("/mcp")).to.deep.equal([true, true]);
    expect(at("/mcp/s/mail")).to.deep.equal([true, false]);
    expect(at("/mcp/p/dev")).to.deep.equal([true, false]);
    expect(at("/mcp/p/gemini")).to.deep.equal([true, true]);
    expect(at("/mcp/p/unknown")).to.deep.equal([false, false]);
  });

  it("gives every endpoint a key of its own, and takes it back", () => {
    const urls = ["/mcp", "/mcp/s/dev", "/mcp/p/dev", "/mcp/p/gemini"];
    const found = urls.map((url) => endpoints.ofUrl(url) ?? expect.fail(url));

    expect(new Set(found.map(keyOf)).size).to.equal(urls.length);
    expect(found.map((endpoint) => endpoints.ofKey(keyOf(endpoint)))).to.deep.equal(found);
  });

  describe("choosing by the client's name", () => {
    const all = endpoints.ofUrl("/mcp") ?? expect.fail();
    const client = { name: "Gemini-CLI", version: "1" };

    it("gives a client that a profile wants that profile, at /mcp", () => {
      const chosen = endpoints.choose(all, client);

      expect(chosen).to.deep.include({ kind: "profile", profile: "gemini", isChosen: true });
      expect(keyOf(chosen), "to the client it is /mcp").to.equal("*");
      expect(endpoints.choose(all, client), "made once").to.equal(chosen);
    });

    it("leaves every other client and every named endpoint alone", () => {
      expect(endpoints.choose(all, { name: "codex" })).to.equal(all);
      expect(endpoints.choose(all, {})).to.equal(all);
      expect(endpoints.choose(all, { name: 7 })).to.equal(all);
      expect(endpoints.choose(all, undefined)).to.equal(all);
      for (const url of ["/mcp/s/mail", "/mcp/p/dev"]) {
        const named = endpoints.ofUrl(url) ?? expect.fail(url);
        expect(endpoints.choose(named, client)).to.equal(named);
      }
    });

    it("has nothing to choose without profiles", () => {
      expect(new Endpoints().choose(all, client)).to.equal(all);
    });
  });
});
