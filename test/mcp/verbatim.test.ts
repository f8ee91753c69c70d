import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { META } from "../../src/domain/protocol.ts";
import { FrontHarness, tool } from "../support/mcp-front.ts";

const ICONS = [{ src: "https://x.example/i.svg", mimeType: "image/svg+xml", sizes: ["any"], theme: "dark" }];
const OWN = {
  icons: ICONS,
  title: "A title",
  _meta: { "x.example/own": { kept: [1, null] } },
  vendor: "kept",
};
const ANNOTATIONS = { audience: ["user"], priority: 0.7, lastModified: "2026-01-01T00:00:00Z" };

/** What upstreams say of their things is theirs; the gateway changes names and URIs, and nothing else. */
describe("what passes through unchanged", () => {
  let harness: FrontHarness;

  const LISTS: Readonly<Record<string, { key: string; method: string; items: readonly JsonObject[] }>> = {
    tools: {
      key: "name",
      method: "tools/list",
      items: [
        tool("send", {
          ...OWN,
          annotations: { title: "Sends", readOnlyHint: false, openWorldHint: true, own: 1 },
          execution: { taskSupport: "optional" },
          outputSchema: { type: "object", properties: { id: { type: "string" } } },
        }),
      ],
    },
    prompts: {
      key: "name",
      method: "prompts/list",
      items: [
        { name: "reply", ...OWN, arguments: [{ name: "tone", title: "Tone", required: true, own: 1 }] },
      ],
    },
    resources: {
      key: "uri",
      method: "resources/list",
      items: [
        { uri: "inbox://all", name: "inbox", ...OWN, annotations: ANNOTATIONS, size: 3, mimeType: "a/b" },
      ],
    },
    resourceTemplates: {
      key: "uriTemplate",
      method: "resources/templates/list",
      items: [{ uriTemplate: "inbox://{id}", name: "one", ...OWN, annotations: ANNOTATIONS }],
    },
  };

  before(async () => {
    harness = await FrontHarness.start();
    const items = (list: string): readonly JsonObject[] => LISTS[list]?.items ?? [];
    await harness.offer("mail", {
      tools: items("tools"),
      prompts: items("prompts"),
      resources: items("resources"),
      resourceTemplates: items("resourceTemplates"),
      capabilities: { tools: {}, prompts: {}, resources: {}, completions: {} },
    });
  });
  after(() => harness.close());
  beforeEach(() => {
    harness.forwarded.length = 0;
    harness.calls.length = 0;
  });

  for (const [list, { key, method, items }] of Object.entries(LISTS)) {
    it(`keeps icons, titles, annotations, _meta and unknown members of ${list}`, async () => {
      const legacy = (await harness.legacy(method, {}, "/mcp/s/mail")) as { result: JsonObject };
      const modern = (await (await harness.modern(method)).json()) as { result: JsonObject };
      const shown = modern.result[list] as readonly JsonObject[];

      expect(legacy.result[list]).to.deep.equal(items);
      expect(shown.map((item) => ({ ...item, [key]: "" }))).to.deep.equal(
        items.map((item) => ({ ...item, [key]: "" })),
      );
    });
  }

  it("gives an upstream the arguments and the context of a completion", async () => {
    const argument = { name: "id", value: "1" };
    const context = { arguments: { owner: "anna" } };
    for (const ref of [
      { type: "ref/prompt", name: "mail__reply", title: "kept" },
      { type: "ref/resource", uri: "inbox://{id}" },
    ])
      await harness.legacy("completion/complete", { ref, argument, context });

    expect(harness.forwarded.map(({ params }) => params)).to.deep.equal([
      { ref: { type: "ref/prompt", name: "reply", title: "kept" }, argument, context },
      { ref: { type: "ref/resource", uri: "inbox://{id}" }, argument, context },
    ]);
  });

  it("tells upstreams what the client can do, extensions and all, in both eras", async () => {
    const capabilities = {
      extensions: { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] } },
      experimental: { own: { kept: true } },
    };
    const params = { protocolVersion: "2025-11-25", capabilities, clientInfo: { name: "app", icons: ICONS } };
    const opened = await harness.post({ jsonrpc: "2.0", id: 0, method: "initialize", params });
    const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "mail__send" } };
    await harness.post(call, { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" });
    await harness.modern("tools/call", {
      name: "mail__send",
      _meta: { [META.clientCapabilities]: capabilities, "x.example/own": 1, traceparent: "00-1-2-01" },
    });

    const [legacy, modern] = harness.calls;
    expect(legacy?.envelope?.capabilities).to.deep.equal(capabilities);
    expect(legacy?.envelope?.clientInfo).to.deep.equal({ name: "app", icons: ICONS });
    expect(modern?.envelope?.capabilities).to.deep.equal(capabilities);
    expect(modern?.meta).to.deep.equal({ "x.example/own": 1, traceparent: "00-1-2-01" });
  });

  it("answers a ping itself", async () => {
    expect((await harness.legacy("ping"))["result"]).to.deep.equal({});
    expect(harness.forwarded).to.deep.equal([]);
  });
});
