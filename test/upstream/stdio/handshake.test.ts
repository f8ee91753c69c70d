import { expect } from "chai";

import { VERSION_2026 } from "../../../src/domain/protocol.ts";
import type { StdioConnection } from "../../../src/upstream/stdio/stdio-connection.ts";
import { descendantsOf, stillRunning } from "../../support/child-processes.ts";
import { proves } from "../../support/proves.ts";
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

  describe("for callers of the 2026 era", () => {
    const openings = (argument: string, overrides: Parameters<StdioBench["fixture"]>[2] = {}) =>
      bench.fixture("opening", argument, { wanted: "2026", silenceMs: 200, ...overrides });
    /** The child's process, and the methods that it got. */
    const whatCame = async (connection: StdioConnection): Promise<readonly [number, ...string[]]> => {
      const reply = await connection.call(toolCall("tell", {}, { era: connection.era }));
      return JSON.parse(textOf(reply.value)) as [number, ...string[]];
    };
    const LEGACY = ["server/discover", "initialize", "notifications/initialized", "tools/call"];

    it("asks a child of both eras in theirs, and nothing else", async () => {
      const connection = await openings("both", { silenceMs: 5_000 });

      expect(connection.era).to.equal("2026");
      expect((await whatCame(connection)).slice(1)).to.deep.equal(["server/discover", "tools/call"]);
    });

    it("speaks to a server of the SDK of both eras in theirs", async () => {
      const connection = await bench.fixture("modern", "", { wanted: "2026" });

      expect(connection.era).to.equal("2026");
      expect(connection.instructions).to.equal("Era modern.");
    });

    for (const argument of ["2025", "silent-2025", "other-version"]) {
      it(`goes on with initialize on the same one process (${argument})`, async () => {
        proves("eras.one-child");
        const before = descendantsOf(process.pid);

        const connection = await openings(argument);

        expect(connection.era).to.equal("2025");
        const [pid, ...methods] = await whatCame(connection);
        expect(methods).to.deep.equal(LEGACY);
        expect(pid).to.equal(connection.pid);
        const started = descendantsOf(process.pid).filter((child) => !before.includes(child));
        expect(stillRunning(started)).to.deep.equal([connection.pid]);
      });

      it(`does not ask such a child again (${argument})`, async () => {
        await openings(argument);

        const again = await openings(argument);

        expect((await whatCame(again)).slice(1)).to.deep.equal(LEGACY.slice(1));
      });
    }

    it("takes an answer that comes late", async () => {
      const connection = await openings("late-2026");

      expect(connection.era).to.equal("2026");
      expect(connection.serverInfo).to.deep.equal({ name: "opening", version: "1" });
    });

    it("waits longer for a child that has answered before", async () => {
      await openings("late-2026");

      const again = await openings("late-2026");

      expect((await whatCame(again)).slice(1)).to.deep.equal(["server/discover", "tools/call"]);
    });

    it("concludes nothing from a child that died, or said nothing at all", async () => {
      proves("eras.evidence");
      const died = await rejection(() => openings("dies-of-discover"));
      const silent = await rejection(() => openings("mute", { limits: { connectMs: 400 } }));

      expect([died.code, silent.code]).to.deep.equal(["upstream_unavailable", "upstream_unavailable"]);
      expect(bench.learned).to.deep.equal([]);
    });

    it("sends nothing first where the operator vouches for their era", async () => {
      const connection = await openings("2025", { era: "assume-2026" });

      expect(connection.era).to.equal("2026");
      expect(connection.capabilities).to.have.all.keys("tools", "resources", "prompts", "completions");
      expect((await whatCame(connection)).slice(1)).to.deep.equal(["tools/call"]);
    });
  });

  it("does not initialize a child again that has refused it", async () => {
    const first = await bench.fixture("opening", "2026");
    const again = await bench.fixture("opening", "2026");

    const methods = async (connection: StdioConnection) =>
      JSON.parse(textOf((await connection.call(toolCall("tell", {}, { era: "2026" }))).value)) as unknown[];
    expect((await methods(first)).slice(1, 3)).to.deep.equal(["initialize", "server/discover"]);
    expect((await methods(again)).slice(1)).to.deep.equal(["server/discover", "tools/call"]);
  });

  it("says to a child of 2026 what those can do who use the connection", async () => {
    const client = { capabilities: { sampling: {} }, clientInfo: { name: "inspector", version: "9" } };
    const connection = await bench.fixture("modern", "2026-only", { client, shared: false });

    const reply = await connection.call(toolCall("envelope", {}, { era: "2026" }));

    expect((JSON.parse(textOf(reply.value)) as { envelope: unknown }).envelope).to.deep.equal({
      "io.modelcontextprotocol/protocolVersion": VERSION_2026,
      "io.modelcontextprotocol/clientInfo": client.clientInfo,
      "io.modelcontextprotocol/clientCapabilities": client.capabilities,
    });
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

    expect((list.value["tools"] as readonly unknown[]).length).to.equal(5);
    expect(bench.notifications.map(({ method }) => method)).to.include("notifications/tools/list_changed");
  });
});
