import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { Reply } from "../../src/wire/reply.ts";
import { FrontHarness, tool } from "../support/mcp-front.ts";
import { proves } from "../support/proves.ts";

const page = (resourceUri: string): JsonObject => ({ ui: { resourceUri }, "ui/resourceUri": resourceUri });

describe("MCP Apps", () => {
  let harness: FrontHarness;

  beforeEach(async () => {
    harness = await FrontHarness.start({}, { charts: { servers: ["charts"] } });
    await harness.offer("charts", {
      tools: [tool("draw", { _meta: page("ui://view/main.html") }), tool("plain")],
      resources: [{ uri: "ui://view/main.html", name: "main", mimeType: "text/html;profile=mcp-app" }],
      capabilities: { tools: {}, resources: {} },
    });
  });
  afterEach(() => harness.close());

  /** A second server whose page has the very same URI. */
  const addMaps = (): Promise<void> =>
    harness.offer("maps", {
      tools: [tool("show", { _meta: page("ui://view/main.html") })],
      resources: [{ uri: "ui://view/main.html", name: "main" }],
      capabilities: { tools: {}, resources: {} },
    });
  const pages = async (path = "/mcp"): Promise<ReadonlyMap<unknown, unknown>> => {
    const { result } = (await harness.legacy("tools/list", {}, path)) as { result: { tools: JsonObject[] } };
    return new Map(result.tools.map(({ name, _meta }) => [name, _meta]));
  };

  it("shows the page of a tool as it is while it can mean one server only", async () => {
    expect((await pages()).get("charts__draw")).to.deep.equal(page("ui://view/main.html"));
    expect((await pages()).get("charts__plain")).to.equal(undefined);
  });

  it("tells two pages of the same URI apart, in definitions, lists and reads", async () => {
    proves("apps.pages");
    expect((await pages()).get("charts__draw"), "as listed before").to.deep.equal(
      page("ui://view/main.html"),
    );
    await addMaps();
    harness.forward = ({ params }) =>
      Reply.of("result", { contents: [{ uri: params["uri"], mimeType: "text/html", text: "<p>" }] }, "2025");

    const shown = await pages();
    const { result } = (await harness.legacy("resources/list")) as { result: { resources: JsonObject[] } };

    expect(shown.get("charts__draw")).to.deep.equal(page("ui://switchgear/charts/view/main.html"));
    expect(shown.get("maps__show")).to.deep.equal(page("ui://switchgear/maps/view/main.html"));
    expect(result.resources.map(({ uri }) => uri)).to.deep.equal([
      "ui://switchgear/charts/view/main.html",
      "ui://switchgear/maps/view/main.html",
    ]);
    for (const server of ["charts", "maps"]) {
      const uri = `ui://switchgear/${server}/view/main.html`;
      const read = (await harness.legacy("resources/read", { uri })) as {
        result: { contents: JsonObject[] };
      };
      expect(read.result.contents[0]).to.include({ uri });
      expect(harness.forwarded.at(-1)).to.deep.include({ server, params: { uri: "ui://view/main.html" } });
    }
  });

  it("reads a page that its server does not list, which it need not (SEP-1865)", async () => {
    await harness.offer("hidden", {
      tools: [tool("look", { _meta: page("ui://secret") })],
      capabilities: { tools: {}, resources: {} },
    });
    const meta = (await pages()).get("hidden__look") as { ui: { resourceUri: string } };

    await harness.legacy("resources/read", { uri: meta.ui.resourceUri });

    expect(meta.ui.resourceUri).to.match(/^ui:\/\//);
    expect(harness.forwarded.at(-1)).to.deep.include({ server: "hidden", params: { uri: "ui://secret" } });
  });

  it("renames on a profile's endpoint as on the merged one, and not at all on a server's own", async () => {
    await addMaps();

    expect((await pages("/mcp/p/charts")).get("charts__draw")).to.deep.equal(
      page("ui://switchgear/charts/view/main.html"),
    );
    expect((await pages("/mcp/s/charts")).get("draw")).to.deep.equal(page("ui://view/main.html"));
  });

  it("renames in results of both eras, and nothing of a tool's own content", async () => {
    await addMaps();
    const structuredContent = { resourceUri: "ui://view/main.html", uri: "ui://view/main.html" };
    harness.answer = () =>
      Reply.of("result", { content: [], structuredContent, _meta: page("ui://view/main.html") }, "2025");

    const old = (await harness.legacy("tools/call", { name: "charts__draw" }))["result"] as JsonObject;
    const response = await harness.modern("tools/call", { name: "maps__show" });
    const current = ((await response.json()) as { result: JsonObject }).result;

    expect(old).to.deep.include({ structuredContent, _meta: page("ui://switchgear/charts/view/main.html") });
    expect(current).to.deep.include({
      structuredContent,
      _meta: page("ui://switchgear/maps/view/main.html"),
    });
  });

  it("keeps embedded pages pages", async () => {
    await addMaps();
    const resource = { uri: "ui://view/main.html", mimeType: "text/html", text: "<p>" };
    harness.answer = () => Reply.of("result", { content: [{ type: "resource", resource }] }, "2025");

    const { result } = (await harness.legacy("tools/call", { name: "charts__draw" })) as {
      result: { content: { resource: JsonObject }[] };
    };

    expect(result.content[0]?.resource).to.deep.equal({
      ...resource,
      uri: "ui://switchgear/charts/view/main.html",
    });
  });
});

describe("links to what is not listed", () => {
  it("can be read at the merged endpoint, and links into the web stay what they are", async () => {
    const harness = await FrontHarness.start();
    await harness.offer("notes", { tools: [tool("find")], capabilities: { tools: {}, resources: {} } });
    const links = ["note://42", "https://example.com/42"].map((uri) => ({
      type: "resource_link",
      uri,
      name: "n",
    }));
    harness.answer = () => Reply.of("result", { content: links }, "2025");

    const { result } = (await harness.legacy("tools/call", { name: "notes__find" })) as {
      result: { content: { uri: string }[] };
    };
    const [note = "", web] = result.content.map(({ uri }) => uri);
    harness.forward = () => Reply.of("result", { contents: [{ uri: "note://42", text: "x" }] }, "2025");
    const read = (await harness.legacy("resources/read", { uri: note }))["result"];
    await harness.close();

    expect(web).to.equal("https://example.com/42");
    expect(read).to.deep.equal({ contents: [{ uri: note, text: "x" }] });
    expect(harness.forwarded[0]).to.deep.include({ server: "notes", params: { uri: "note://42" } });
  });
});
