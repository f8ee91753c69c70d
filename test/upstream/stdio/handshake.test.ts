import { expect } from "chai";

import { VERSION_2026 } from "../../../src/domain/protocol.ts";
import { rejection } from "../../support/refusal.ts";
import { StdioBench, call, textOf, toolCall } from "./stdio-bench.ts";

describe("handshake with a stdio child", function () {
  this.timeout(15_000);
  let bench: StdioBench;

  beforeEach(() => {
    bench = new StdioBench();
  });
  afterEach(() => bench.close());

  it("discovers a child of 2026 on the same process after it has refused initialize", async () => {
    const connection = await bench.fixture("modern", "2026-only");

    expect(connection.era).to.equal("2026");
    expect(connection.serverInfo).to.deep.equal({ name: "modern", version: "2" });
    expect(connection.capabilities).to.have.property("tools");
    expect(connection.instructions).to.equal("Era modern.");
  });

  it("speaks 2025 first with a child of both eras", async () => {
    const connection = await bench.fixture("modern", "");

    expect(connection.era).to.equal("2025");
    expect(connection.instructions).to.equal("Era legacy.");
  });

  it("discovers at once when the operator says 2026", async () => {
    const connection = await bench.fixture("modern", "", { era: "2026" });

    expect(connection.era).to.equal("2026");
    expect(connection.instructions).to.equal("Era modern.");
  });

  it("does not discover when the operator says 2025", async () => {
    const error = await rejection(() => bench.fixture("modern", "2026-only", { era: "2025" }));

    expect(error.code).to.equal("upstream_protocol_error");
    expect(error.details).to.include({ rpc_code: -32022 });
    expect(error.executed).to.equal("not_executed");
  });

  it("tells the child that it is initialized before the first call", async () => {
    const connection = await bench.tools();

    const reply = await connection.call(toolCall("received"));

    const methods = (JSON.parse(textOf(reply.value)) as { method: string }[]).map(({ method }) => method);
    expect(methods).to.deep.equal(["initialize", "notifications/initialized", "tools/call"]);
  });

  it("introduces itself with its name and the newest version of 2025", async () => {
    const connection = await bench.tools({ clientInfo: { name: "switchgear", version: "9.9.9" } });

    const reply = await connection.call(toolCall("received"));

    const [initialize] = JSON.parse(textOf(reply.value)) as { params: unknown }[];
    expect(initialize?.params).to.deep.equal({
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "switchgear", version: "9.9.9" },
    });
  });

  it("accepts a child of an older version", async () => {
    const connection = await bench.fixture("misbehaving-start", "old-version");

    expect(connection.era).to.equal("2025");
  });

  it("refuses a version that it does not know", async () => {
    const error = await rejection(() => bench.fixture("misbehaving-start", "unknown-version"));

    expect(error.code).to.equal("upstream_protocol_error");
    expect(error.details["offered"]).to.deep.equal(["1999-01-01"]);
    expect(error.details["supported"]).to.include("2025-11-25");
  });

  it("quotes why initialize was refused when the child knows neither era", async () => {
    const error = await rejection(() => bench.fixture("misbehaving-start", "refuses-everything"));

    expect(error.code).to.equal("upstream_protocol_error");
    expect(error.details).to.include({ rpc_code: -32603, rpc_message: "No licence" });
  });

  it("refuses an introduction that is not JSON", async () => {
    const error = await rejection(() => bench.fixture("misbehaving-start", "unreadable-handshake"));

    expect(error.code).to.equal("upstream_protocol_error");
    expect(error.executed).to.equal("not_executed");
  });

  it("wraps every request of 2026 in its envelope", async () => {
    const connection = await bench.fixture("modern", "2026-only");

    const reply = await connection.call(toolCall("envelope", {}, { era: "2026" }));

    expect(reply.era).to.equal("2026");
    expect((JSON.parse(textOf(reply.value)) as { envelope: unknown }).envelope).to.deep.equal({
      "io.modelcontextprotocol/protocolVersion": VERSION_2026,
      "io.modelcontextprotocol/clientInfo": { name: "switchgear", version: "0" },
      "io.modelcontextprotocol/clientCapabilities": {},
    });
  });

  it("hands on what a caller of 2026 says of itself", async () => {
    const connection = await bench.fixture("modern", "2026-only");
    const envelope = {
      capabilities: { elicitation: {} },
      clientInfo: { name: "caller", version: "3" },
      logLevel: "debug",
    };

    const reply = await connection.call(toolCall("envelope", {}, { era: "2026", envelope }));

    expect((JSON.parse(textOf(reply.value)) as { envelope: unknown }).envelope).to.deep.equal({
      "io.modelcontextprotocol/protocolVersion": VERSION_2026,
      "io.modelcontextprotocol/clientInfo": { name: "caller", version: "3" },
      "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
      "io.modelcontextprotocol/logLevel": "debug",
    });
  });

  it("hears of a changed list from a child of 2026", async () => {
    const connection = await bench.fixture("modern", "2026-only");

    await connection.call(toolCall("grow", {}, { era: "2026" }));
    const list = await connection.call(call("tools/list", { era: "2026" }));

    expect((list.value["tools"] as readonly unknown[]).length).to.equal(4);
    expect(bench.notifications.map(({ method }) => method)).to.include("notifications/tools/list_changed");
  });
});
