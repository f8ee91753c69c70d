import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { EMPTY_OFFERING } from "../../src/domain/offering.ts";
import type { Endpoint } from "../../src/mcp/endpoint.ts";
import {
  uiUriOf,
  withPublicQuestions,
  withPublicUi,
  withPublicUris,
  withPublicUrisInParams,
} from "../../src/mcp/uris.ts";
import { buildPart } from "../../src/registry/catalog-part.ts";
import { Catalog } from "../../src/registry/catalog.ts";
import type { Question } from "../../src/upstream/connection.ts";
import { Reply } from "../../src/wire/reply.ts";
import { aServer } from "../support/open-registry.ts";

const part = (server: string) =>
  buildPart(aServer(server), {
    ...EMPTY_OFFERING,
    resources: [
      { uri: "doc://x", name: "x" },
      { uri: `${server}://own`, name: "own" },
      { uri: "ui://page", name: "page" },
    ],
  });
const catalog = Catalog.empty.with(
  new Map([
    ["a", part("a")],
    ["b", part("b")],
  ]),
);
const PUBLIC = "switchgear://a/doc://x";
const PAGE = "ui://switchgear/a/page";

const shown = (value: JsonObject, kind: "result" | "error" = "result"): JsonObject =>
  withPublicUris(Reply.of(kind, value, "2026"), catalog, "a").value;

describe("withPublicUris", () => {
  it("is the very same answer when there is nothing to rename", () => {
    for (const value of [
      { content: [{ type: "text", text: "doc://x" }] },
      { contents: [{ uri: "a://own" }] },
    ]) {
      const reply = Reply.of("result", value, "2025");
      expect(withPublicUris(reply, catalog, "a")).to.equal(reply);
    }
  });

  it("does not even parse an answer without URIs", () => {
    const broken = new Reply("result", Buffer.from("{not json"), "2025");

    expect(withPublicUris(broken, catalog, "a")).to.equal(broken);
  });

  it("renames contents, links and embedded resources", () => {
    const value = {
      contents: [{ uri: "doc://x", text: "doc://x" }],
      content: [
        { type: "resource_link", uri: "doc://x", name: "x" },
        { type: "resource", resource: { uri: "doc://x", text: "t" } },
        { type: "text", text: "doc://x" },
      ],
    };

    expect(shown(value)).to.deep.equal({
      contents: [{ uri: PUBLIC, text: "doc://x" }],
      content: [
        { type: "resource_link", uri: PUBLIC, name: "x" },
        { type: "resource", resource: { uri: PUBLIC, text: "t" } },
        { type: "text", text: "doc://x" },
      ],
    });
  });

  it("renames in the messages of a prompt, whose content may be one or several", () => {
    const link = { type: "resource_link", uri: "doc://x", name: "x" };
    const value = {
      messages: [
        { role: "user", content: link },
        { role: "user", content: [{ type: "tool_result", content: [link] }] },
      ],
    };

    expect(JSON.stringify(shown(value)).split(PUBLIC)).to.have.length(3);
  });

  it("renames in what a 2026 upstream asks, whatever it calls its questions", () => {
    const params = {
      messages: [{ role: "user", content: { type: "resource", resource: { uri: "doc://x" } } }],
    };
    const value = {
      resultType: "input_required",
      inputRequests: {
        uri: { method: "sampling/createMessage", params },
        second: { method: "elicitation/create", params: { message: "doc://x", uri_of: "doc://x" } },
        third: { method: "roots/list" },
      },
      requestState: "doc://x",
    };

    const { inputRequests, requestState } = shown(value) as {
      inputRequests: JsonObject;
      requestState: string;
    };

    expect(inputRequests).to.deep.equal({
      uri: {
        method: "sampling/createMessage",
        params: { messages: [{ role: "user", content: { type: "resource", resource: { uri: PUBLIC } } }] },
      },
      second: value.inputRequests.second,
      third: { method: "roots/list" },
    });
    expect(requestState).to.equal("doc://x");
  });

  it("renames the page of an app in both spellings", () => {
    const value = {
      content: [],
      _meta: { ui: { resourceUri: "ui://page", csp: {} }, "ui/resourceUri": "ui://page", other: "ui://page" },
    };

    expect(shown(value)["_meta"]).to.deep.equal({
      ui: { resourceUri: PAGE, csp: {} },
      "ui/resourceUri": PAGE,
      other: "ui://page",
    });
  });

  it("leaves a tool's own content alone", () => {
    const structuredContent = {
      uri: "doc://x",
      contents: [{ uri: "doc://x" }],
      _meta: { ui: { resourceUri: "ui://page" } },
    };
    const value = { structuredContent, content: [{ type: "resource_link", uri: "doc://x" }] };

    expect(shown(value)["structuredContent"]).to.deep.equal(structuredContent);
  });

  it("brings what was asked for back under the URI by which it was asked for", () => {
    const reply = Reply.of("result", { contents: [{ uri: "a://own" }, { uri: "doc://x" }] }, "2025");
    const asked = { publicUri: "switchgear://a/a://own", upstreamUri: "a://own" };

    expect(withPublicUris(reply, catalog, "a", asked).value).to.deep.equal({
      contents: [{ uri: "switchgear://a/a://own" }, { uri: PUBLIC }],
    });
  });

  it("names in an error the resource that was asked for", () => {
    const error = { code: -32602, message: "none", data: { uri: "doc://x", more: 1 } };
    const reply = Reply.of("error", error, "2026");
    const asked = { publicUri: PUBLIC, upstreamUri: "doc://x" };

    expect(withPublicUris(reply, catalog, "a", asked).value["data"]).to.deep.equal({ uri: PUBLIC, more: 1 });
    expect(withPublicUris(reply, catalog, "a"), "not asked for").to.equal(reply);
  });
});

