import { expect } from "chai";

import type { JsonObject } from "../../../src/domain/json.ts";
import { Reply } from "../../../src/wire/reply.ts";
import { type FrontHarness, tool } from "../../support/mcp-front.ts";
import { ERAS, ISSUE, SearchFront } from "./search-front.ts";

for (const era of ERAS) {
  describe(`meta-tools for a client of ${era}`, () => {
    let at: SearchFront;
    const start = async (...options: Parameters<typeof FrontHarness.start>) => {
      await at.front.close();
      at = await SearchFront.start(era, ...options);
    };

    beforeEach(async () => {
      at = await SearchFront.start(era);
    });
    afterEach(() => at.front.close());

    it("are the list in search mode, in a fixed order and with valid names", async () => {
      const names = await at.names();

      expect(names).to.deep.equal(["search_tools", "describe_tools", "call_tool", "call_read_tool"]);
      expect(await at.list()).to.deep.equal(await at.list());
    });

    it("tell who may not call nothing of calling", async () => {
      at.headers = { authorization: "Bearer viewer:vera" };

      expect(await at.names()).to.deep.equal(["search_tools", "describe_tools"]);
      expect(await at.ask("search_tools", { query: "issue" })).to.have.property("total");
    });

    it("find, describe and call a tool", async () => {
      at.front.answer = () => Reply.of("result", { content: [{ type: "text", text: "#7" }] }, "2025");

      const found = await at.ask("search_tools", { query: "create an issue" });
      const described = await at.ask("describe_tools", { ids: ["github__create_issue"] });
      const called = await at.call("call_tool", {
        name: "github__create_issue",
        arguments: { repo: "r", title: "t" },
      });

      expect((found["matches"] as JsonObject[])[0]).to.deep.include({
        id: "github__create_issue",
        signature: "github__create_issue(repo: string, title: string, body?: string)",
        description: "Create an issue in a repository",
        risk: "write",
        score: 1,
        inputSchema: ISSUE,
      });
      expect((described["tools"] as JsonObject[])[0]).to.deep.include({
        id: "github__create_issue",
        server: "github",
        inputSchema: ISSUE,
        health: { level: "healthy", code: "ok" },
      });
      expect(called.content).to.deep.equal([{ type: "text", text: "#7" }]);
      expect(at.front.calls[0]?.tool.id).to.equal("github__create_issue");
      expect(at.front.calls[0]?.args).to.deep.equal({ repo: "r", title: "t" });
      expect(at.front.calls[0]?.extra).to.equal(undefined);
    });

    it("pass on what belongs to the call: caller, meta, progress and what a retry carries", async () => {
      const more = { _meta: { "example.com/trace": "t1" }, inputResponses: { a: 1 }, requestState: "theirs" };

      await at.call("call_tool", { name: "files__read_file" }, era === "2026" ? more : { _meta: more._meta });

      const [call] = at.front.calls;
      expect(call?.identity.subject).to.equal("anna");
      expect(call?.meta).to.deep.equal({ "example.com/trace": "t1" });
      if (era === "2026")
        expect(call?.extra).to.deep.equal({ inputResponses: { a: 1 }, requestState: "theirs" });
    });

    it("answer as the tool does, errors and structured content included", async () => {
      const result = { content: [], structuredContent: { sum: 3 }, isError: true, _meta: { "x/y": 1 } };
      at.front.answer = () => Reply.of("result", result, "2025");

      const direct = await at.call("files__read_file", {});
      const indirect = await at.call("call_tool", { name: "files__read_file" });

      expect(indirect).to.deep.equal(direct);
      expect(indirect).to.deep.include({ structuredContent: { sum: 3 }, isError: true });
    });

    it("understand how other gateways spell a call", async () => {
      await at.call("call_tool", { tool_name: "files__read_file", args: { path: "a" } });
      await at.call("call_tool", { server: "files", tool: "read_file", arguments: '{"path":"a"}' });
      await at.call("call_tool", { name: "mcp__switchgear__files__read_file", input: { path: "a" } });

      expect(at.front.calls.map(({ tool: { id }, args }) => [id, args])).to.deep.equal(
        Array.from({ length: 3 }, () => ["files__read_file", { path: "a" }]),
      );
    });

    it("answer a wrong name with the nearest, and call nothing", async () => {
      const { isError, content, _meta } = await at.call("call_tool", {
        name: "github__make_issue",
        arguments: {},
      });

      expect(isError).to.equal(true);
      expect(content[0]?.text).to.include(
        'There is no tool "github__make_issue" here. The nearest: github__',
      );
      expect(_meta).to.deep.nested.include({ "io\\.switchgear/call.code": "tool_not_found" });
      expect(_meta).to.deep.nested.include({ "io\\.switchgear/call.executed": "not_executed" });
      expect(at.front.calls).to.deep.equal([]);
    });

    it("answer what cannot be understood with what to do, and call nothing", async () => {
      for (const args of [
        {},
        { name: "a", tool: "b" },
        { name: "files__read_file", path: "x" },
        { name: "call_tool" },
      ]) {
        const { isError, _meta } = await at.call("call_tool", args);
        expect(isError, JSON.stringify(args)).to.equal(true);
        expect(_meta).to.deep.nested.include({ "io\\.switchgear/call.code": "invalid_request" });
      }
      expect(at.front.calls).to.deep.equal([]);
    });

    it("let call_read_tool call what a trusted server marks as read-only, and nothing else", async () => {
      await at.call("call_read_tool", { name: "files__read_file", arguments: { path: "a" } });
      const marked = await at.call("call_read_tool", { name: "github__list_issues" });
      const unmarked = await at.call("call_read_tool", { name: "files__write_file" });

      expect(at.front.calls.map(({ tool: { id } }) => id)).to.deep.equal(["files__read_file"]);
      for (const { isError, content, _meta } of [marked, unmarked]) {
        expect(isError).to.equal(true);
        expect(content[0]?.text).to.include("The call was not executed");
        expect(_meta).to.deep.nested.include({ "io\\.switchgear/call.code": "tool_not_read_only" });
      }
    });

    it("know of nothing that the profile does not show", async () => {
      await start(
        {},
        { reader: { tools: { allow: ["read_*", "list_*"] }, names: "short", schema: "gemini" } },
      );
      at.path = "/mcp/p/reader";

      const found = await at.ask("search_tools", {
        query: "create an issue, write or read a file",
        limit: 25,
      });
      const [described] = (await at.ask("describe_tools", { ids: ["github__create_issue"] }))[
        "tools"
      ] as JsonObject[];
      const [checked] = (await at.ask("describe_tools", { ids: ["create_issue"], check: true }))[
        "tools"
      ] as JsonObject[];
      const called = await at.call("call_tool", { name: "github__create_issue" });

      expect((found["matches"] as JsonObject[]).map(({ id }) => id)).to.have.members([
        "read_file",
        "list_issues",
      ]);
      expect(found).to.include({ total: 2, searched: 2 }).and.not.have.property("withheld");
      expect(described).to.include({ error: "tool_not_found" });
      expect(checked).to.include({ callable: false, reason: "unknown_tool" });
      expect(called.isError).to.equal(true);
      expect(JSON.stringify([found, described, checked, called])).to.not.include("write_file");
      expect(at.front.calls).to.deep.equal([]);
    });

    it("take arguments under the names that the profile's dialect shows", async () => {
      await start({}, { claude: { schema: "claude", mode: "search" } });
      const inputSchema = { type: "object", properties: { "a b": { type: "string" } } };
      await at.front.offer("odd", { tools: [tool("x", { inputSchema })] });
      at.path = "/mcp/p/claude";

      const [shown] = (await at.ask("describe_tools", { ids: ["odd__x"] }))["tools"] as JsonObject[];
      const { properties = {} } = (shown?.["inputSchema"] ?? {}) as Partial<typeof inputSchema>;
      const [key = ""] = Object.keys(properties);
      await at.call("call_tool", { name: "odd__x", arguments: { [key]: "v" } });

      expect(key).to.match(/^[\w.-]+$/);
      expect(at.front.calls[0]?.args).to.deep.equal({ "a b": "v" });
    });

    it("find nothing on a server that is down, and say so", async () => {
      const since = "2026-01-01T00:00:00.000Z";
      const summary = "The connection was refused.";
      const health = {
        level: "degraded",
        admin_state: "enabled",
        code: "upstream_unavailable",
        summary,
        since,
      } as const;
      at.front.health.set("github", { ...health, action: { label: "Start it" } });

      const found = await at.ask("search_tools", { query: "issue" });
      const checked = await at.ask("describe_tools", { ids: ["github__create_issue"], check: true });

      expect(found).to.deep.include({ matches: [], total: 0 });
      expect(found["withheld"]).to.deep.equal({
        on_servers_that_are_down: 2,
        down: [{ server: "github", reason: "upstream_unavailable" }],
      });
      expect(checked["tools"]).to.deep.equal([
        {
          id: "github__create_issue",
          callable: false,
          reason: "upstream_unavailable",
          summary,
          since,
          fix: { label: "Start it" },
        },
      ]);
    });

    it("check several tools at once", async () => {
      const { tools } = await at.ask("describe_tools", {
        names: ["files__read_file", "nope_at_all"],
        check: true,
      });

      expect(tools).to.deep.include({
        id: "files__read_file",
        callable: true,
        listed: false,
      });
      expect((tools as JsonObject[])[1]).to.include({ callable: false, reason: "unknown_tool" });
    });

    it("give at most ten definitions, and name the others", async () => {
      await at.front.offer("many", { tools: Array.from({ length: 12 }, (_, one) => tool(`t${one}`)) });
      const ids = Array.from({ length: 12 }, (_, one) => `many__t${one}`);

      const answer = await at.ask("describe_tools", { ids });

      expect(answer["tools"]).to.have.length(10);
      expect(answer["withheld"]).to.deep.equal(["many__t10", "many__t11"]);
    });

    it("search within a server and a risk", async () => {
      const reading = await at.ask("search_tools", { query: "file issue", risk: "read", limit: 25 });
      const writing = await at.ask("search_tools", { query: "file", server: "files", risk: "write" });
      const nowhere = await at.call("search_tools", { query: "file", server: "mars" });

      const ids = (answer: JsonObject) => (answer["matches"] as JsonObject[]).map(({ id }) => id);
      expect(ids(reading)).to.have.members(["files__read_file", "github__list_issues"]);
      expect(ids(writing)).to.deep.equal(["files__write_file"]);
      expect(nowhere.isError).to.equal(true);
      expect(nowhere.content[0]?.text).to.include("there are: files, github");
    });

    it("stay within the characters that the config allows", async () => {
      await start({}, {}, { answerCharacters: 1_000 });
      const many = Array.from({ length: 60 }, (_, one) =>
        tool(`file_${one}`, { description: "A file. ".repeat(50) }),
      );
      await at.front.offer("many", { tools: many });

      const { content } = await at.call("search_tools", { query: "file", limit: 25 });

      expect(content[0]?.text.length).to.be.at.most(1_000);
    });
  });
}
