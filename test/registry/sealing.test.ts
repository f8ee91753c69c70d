import { expect } from "chai";

import { type HttpTool, NewHttpTool } from "../../src/domain/http-tool.ts";
import type { Server } from "../../src/domain/server.ts";
import { Sealing } from "../../src/registry/sealing.ts";
import { SecretBox } from "../../src/secrets/secrets.ts";
import { aServer, http, stdio } from "../support/open-registry.ts";
import { refusal } from "../support/refusal.ts";

describe("Sealing", () => {
  const sealing = new Sealing(new SecretBox(Buffer.alloc(32, 7)));
  const env = { TOKEN: "hunter2", HOME: "${HOME}", AUTH: "Bearer ${KEY:-none}", EMPTY: "", HALF: "a${b" };
  const server = aServer("files", { env });

  it("seals literal values of env and leaves references alone", () => {
    const { entry } = sealing.sealServer(server);

    expect(JSON.stringify(entry)).to.not.include("hunter2").and.not.include("a${b");
    expect(entry).to.have.property("command", "node");
    expect("env" in entry && entry.env).to.include({ HOME: "${HOME}", AUTH: "Bearer ${KEY:-none}" });
  });

  it("gives back exactly what was sealed", () => {
    expect(sealing.openServer(sealing.sealServer(server))).to.deep.equal(server);
  });

  it("seals headers of HTTP servers and of HTTP tools", () => {
    const remote: Server = { ...server, entry: http({ headers: { Authorization: "Bearer hunter2" } }) };
    const definition = NewHttpTool.parse({
      name: "t",
      description: "d",
      endpoint: "https://x.y",
      headers: { K: "hunter2" },
    });
    const tool: HttpTool = { ...definition, id: "tool_1", revision: 1, created_at: "", updated_at: "" };

    expect(JSON.stringify([sealing.sealServer(remote), sealing.sealTool(tool)])).to.not.include("hunter2");
    expect(sealing.openServer(sealing.sealServer(remote))).to.deep.equal(remote);
    expect(sealing.openTool(sealing.sealTool(tool))).to.deep.equal(tool);
  });

  it("opens no value that was copied to another server or another variable", () => {
    const sealed = sealing.sealServer(server);
    const { TOKEN = "" } = "env" in sealed.entry ? sealed.entry.env : {};

    const elsewhere = { ...aServer("thief"), entry: sealed.entry };
    const renamed: Server = { ...server, entry: stdio({ env: { SHOWN: TOKEN } }) };

    expect(refusal(() => sealing.openServer(elsewhere)).code).to.equal("config_invalid");
    expect(refusal(() => sealing.openServer(renamed)).code).to.equal("config_invalid");
  });
});
