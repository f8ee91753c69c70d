import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { Reply } from "../../src/wire/reply.ts";
import { FrontHarness } from "../support/mcp-front.ts";

describe("resources and prompts of a profile", () => {
  let harness: FrontHarness;

  before(async () => {
    harness = await FrontHarness.start({}, { mail: { servers: ["mail"], names: "short" }, all: {} });
    await harness.offer("mail", {
      prompts: [{ name: "reply" }],
      resources: [{ uri: "shared://x", name: "x" }],
      resourceTemplates: [{ uriTemplate: "inbox://{id}", name: "one mail" }],
      capabilities: { prompts: {}, resources: {} },
      instructions: "Mail rules.",
    });
    await harness.offer("zoo", {
      prompts: [{ name: "feed" }],
      resources: [
        { uri: "shared://x", name: "other x" },
        { uri: "zoo://map", name: "map" },
      ],
      resourceTemplates: [{ uriTemplate: "zoo://{cage}", name: "a cage" }],
      instructions: "Zoo rules.",
    });
  });
  after(() => harness.close());
  beforeEach(() => {
    harness.forwarded.length = 0;
    harness.forward = () => Reply.of("result", {}, "2025");
  });

  const codeOf = async (method: string, params: JsonObject): Promise<unknown> => {
    const { error } = await harness.legacy(method, params, "/mcp/p/mail");
    return (error as JsonObject | undefined)?.["code"];
  };
  const completion = (ref: JsonObject): JsonObject => ({ ref, argument: { name: "a", value: "" } });

  it("are read, got and completed at their own server", async () => {
    await harness.legacy("resources/read", { uri: "switchgear://mail/shared://x" }, "/mcp/p/mail");
    await harness.legacy("resources/read", { uri: "inbox://7" }, "/mcp/p/mail");
    await harness.legacy("prompts/get", { name: "reply" }, "/mcp/p/mail");
    await harness.legacy(
      "completion/complete",
      completion({ type: "ref/prompt", name: "reply" }),
      "/mcp/p/mail",
    );
    const template = { type: "ref/resource", uri: "inbox://{id}" };
    await harness.legacy("completion/complete", completion(template), "/mcp/p/mail");

    expect(
      harness.forwarded.map(({ server, params: { uri, name, ref } }) => [server, uri ?? name ?? ref]),
    ).to.deep.equal([
      ["mail", "shared://x"],
      ["mail", "inbox://7"],
      ["mail", "reply"],
      ["mail", { type: "ref/prompt", name: "reply" }],
      ["mail", template],
    ]);
  });

  it("do not exist where the profile does not select their server", async () => {
    for (const uri of ["zoo://map", "zoo://cage-1", "switchgear://zoo/shared://x", "shared://x"])
      expect(await codeOf("resources/read", { uri }), uri).to.equal(-32002);
    for (const name of ["feed", "zoo__feed", "mail__reply"])
      expect(await codeOf("prompts/get", { name }), name).to.equal(-32602);
    for (const ref of [
      { type: "ref/prompt", name: "feed" },
      { type: "ref/resource", uri: "zoo://{cage}" },
    ])
      expect(await codeOf("completion/complete", completion(ref)), JSON.stringify(ref)).to.equal(-32602);
    expect(harness.forwarded).to.deep.equal([]);
  });

  it("come back under the URI by which they were asked for", async () => {
    harness.forward = () => Reply.of("result", { contents: [{ uri: "inbox://7", text: "x" }] }, "2025");
    const read = async (uri: string): Promise<unknown> =>
      (await harness.legacy("resources/read", { uri }, "/mcp/p/all"))["result"];

    expect(await read("switchgear://mail/inbox://7")).to.deep.equal({
      contents: [{ uri: "switchgear://mail/inbox://7", text: "x" }],
    });
    expect(await read("inbox://7")).to.deep.equal({ contents: [{ uri: "inbox://7", text: "x" }] });
  });

  it("are introduced with what the profile selects", async () => {
    const discover = async (path: string): Promise<string> => {
      const body = (await (await harness.modern("server/discover", {}, {}, path)).json()) as {
        result: JsonObject;
      };
      return String(body.result["instructions"]);
    };

    const mail = await discover("/mcp/p/mail");
    expect(mail).to.include("1 MCP servers: mail").and.to.include("Mail rules.");
    expect(mail).to.not.include("Zoo rules.");
    expect(mail, "names are short here").to.not.include("<server>__<tool>");
    expect(await discover("/mcp/p/all"))
      .to.include("Zoo rules.")
      .and.to.include("<server>__<tool>");
  });
});
