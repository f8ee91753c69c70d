import { expect } from "chai";

import { parseConfigText } from "../../src/config/config.ts";
import { GatewayError } from "../../src/domain/errors.ts";

const around = { env: {}, cwd: "/work", home: "/home/anna" };
const gatewayOf = (settings: object) =>
  parseConfigText(JSON.stringify({ gateway: settings }), around).gateway;

describe("the settings of lists and meta-tools", () => {
  it("are taken as they are", () => {
    const settings = {
      mode: "hybrid",
      pinned: ["github__create_issue", "files__*"],
      metaTools: { answerCharacters: 2_000, deferringClients: ["my-agent*"] },
    } as const;

    expect(gatewayOf(settings)).to.deep.include(settings);
  });

  it("have defaults, each on its own", () => {
    const { mode, pinned, metaTools } = gatewayOf({ metaTools: { answerCharacters: 1_000 } });

    expect({ mode, pinned }).to.deep.equal({ mode: "full", pinned: [] });
    expect(metaTools.deferringClients).to.include("claude-code");
  });

  it("are refused where they mean nothing", () => {
    for (const settings of [
      { mode: "some" },
      { pinned: [""] },
      { metaTools: { answerCharacters: 10 } },
      { metaTools: { limit: 3 } },
    ])
      expect(() => gatewayOf(settings), JSON.stringify(settings)).to.throw(GatewayError);
  });

  it("may be a profile's own", () => {
    const profiles = { dev: { mode: "search", pinned: ["a__b"] } };

    const parsed = parseConfigText(JSON.stringify({ profiles }), around).profiles["dev"];

    expect(parsed).to.deep.include({ mode: "search", pinned: ["a__b"] });
  });
});
