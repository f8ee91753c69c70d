import { expect } from "chai";

import { initializeParams, ownEnvelope } from "../../src/upstream/client-params.ts";

const OWN = { name: "switchgear", version: "1.2.3" };
const P = "io.modelcontextprotocol/";

describe("initializeParams", () => {
  it("declares the capabilities of the protocol, verbatim, and none besides", () => {
    const capabilities = {
      sampling: { tools: {}, later: [1] },
      elicitation: { form: {}, url: {} },
      roots: { listChanged: true },
      tasks: { requests: {} },
      experimental: { "x/y": {} },
      extensions: { "io.modelcontextprotocol/ui": {} },
      made_up: {},
    };

    const { made_up: _, ...known } = capabilities;

    expect(initializeParams(OWN, { capabilities })).to.deep.equal({
      protocolVersion: "2025-11-25",
      capabilities: known,
      clientInfo: OWN,
    });
  });

  it("declares nothing for those who can do nothing", () => {
    expect(initializeParams(OWN, { capabilities: {} })["capabilities"]).to.deep.equal({});
  });

  it("names the caller where the caller is known", () => {
    const clientInfo = { name: "inspector", version: "9", title: "Inspector" };

    expect(initializeParams(OWN, { capabilities: {}, clientInfo })["clientInfo"]).to.deep.equal(clientInfo);
  });
});

describe("ownEnvelope", () => {
  it("says version, capabilities and name", () => {
    expect(ownEnvelope(OWN, { capabilities: { sampling: {} } })).to.deep.equal({
      [`${P}protocolVersion`]: "2026-07-28",
      [`${P}clientCapabilities`]: { sampling: {} },
      [`${P}clientInfo`]: OWN,
    });
  });

  it("says the caller's name and log level where they are known", () => {
    const clientInfo = { name: "inspector", version: "9" };

    const envelope = ownEnvelope(OWN, { capabilities: {}, clientInfo, logLevel: "info" });

    expect(envelope).to.deep.include({ [`${P}clientInfo`]: clientInfo, [`${P}logLevel`]: "info" });
  });
});