describe("withPublicUrisInParams", () => {
  it("renames in the messages of a question, and is the same where there is nothing to rename", () => {
    const params = { messages: [{ content: { type: "resource_link", uri: "doc://x" } }], maxTokens: 5 };
    const other = { message: "doc://x", requestedSchema: { properties: { uri: { type: "string" } } } };

    expect(withPublicUrisInParams(params, catalog, "a")).to.deep.equal({
      messages: [{ content: { type: "resource_link", uri: PUBLIC } }],
      maxTokens: 5,
    });
    expect(withPublicUrisInParams(other, catalog, "a")).to.equal(other);
  });

  it("renames the resource that an update names", () => {
    expect(withPublicUrisInParams({ uri: "doc://x" }, catalog, "a")).to.deep.equal({ uri: PUBLIC });
  });
});

describe("withPublicQuestions", () => {
  const link = { type: "resource_link", uri: "doc://x" };
  const ask = async (endpoint: Endpoint, params: JsonObject): Promise<Question> => {
    const asked: Question[] = [];
    const answer = withPublicQuestions(
      async (question) => {
        asked.push(question);
        return Reply.of("result", {}, "2025");
      },
      { catalog: () => catalog, endpoint, server: "a" },
    );
    await answer({ method: "sampling/createMessage", params, signal: new AbortController().signal });
    return asked[0] ?? expect.fail("not asked");
  };

  it("shows the client of a merged endpoint a URI that it can read", async () => {
    const { method, params, signal } = await ask(
      { kind: "all" },
      { messages: [{ role: "user", content: link }] },
    );

    expect(method).to.equal("sampling/createMessage");
    expect(params).to.deep.equal({ messages: [{ role: "user", content: { ...link, uri: PUBLIC } }] });
    expect(signal.aborted).to.equal(false);
  });

  it("leaves a question without such URIs, and those of a server's own endpoint, as they are", async () => {
    const plain = { messages: [{ role: "user", content: { type: "text", text: "doc://x" } }] };
    const own = { messages: [{ role: "user", content: link }] };

    expect((await ask({ kind: "all" }, plain)).params).to.equal(plain);
    expect((await ask({ kind: "server", server: "a" }, own)).params).to.equal(own);
  });
});

describe("the page of a tool", () => {
  it("is found in either spelling, the newer first", () => {
    const page = (_meta: JsonObject): string | undefined => uiUriOf({ name: "t", _meta });

    expect(page({ ui: { resourceUri: "ui://new" }, "ui/resourceUri": "ui://old" })).to.equal("ui://new");
    expect(page({ "ui/resourceUri": "ui://old" })).to.equal("ui://old");
    expect(page({ "openai/outputTemplate": "ui://widget" })).to.equal("ui://widget");
    expect(page({ ui: "x", "ui/resourceUri": 7 })).to.equal(undefined);
    expect(uiUriOf({ name: "t" })).to.equal(undefined);
  });

  it("is renamed in the definition, and nothing else is", () => {
    const definition = { name: "t", _meta: { ui: { resourceUri: "ui://page", visibility: ["app"] }, a: 1 } };
    const plain = { name: "t", _meta: { a: 1 } };

    expect(withPublicUi(definition, () => PAGE)).to.deep.equal({
      name: "t",
      _meta: { ui: { resourceUri: PAGE, visibility: ["app"] }, a: 1 },
    });
    expect(withPublicUi(plain, () => PAGE)).to.equal(plain);
  });
});
