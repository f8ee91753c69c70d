import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { UpstreamBroken, UpstreamUnavailable } from "../../src/domain/upstream-errors.ts";
import { Reply } from "../../src/wire/reply.ts";
import { FrontHarness, tool } from "../support/mcp-front.ts";
import { proves } from "../support/proves.ts";

interface ListAnswer {
  readonly result: { readonly tools: readonly JsonObject[]; readonly nextCursor?: string } & JsonObject;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: JsonObject };
}

describe("MCP methods", () => {
  let harness: FrontHarness;

  before(async () => {
    harness = await FrontHarness.start({ listPageSize: 3 });
    await harness.offer("mail", {
      tools: [
        tool("send", { title: "Send", icons: [{ src: "https://x/i.png" }], vendor: { kept: true } }),
        tool("read"),
      ],
      prompts: [{ name: "reply", arguments: [{ name: "tone" }] }],
      resources: [
        { uri: "inbox://all", name: "inbox" },
        { uri: "shared://x", name: "x" },
      ],
      resourceTemplates: [{ uriTemplate: "inbox://{id}", name: "one mail" }],
      capabilities: { tools: {}, prompts: {}, resources: {} },
      instructions: "Mail rules.",
    });
    await harness.offer("files", {
      tools: [
        tool("read"),
        tool("write"),
        tool("odd", { outputSchema: { type: "array", items: { type: "string" } } }),
      ],
      resources: [{ uri: "shared://x", name: "other x" }],
      capabilities: { tools: {} },
    });
  });
  after(() => harness.close());
  beforeEach(() => {
    harness.calls.length = 0;
    harness.forwarded.length = 0;
    harness.answer = () => Reply.of("result", { content: [] }, "2025");
    harness.forward = () => Reply.of("result", {}, "2025");
    harness.failures.clear();
  });

  const namesOf = (answer: JsonObject): unknown[] =>
    (answer as unknown as ListAnswer).result.tools.map(({ name }) => name);
  const listed = async (params: JsonObject = {}, path = "/mcp"): Promise<ListAnswer> =>
    (await harness.legacy("tools/list", params, path)) as unknown as ListAnswer;

  describe("lists", () => {
    it("merges all servers under prefixed names, in a stable order, over pages of its own", async () => {
      proves("lists.pages", "lists.order");
      const first = await listed();
      const second = await listed({ cursor: first.result.nextCursor });

      expect(namesOf(first as never)).to.deep.equal(["files__read", "files__write", "files__odd"]);
      expect(namesOf(second as never)).to.deep.equal(["mail__send", "mail__read"]);
      expect(second.result.nextCursor).to.equal(undefined);
    });

    it("answers -32602 to a cursor that it never gave out", async () => {
      expect((await listed({ cursor: "bogus" })).error?.code).to.equal(-32602);
      expect((await listed({ cursor: 7 })).error?.code).to.equal(-32602);
    });

    it("keeps names, unknown fields and order of a server on its own endpoint", async () => {
      const own = await listed({}, "/mcp/s/mail");
      expect(namesOf(own as never)).to.deep.equal(["send", "read"]);
      expect(own.result.tools[0]).to.deep.equal(
        tool("send", { title: "Send", icons: [{ src: "https://x/i.png" }], vendor: { kept: true } }),
      );
    });

    it("tells a 2026 client how long a list may be kept", async () => {
      proves("lists.cache-hints");
      const body = (await (await harness.modern("tools/list")).json()) as ListAnswer;
      expect(body.result).to.include({ resultType: "complete", cacheScope: "private" });
      expect(body.result["ttlMs"]).to.be.a("number");
    });

    it("wraps an output schema that is no object for 2025 clients only, in the list and in the answer", async () => {
      proves("structured.wrapped");
      harness.answer = () => Reply.of("result", { content: [], structuredContent: ["a"] }, "2026");
      const find = (answer: ListAnswer) => answer.result.tools.find(({ name }) => name === "odd");

      const old = find(await listed({}, "/mcp/s/files"));
      const current = find(
        (await (await harness.modern("tools/list", {}, {}, "/mcp/s/files")).json()) as ListAnswer,
      );
      const oldCall = (await harness.legacy("tools/call", { name: "files__odd" })) as { result: JsonObject };
      const newCall = (await (await harness.modern("tools/call", { name: "files__odd" })).json()) as {
        result: JsonObject;
      };

      expect(old?.["outputSchema"]).to.deep.equal({
        type: "object",
        properties: { result: { type: "array", items: { type: "string" } } },
        required: ["result"],
      });
      expect(current?.["outputSchema"]).to.deep.equal({ type: "array", items: { type: "string" } });
      expect(oldCall.result["structuredContent"]).to.deep.equal({ result: ["a"] });
      expect(newCall.result["structuredContent"]).to.deep.equal(["a"]);
    });

    it("waits for upstreams that are still connecting before it answers", async () => {
      let waited = false;
      harness.settle = async () => {
        waited = true;
      };
      await listed();
      expect(waited).to.equal(true);
    });

    it("says on a server's own endpoint why it has nothing to show", async () => {
      proves("lists.errors");
      await harness.offer("dead", {});
      await harness.registry.removeServer("dead");
      await harness.registry.addServer("dead", harness.registry.getServer("mail").entry as never, "api");
      harness.failures.set("dead", new UpstreamUnavailable("dead", "connection refused"));

      const answer = await listed({}, "/mcp/s/dead");

      expect(answer.error?.message).to.equal('Upstream "dead" cannot be reached: connection refused.');
      expect(answer.error?.data).to.include({ code: "upstream_unavailable", server: "dead" });
      await harness.registry.removeServer("dead");
    });
  });

  describe("tools/call", () => {
    it("calls the upstream's own tool with the arguments, the rest of the params and _meta", async () => {
      const params = {
        name: "mail__send",
        arguments: { to: "x" },
        requestState: "s",
        _meta: { trace: 1, progressToken: 2 },
      };
      await harness.legacy("tools/call", params);

      const [call] = harness.calls;
      expect(call?.tool).to.include({ server: "mail", name: "send" });
      expect(call?.args).to.deep.equal({ to: "x" });
      expect(call?.extra).to.deep.equal({ requestState: "s" });
      expect(call?.meta).to.deep.equal({ trace: 1 });
    });

    it("takes prefixed names on /mcp and own names on the server's endpoint, never the other way round", async () => {
      proves("names.single", "names.merged");
      const codeOf = async (name: string, path: string): Promise<unknown> =>
        ((await harness.legacy("tools/call", { name }, path)) as unknown as ListAnswer).error?.code;

      expect(await codeOf("mail__send", "/mcp")).to.equal(undefined);
      expect(await codeOf("send", "/mcp/s/mail")).to.equal(undefined);
      expect(await codeOf("send", "/mcp")).to.equal(-32602);
      expect(await codeOf("write", "/mcp/s/mail")).to.equal(-32602);
    });

    it("shows a failure on the way as a result that a model can read, with what is known of the execution", async () => {
      proves("call.outcome");
      harness.answer = () => {
        throw new UpstreamBroken("mail", "the stream was cut");
      };
      const { result } = (await harness.legacy("tools/call", { name: "mail__send" })) as {
        result: JsonObject;
      };

      expect(result["isError"]).to.equal(true);
      expect(JSON.stringify(result["content"]))
        .to.include("mail")
        .and.to.include("unknown whether the call was executed");
      expect((result["_meta"] as JsonObject)["io.switchgear/call"]).to.include({
        code: "upstream_broken",
        server: "mail",
        executed: "unknown",
        request_id: "req-1",
      });
    });

    it("answers a fault of the request as a JSON-RPC error", async () => {
      harness.answer = () => {
        throw new GatewayError("forbidden", "no");
      };
      const { error } = (await harness.legacy("tools/call", { name: "mail__send" })) as unknown as ListAnswer;
      expect(error?.code).to.equal(-32603);
      expect(error?.data).to.include({ code: "forbidden" });
    });

    it("tells nothing of an unexpected failure but the request id", async () => {
      harness.answer = () => {
        throw new TypeError("secret stack");
      };
      const { error } = (await harness.legacy("tools/call", { name: "mail__send" })) as unknown as ListAnswer;
      expect(JSON.stringify(error)).to.not.include("secret");
      expect(error?.data).to.deep.equal({ code: "internal", request_id: "req-1" });
    });

    it("passes an upstream's own JSON-RPC error through", async () => {
      harness.answer = () => Reply.of("error", { code: -32050, message: "theirs", data: { a: 1 } }, "2025");
      const { error } = (await harness.legacy("tools/call", { name: "mail__send" })) as unknown as ListAnswer;
      expect(error).to.deep.equal({ code: -32050, message: "theirs", data: { a: 1 } });
    });

    it("passes a question of a 2026 upstream to a 2026 client verbatim", async () => {
      const question = {
        resultType: "input_required",
        inputRequests: { a: { method: "elicitation/create" } },
      };
      harness.answer = () => Reply.of("result", question, "2026");
      const body = (await (await harness.modern("tools/call", { name: "mail__send" })).json()) as JsonObject;
      expect(body["result"]).to.deep.equal(question);
    });

    it("checks that marked arguments are repeated in headers", async () => {
      proves("call.headers-checked");
      const inputSchema = {
        type: "object",
        properties: { region: { type: "string", "x-mcp-header": "Region" } },
      };
      await harness.offer("marked", { tools: [tool("go", { inputSchema })] });
      const go = async (headers: Record<string, string>, args: JsonObject): Promise<number> =>
        (await harness.modern("tools/call", { name: "marked__go", arguments: args }, headers)).status;

      expect(await go({ "mcp-param-region": "eu" }, { region: "eu" })).to.equal(200);
      expect(await go({ "mcp-param-region": "us" }, { region: "eu" })).to.equal(400);
      expect(await go({}, { region: "eu" })).to.equal(400);
      expect(await go({ "mcp-param-region": "eu" }, {})).to.equal(400);
      await harness.registry.removeServer("marked");
    });
  });
});
