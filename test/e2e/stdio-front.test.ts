import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { MAIN, type Gateway, startGateway } from "../support/gateway.ts";
import type { Json } from "../support/mcp-clients.ts";
import { proves } from "../support/proves.ts";
import { RawStdio } from "../support/raw-stdio.ts";
import { envelope2026, rpc } from "./messages.ts";

const FAULTY = fileURLToPath(new URL("../fixtures/faulty-stdio.js", import.meta.url));
const RAW = { command: process.execPath, args: [FAULTY] };

function initialization(id: number): Json {
  return rpc(id, "initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "switchgear-e2e", version: "1.0.0" },
  });
}

function burst(id: number): Json {
  return rpc(id, "tools/call", { name: "burst", arguments: { count: 10 }, _meta: { progressToken: "mine" } });
}

describe("switchgear stdio", function () {
  this.timeout(30_000);

  let gateway: Gateway;
  let front: RawStdio;

  before(async () => {
    gateway = await startGateway({ mcpServers: { raw: RAW }, gateway: { startup: { grace: "10s" } } });
  });

  after(() => gateway?.stop());

  beforeEach(() => {
    const args = [MAIN, "stdio", "--data-dir", gateway.dataDir, "--server", "raw"];
    front = new RawStdio({ command: process.execPath, args });
  });

  afterEach(() => front.end());

  it("takes a server/discover, and then an initialize from a client that fell back", async () => {
    proves("stdio.opening");
    front.send(rpc(1, "server/discover", envelope2026()));
    front.send(initialization(2));

    expect(await front.answer(1))
      .to.have.nested.property("result.supportedVersions")
      .that.includes("2026-07-28");
    expect(await front.answer(2)).to.have.nested.property("result.protocolVersion", "2025-11-25");
  });

  it("serves a client of the 2026 era without an initialize", async () => {
    front.send(rpc(1, "tools/call", { name: "echo", arguments: { value: "hi" }, ...envelope2026() }));

    expect(await front.answer(1)).to.have.nested.property("result.content[0].text", "hi");
  });

  it("writes every progress event, in order, ahead of the answer", async () => {
    front.send(initialization(1));
    await front.answer(1);
    front.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    front.send(burst(2));
    await front.answer(2);

    const seen = front.messages
      .slice(1)
      .map((message) => (message["params"] as Json | undefined)?.["progress"]);
    expect(seen).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, undefined]);
  });

  it("answers a line that is no JSON, and goes on", async () => {
    front.send("this is no JSON");
    front.send(initialization(1));

    await front.answer(1);
    expect(front.messages[0]).to.deep.include({ id: null }).and.have.nested.property("error.code", -32700);
  });

  it("writes nothing but JSON-RPC to stdout, and ends with its client", async () => {
    proves("stdio.only-json");
    front.send(initialization(1));
    await front.answer(1);
    front.send(rpc(2, "tools/list"));
    front.send(rpc(3, "no/such"));
    await front.answer(2);
    await front.answer(3);

    expect(front.messages.every((message) => message["jsonrpc"] === "2.0")).to.equal(true);
    expect(await front.end()).to.equal(0);
  });

  it("runs a gateway of its own where none runs", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "switchgear-alone-"));
    const config = join(dataDir, "switchgear.json");
    writeFileSync(config, JSON.stringify({ mcpServers: { raw: RAW }, gateway: { demo: false } }));
    const args = [MAIN, "stdio", "--data-dir", dataDir, "--config", config];
    const alone = new RawStdio({ command: process.execPath, args, env: { HOME: dataDir } });

    alone.send(initialization(1));
    await alone.answer(1);
    alone.send(rpc(2, "tools/call", { name: "raw__echo", arguments: { value: "alone" } }));
    const answer = await alone.answer(2);

    expect(answer).to.have.nested.property("result.content[0].text", "alone");
    expect(await alone.end()).to.equal(0);
    rmSync(dataDir, { recursive: true, force: true });
  });
});
