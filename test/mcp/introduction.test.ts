import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { EMPTY_OFFERING, type Offering } from "../../src/domain/offering.ts";
import { META } from "../../src/domain/protocol.ts";
import { Introduction } from "../../src/mcp/introduction.ts";
import { Catalog } from "../../src/registry/catalog.ts";
import { Profiles } from "../../src/registry/profiles.ts";

const MAIL = { kind: "server", server: "mail" } as const;
const ALL = { kind: "all" } as const;
const UI = { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] } };

function introduce(offerings: Readonly<Record<string, Partial<Offering>>>): Introduction {
  return new Introduction({
    modeAt: () => "full",
    info: { name: "switchgear", version: "1.0.0" },
    profiles: new Profiles({ profiles: {}, catalog: () => Catalog.empty }),
    servers: () => Object.keys(offerings),
    offeringOf: (server) => {
      const offering = offerings[server];
      return offering && { ...EMPTY_OFFERING, ...offering };
    },
  });
}

describe("how the gateway introduces itself", () => {
  const icons = [{ src: "https://mail.example/icon.png", sizes: ["48x48"] }];
  const serverInfo = {
    name: "mailer",
    title: "Mail",
    version: "9",
    icons,
    websiteUrl: "https://mail.example",
  };

  it("bears a server's looks on that server's own endpoint, under its own name", () => {
    const introduction = introduce({ mail: { serverInfo } });

    expect(introduction.serverInfo(MAIL)).to.deep.equal({
      name: "switchgear",
      title: "Switchgear",
      version: "1.0.0",
      icons,
      websiteUrl: "https://mail.example",
    });
  });

  it("bears nobody's looks where all servers speak, or where the server has none", () => {
    const own = { name: "switchgear", title: "Switchgear", version: "1.0.0" };

    expect(introduce({ mail: { serverInfo } }).serverInfo(ALL)).to.deep.equal(own);
    expect(introduce({ mail: {} }).serverInfo(MAIL)).to.deep.equal(own);
    expect(introduce({}).serverInfo(MAIL)).to.deep.equal(own);
  });

  it("says the same of itself to both eras", () => {
    const introduction = introduce({ mail: { serverInfo, capabilities: { tools: {}, extensions: UI } } });

    const legacy = introduction.initialization(MAIL, "2025-11-25");
    const modern = introduction.discovery(MAIL, 1_000);

    expect((modern["_meta"] as JsonObject)[META.serverInfo]).to.deep.equal(legacy["serverInfo"]);
    expect(modern["capabilities"]).to.deep.equal(legacy["capabilities"]);
    expect(legacy["capabilities"]).to.deep.equal({ tools: { listChanged: true }, extensions: UI });
  });

  it("has what one of its servers has, and leaves out one that it has not seen yet", () => {
    const introduction = introduce({ mail: { capabilities: { extensions: UI } }, files: {}, new: {} });

    expect(introduction.capabilities(ALL, "2026")["extensions"]).to.deep.equal(UI);
    expect(introduce({}).capabilities(ALL, "2026")).to.not.have.property("extensions");
  });

  it("promises a client of a server that was not seen yet what a server may have", () => {
    expect(Object.keys(introduce({}).capabilities(MAIL, "2025"))).to.deep.equal([
      "tools",
      "resources",
      "prompts",
      "completions",
      "logging",
    ]);
  });
});
