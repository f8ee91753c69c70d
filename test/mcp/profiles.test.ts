import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { Reply } from "../../src/wire/reply.ts";
import { FrontHarness, tool } from "../support/mcp-front.ts";

const REFS = {
  type: "object",
  properties: { at: { $ref: "#/$defs/Place" }, "who?": { type: "string" } },
  required: ["who?"],
  $defs: { Place: { type: "object", properties: { city: { type: "string" } } } },
};

async function pagesOf(ask: (params: JsonObject) => Promise<JsonObject>): Promise<readonly JsonObject[]> {
  const found: JsonObject[] = [];
  let cursor: unknown;
  do {
    const { result } = (await ask(cursor === undefined ? {} : ({ cursor } as JsonObject))) as {
      result: JsonObject;
    };
    const list = Object.values(result).find((value) => Array.isArray(value));
    found.push(...((list ?? []) as JsonObject[]));
    cursor = result["nextCursor"];
  } while (cursor !== undefined);
  return found;
}

describe("MCP at /mcp/p/{profile}", () => {
  let harness: FrontHarness;

  before(async () => {
    harness = await FrontHarness.start(
      { listPageSize: 3 },
      {
        mail: { servers: ["mail"], description: "Letters only.", tools: { deny: ["delete_*"] } },
        reader: { tools: { allow: ["get_*", "mail__search"] } },
        short: { names: "short", maxNameLength: 24 },
        claude: { schema: "claude", servers: ["mail"] },
        gemini: { schema: "gemini", servers: ["mail", "3d"] },
        empty: { servers: [] },
      },
    );
    await harness.offer("mail", {
      tools: [
        tool("get_mail"),
        tool("delete_mail"),
        tool("search", { inputSchema: REFS }),
        tool("odd", { outputSchema: { type: "array", items: { type: "string" } } }),
      ],
      prompts: [{ name: "reply", arguments: [{ name: "tone" }] }, { name: "a_prompt_with_a_name_so_long" }],
      resources: [
        { uri: "inbox://all", name: "inbox" },
        { uri: "shared://x", name: "x" },
      ],
      resourceTemplates: [{ uriTemplate: "inbox://{id}", name: "one mail" }],
      capabilities: { tools: {}, prompts: {}, resources: {} },
      instructions: "Mail rules.",
    });
    await harness.offer("zoo", {
      tools: [tool("get_animals"), tool("search")],
      prompts: [{ name: "feed" }],
      resources: [{ uri: "shared://x", name: "other x" }],
      resourceTemplates: [{ uriTemplate: "zoo://{cage}", name: "a cage" }],
      capabilities: { tools: {}, prompts: {}, resources: {} },
      instructions: "Zoo rules.",
    });
    await harness.offer("3d", { tools: [tool("print")] });
  });
  after(() => harness.close());
  beforeEach(() => {
    harness.calls.length = 0;
    harness.forwarded.length = 0;
    harness.answer = () => Reply.of("result", { content: [] }, "2025");
    harness.forward = () => Reply.of("result", {}, "2025");
  });

  /** One request of each era; both answers must say the same. */
  const both = async (method: string, params: JsonObject, path: string): Promise<JsonObject> => {
    const old = await harness.legacy(method, params, path);
    const current = (await (await harness.modern(method, params, {}, path)).json()) as JsonObject;
    const { data: _, code: _2, ...error } = (old["error"] ?? {}) as JsonObject;
    expect(current["error"] === undefined).to.equal(old["error"] === undefined);
    if (old["error"] !== undefined) expect(current["error"]).to.deep.include(error);
    else expect(current["result"]).to.deep.include(old["result"]);
    return old;
  };
  /** What a list shows over all its pages; one era must show what the other does. */
  const listed = async (list: string, path: string): Promise<readonly JsonObject[]> => {
    const [old, current] = await Promise.all([
      pagesOf((params) => harness.legacy(`${list}/list`, params, path)),
      pagesOf(async (params) => {
        const response = await harness.modern(`${list}/list`, params, {}, path);
        return (await response.json()) as JsonObject;
      }),
    ]);
    expect(current.map(({ name }) => name)).to.deep.equal(old.map(({ name }) => name));
    return old;
  };
  const names = async (list: string, path: string): Promise<unknown[]> =>
    (await listed(list, path)).map(({ name }) => name);
  const definitions = async (path: string): Promise<ReadonlyMap<unknown, JsonObject>> =>
    new Map((await listed("tools", path)).map((each) => [each["name"], each]));

  describe("lists", () => {
    it("show what the profile selects, over pages, in both eras", async () => {
      expect(await names("tools", "/mcp/p/mail")).to.deep.equal([
        "mail__get_mail",
        "mail__search",
        "mail__odd",
      ]);
      expect(await names("tools", "/mcp/p/reader")).to.deep.equal([
        "mail__get_mail",
        "mail__search",
        "zoo__get_animals",
      ]);
      expect(await names("prompts", "/mcp/p/mail")).to.deep.equal([
        "mail__reply",
        "mail__a_prompt_with_a_name_so_long",
      ]);
      expect(await names("resources", "/mcp/p/mail")).to.deep.equal(["inbox", "x"]);
      expect(await names("resources/templates", "/mcp/p/mail")).to.deep.equal(["one mail"]);
      for (const list of ["tools", "prompts", "resources", "resources/templates"])
        expect(await names(list, "/mcp/p/empty"), list).to.deep.equal([]);
    });

    it("have short names where they can only mean one, within the length", async () => {
      expect(await names("tools", "/mcp/p/short")).to.deep.equal([
        "print",
        "get_mail",
        "delete_mail",
        "mail__search",
        "odd",
        "get_animals",
        "zoo__search",
      ]);
      const prompts = await names("prompts", "/mcp/p/short");
      expect(prompts[0]).to.equal("reply");
      expect(prompts[1]).to.match(/^mail__a_prompt__[0-9a-f]{8}$/);
      expect(prompts[2]).to.equal("feed");
    });

    it("show the URIs that the merged endpoint shows", async () => {
      const { result } = (await harness.legacy("resources/list", {}, "/mcp/p/mail")) as {
        result: { resources: JsonObject[] };
      };

      expect(result.resources.map(({ uri }) => uri)).to.deep.equal([
        "inbox://all",
        "switchgear://mail/shared://x",
      ]);
    });

    it("are written in the profile's dialect, and nowhere else", async () => {
      const [claude, gemini, verbatim] = await Promise.all(
        ["/mcp/p/claude", "/mcp/p/gemini", "/mcp/p/mail"].map(definitions),
      );

      expect(verbatim?.get("mail__search")?.["inputSchema"]).to.deep.equal(REFS);
      expect(claude?.get("mail__search")?.["inputSchema"]).to.deep.equal({
        ...REFS,
        properties: { at: REFS.properties.at, who_: { type: "string" } },
        required: ["who_"],
      });
      expect(gemini?.get("mail__search")?.["inputSchema"]).to.deep.equal({
        type: "object",
        properties: {
          at: { type: "object", properties: { city: { type: "string" } } },
          who_: { type: "string" },
        },
        required: ["who_"],
      });
      expect(gemini?.has("_3d__print"), "Gemini wants a letter first").to.equal(true);
      expect(gemini?.get("mail__odd")).to.not.have.property("outputSchema");
      expect(verbatim?.get("mail__odd")?.["outputSchema"]).to.deep.include({ type: "object" });
    });
  });

  describe("calls", () => {
    it("reach the tool that the name means, with the upstream's own names in the arguments", async () => {
      await both(
        "tools/call",
        { name: "mail__search", arguments: { who_: "x", at: { who_: 1 } } },
        "/mcp/p/claude",
      );
      await both("tools/call", { name: "get_animals" }, "/mcp/p/short");
      await both("tools/call", { name: "_3d__print" }, "/mcp/p/gemini");

      expect(harness.calls.map(({ tool: { server, name }, args }) => [server, name, args])).to.deep.equal([
        ["mail", "search", { "who?": "x", at: { who_: 1 } }],
        ["mail", "search", { "who?": "x", at: { who_: 1 } }],
        ["zoo", "get_animals", {}],
        ["zoo", "get_animals", {}],
        ["3d", "print", {}],
        ["3d", "print", {}],
      ]);
    });

    it("do not find what the profile leaves out, with the error of an unknown tool", async () => {
      const unknown = (await both("tools/call", { name: "mail__nothing" }, "/mcp/p/mail"))[
        "error"
      ] as JsonObject;
      for (const [name, path] of [
        ["mail__delete_mail", "/mcp/p/mail"],
        ["zoo__search", "/mcp/p/mail"],
        ["delete_mail", "/mcp/p/mail"],
        ["mail__get_mail", "/mcp/p/short"],
        ["search", "/mcp/p/short"],
        ["3d__print", "/mcp/p/gemini"],
      ] as const) {
        const { error } = (await both("tools/call", { name }, path)) as { error: JsonObject };
        expect(error["code"], name).to.equal(unknown["code"]);
        expect(error["message"], name).to.equal(`Unknown tool: ${name}`);
      }
      expect(harness.calls).to.deep.equal([]);
    });

    it("wrap an answer that is no object for 2025 clients, whatever the dialect made of the schema", async () => {
      harness.answer = () => Reply.of("result", { content: [], structuredContent: ["a"] }, "2026");

      const { result } = (await harness.legacy("tools/call", { name: "mail__odd" }, "/mcp/p/gemini")) as {
        result: JsonObject;
      };

      expect(result["structuredContent"]).to.deep.equal({ result: ["a"] });
    });

    it("repeat marked arguments in headers under the names that the profile shows", async () => {
      const inputSchema = {
        type: "object",
        properties: { "the region": { type: "string", "x-mcp-header": "Region" } },
      };
      await harness.offer("mail", { tools: [tool("go", { inputSchema })] });
      const go = async (region: string): Promise<number> => {
        const params = { name: "mail__go", arguments: { the_region: "eu" } };
        return (await harness.modern("tools/call", params, { "mcp-param-region": region }, "/mcp/p/claude"))
          .status;
      };

      expect(await go("eu")).to.equal(200);
      expect(await go("us")).to.equal(400);
      expect(harness.calls.map(({ args }) => args)).to.deep.equal([{ "the region": "eu" }]);
    });
  });
});
