import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { Reply } from "../../src/wire/reply.ts";
import { FrontHarness, tool } from "../support/mcp-front.ts";
import { proves } from "../support/proves.ts";

interface ListAnswer {
  readonly result: { readonly tools: readonly JsonObject[]; readonly nextCursor?: string } & JsonObject;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: JsonObject };
}

describe("MCP resources, prompts and introduction", () => {
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

  describe("resources, prompts, completion", () => {
    it("shows a URI that two servers offer under two URIs, and reads each from its own", async () => {
      proves("resources.wrapped");
      const { result } = (await harness.legacy("resources/list")) as {
        result: { resources: { uri: string }[] };
      };
      const uris = result.resources.map(({ uri }) => uri);
      expect(uris).to.deep.equal([
        "switchgear://files/shared://x",
        "inbox://all",
        "switchgear://mail/shared://x",
      ]);

      for (const uri of uris) await harness.legacy("resources/read", { uri });

      expect(harness.forwarded.map(({ server, params }) => [server, params["uri"]])).to.deep.equal([
        ["files", "shared://x"],
        ["mail", "inbox://all"],
        ["mail", "shared://x"],
      ]);
    });

    it("rewrites such URIs in the answer and nowhere else", async () => {
      proves("resources.rewritten");
      harness.forward = () =>
        Reply.of(
          "result",
          { contents: [{ uri: "shared://x", text: "shared://x" }], structuredContent: { uri: "shared://x" } },
          "2025",
        );
      const answer = await harness.legacy("resources/read", { uri: "switchgear://mail/shared://x" });
      expect(answer["result"]).to.deep.equal({
        contents: [{ uri: "switchgear://mail/shared://x", text: "shared://x" }],
        structuredContent: { uri: "shared://x" },
      });
    });

    it("routes an unlisted URI by template, and answers not found in the form of each era", async () => {
      proves("resources.template", "resources.not-found");
      await harness.legacy("resources/read", { uri: "inbox://42" });
      expect(harness.forwarded[0]).to.include({ server: "mail" });

      const old = (await harness.legacy("resources/read", { uri: "nowhere://1" })) as unknown as ListAnswer;
      const current = (await (
        await harness.modern("resources/read", { uri: "nowhere://1" })
      ).json()) as ListAnswer;
      expect([old.error?.code, current.error?.code]).to.deep.equal([-32002, -32602]);
      expect(current.error?.data).to.include({ uri: "nowhere://1" });
    });

    it("marks what a 2026 client reads from an older upstream as not to be kept", async () => {
      harness.forward = () => Reply.of("result", { contents: [] }, "2025");
      const body = (await (
        await harness.modern("resources/read", { uri: "inbox://all" })
      ).json()) as JsonObject;
      expect(body["result"]).to.deep.equal({
        resultType: "complete",
        ttlMs: 0,
        cacheScope: "private",
        contents: [],
      });
    });

    it("gets a prompt and completes its argument under the upstream's own name", async () => {
      proves("prompts.get", "completion.routed");
      await harness.legacy("prompts/get", { name: "mail__reply", arguments: { tone: "dry" } });
      const ref = { type: "ref/prompt", name: "mail__reply" };
      await harness.legacy("completion/complete", { ref, argument: { name: "tone", value: "d" } });
      const template = { type: "ref/resource", uri: "inbox://{id}" };
      await harness.legacy("completion/complete", { ref: template, argument: { name: "id", value: "4" } });

      expect(
        harness.forwarded.map(({ method, params }) => [method, params["name"] ?? params["ref"]]),
      ).to.deep.equal([
        ["prompts/get", "reply"],
        ["completion/complete", { type: "ref/prompt", name: "reply" }],
        ["completion/complete", template],
      ]);
    });

    it("answers -32602 to an unknown prompt or reference", async () => {
      const prompt = (await harness.legacy("prompts/get", { name: "x" })) as unknown as ListAnswer;
      const ref = (await harness.legacy("completion/complete", {
        ref: { type: "ref/resource", uri: "x" },
      })) as unknown as ListAnswer;
      expect([prompt.error?.code, ref.error?.code]).to.deep.equal([-32602, -32602]);
    });

    it("lets a viewer list but not read", async () => {
      const headers = { authorization: "Bearer viewer:vera" };
      const list = await harness.modern("resources/list", {}, headers);
      const read = await harness.modern("resources/read", { uri: "inbox://all" }, headers);
      expect(((await list.json()) as JsonObject)["error"]).to.equal(undefined);
      expect(((await read.json()) as ListAnswer).error?.data).to.include({ code: "forbidden" });
      expect(harness.forwarded).to.deep.equal([]);
    });
  });

  describe("introduction", () => {
    it("says on /mcp what is behind it, and on a server's endpoint what that server says", async () => {
      const discover = async (path: string): Promise<JsonObject> =>
        ((await (await harness.modern("server/discover", {}, {}, path)).json()) as { result: JsonObject })
          .result;
      const all = await discover("/mcp");
      const mail = await discover("/mcp/s/mail");

      expect(all["supportedVersions"]).to.deep.equal(["2026-07-28"]);
      expect(all["instructions"]).to.include("files, mail").and.to.include("Mail rules.");
      expect(mail["instructions"]).to.equal("Mail rules.");
      expect(Object.keys(mail["capabilities"] as JsonObject)).to.deep.equal([
        "tools",
        "resources",
        "prompts",
      ]);
      expect((mail["_meta"] as JsonObject)["io.modelcontextprotocol/serverInfo"]).to.include({
        name: "switchgear",
      });
    });

    it("stays within 2 KB however much the upstreams say", async () => {
      proves("capabilities.instructions");
      for (const n of [1, 2, 3])
        await harness.offer(`long${n}`, { tools: [], instructions: "word ".repeat(2_000) });
      const body = (await (await harness.modern("server/discover")).json()) as {
        result: { instructions: string };
      };
      expect(body.result.instructions.length).to.be.at.most(2_048);
      expect(body.result.instructions.slice(0, 512)).to.include("<server>__<tool>");
      for (const n of [1, 2, 3]) await harness.registry.removeServer(`long${n}`);
    });
  });
});
