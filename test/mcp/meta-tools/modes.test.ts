import { expect } from "chai";

import { RPC } from "../../../src/domain/protocol.ts";
import { FrontHarness, tool } from "../../support/mcp-front.ts";
import { ERAS, SearchFront } from "./search-front.ts";

for (const era of ERAS) {
  describe(`meta-tools in the modes of a list, for a client of ${era}`, () => {
    let at: SearchFront;
    const start = async (...options: Parameters<typeof FrontHarness.start>) => {
      await at.front.close();
      at = await SearchFront.start(era, ...options);
    };

    beforeEach(async () => {
      at = await SearchFront.start(era);
    });
    afterEach(() => at.front.close());

    it("leave every tool to be called by its name, in every mode", async () => {
      for (const mode of ["full", "search", "hybrid", "auto"] as const) {
        await start({}, {}, { mode });

        await at.call("files__write_file", {});
        await at.call("call_tool", { name: "files__write_file" });

        expect(at.front.calls, mode).to.have.length(2);
      }
    });

    it("still know an unknown tool for one", async () => {
      const { error } = await at.send("tools/call", { name: "files__nothing", arguments: {} });

      expect(error).to.deep.include({ code: RPC.invalidParams, message: "Unknown tool: files__nothing" });
    });

    it("stand before the pinned tools in hybrid", async () => {
      await start({}, {}, { mode: "hybrid", pinned: ["files__*"] });

      const names = await at.names();

      expect(names.slice(4)).to.deep.equal(["files__read_file", "files__write_file"]);
    });

    it("appear by themselves with the 41st tool", async () => {
      await start({}, {}, { mode: "auto" });
      expect(await at.names())
        .to.have.length(4)
        .and.include("files__read_file");

      await at.front.offer("many", { tools: Array.from({ length: 37 }, (_, one) => tool(`t${one}`)) });

      expect(await at.names()).to.deep.equal([
        "search_tools",
        "describe_tools",
        "call_tool",
        "call_read_tool",
      ]);
    });

    it("can be asked for in the URL, also of a server's own endpoint", async () => {
      await start({}, {}, { mode: "full" });
      expect(await at.names())
        .to.have.length(4)
        .and.include("files__read_file");

      at.path = "/mcp?mode=search";
      expect(await at.names()).to.include("search_tools");
      at.path = "/mcp?mode=nonsense";
      expect(await at.names()).to.include("files__read_file");
      at.path = "/mcp/s/files?mode=search";
      expect(await at.names()).to.include("search_tools");
      expect((await at.ask("search_tools", { query: "file" }))["total"]).to.equal(2);
      await at.call("call_tool", { name: "read_file" });
      expect(at.front.calls[0]?.tool.id).to.equal("files__read_file");
    });

    it("do not exist at a server's own endpoint where nobody asked for them", async () => {
      at.path = "/mcp/s/files";

      expect(await at.names()).to.deep.equal(["read_file", "write_file"]);
      expect(
        (await at.send("tools/call", { name: "search_tools", arguments: { query: "x" } }))["error"],
      ).to.include({
        message: "Unknown tool: search_tools",
      });
    });
  });
}

describe("a client's instructions", () => {
  it("say how to find tools where the list does not show them", async () => {
    const front = await FrontHarness.start({}, { full: { mode: "full" } }, { mode: "search" });
    const info = { name: "t", version: "1" };
    const ask = async (path: string) => {
      const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: info };
      const response = await front.post({ jsonrpc: "2.0", id: 0, method: "initialize", params }, {}, path);
      return JSON.stringify(await response.json());
    };
    const discovered = await (await front.modern("server/discover")).text();

    expect(await ask("/mcp")).to.include("find them with search_tools");
    expect(discovered).to.include("find them with search_tools");
    expect(await ask("/mcp/p/full")).to.not.include("search_tools");
    await front.close();
  });
});
