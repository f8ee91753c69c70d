import { expect } from "chai";

import { RED_PIXEL_PNG } from "../../fixtures/conformance/media.ts";
import { DECORATED_RESULT, PANEL_URI } from "../../fixtures/matrix/content-tools.ts";
import type { Json } from "../../support/mcp-clients.ts";
import { proves } from "../../support/proves.ts";
import { comparable } from "../comparable.ts";
import { type Row, expectText, newKey, textOf } from "./row.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

export const CONTENT_ROWS: readonly Row[] = [
  {
    id: "call",
    title: "calls a tool",
    merged: true,
    run: async (cell) => {
      proves("call.answer");
      const key = newKey();
      const answer = await cell.willing.callTool(cell.name("echo"), { text: "grüße 👋", key });

      expectText(answer).to.equal("grüße 👋");
      expect(cell.ledger.linesOf(key).map(({ event }) => event)).to.deep.equal(["started", "done"]);
    },
  },
  {
    id: "verbatim",
    title: "gets annotations, _meta and unknown members of an answer as they were written",
    run: async (cell) => {
      proves("meta.verbatim", "lists.verbatim");
      const answer = await cell.willing.callTool(cell.name("decorated"), {});

      expect(comparable(answer)).to.deep.equal(comparable(DECORATED_RESULT));
    },
  },
  {
    id: "is-error",
    title: "gets a tool's own failure as an answer",
    run: async (cell) => {
      proves("call.is-error");
      const answer = await cell.willing.callTool(cell.name("fails"), {});

      expect(answer["isError"]).to.equal(true);
      expect(textOf(answer)).to.equal("The tool itself failed.");
    },
  },
  {
    id: "structured",
    title: "gets an object as structured content",
    merged: true,
    run: async (cell) => {
      proves("structured.object");
      const answer = await cell.willing.callTool(cell.name("structured"), {});

      expect(answer["structuredContent"]).to.deep.equal({
        temperature: 21.5,
        conditions: "Cloudy",
        tags: ["mild", "dry"],
      });
    },
  },
  {
    id: "structured-list",
    title: "gets a list as structured content, wrapped in an object where its era has objects only",
    impossible: ({ wire, upstreamEra }) => {
      if (upstreamEra === "2026") return undefined;
      return wire.startsWith("dual")
        ? "the 2025 half of a server with both eras has no such tool"
        : "a 2025 server has no structured content that is no object";
    },
    run: async (cell) => {
      proves("structured.wrapped");
      const answer = await cell.willing.callTool(cell.name("structured_list"), {});

      const cities = ["Ulm", "Köln", "Paris"];
      const expected = cell.clientEra === "2025" ? { result: cities } : cities;
      expect(answer["structuredContent"], JSON.stringify(answer)).to.deep.equal(expected);
    },
  },
  {
    id: "links",
    title: "gets links and embedded resources that can be read as they are",
    merged: true,
    run: async (cell) => {
      proves("resources.rewritten");
      const answer = await cell.willing.callTool(cell.name("links"), {});

      const [link, item, blob] = answer["content"] as readonly Json[];
      const embedded = [item, blob].map((block) => block?.["resource"] as Json);
      expect(link).to.include({ type: "resource_link", uri: cell.uri("matrix://text"), name: "text" });
      expect(embedded.map((resource) => resource["uri"])).to.deep.equal([
        cell.uri("matrix://item/7"),
        cell.uri("matrix://blob"),
      ]);
      expect(embedded[1]?.["blob"]).to.equal(RED_PIXEL_PNG);
      for (const uri of [link?.["uri"], embedded[0]?.["uri"], embedded[1]?.["uri"]]) {
        const { contents } = (await cell.willing.request("resources/read", { uri })) as { contents: Json[] };
        expect(contents[0]?.["uri"]).to.equal(uri);
      }
    },
  },
  {
    id: "read",
    title: "reads texts, blobs and what a template leads to",
    merged: true,
    run: async (cell) => {
      proves("resources.read");
      const read = async (uri: string): Promise<Json | undefined> =>
        (
          (await cell.willing.request("resources/read", { uri: cell.uri(uri) })) as unknown as {
            contents: readonly Json[];
          }
        ).contents[0];

      expect(await read("matrix://text")).to.deep.equal({
        uri: cell.uri("matrix://text"),
        mimeType: "text/plain",
        text: "Hello, text!",
        _meta: { "example.com/content": true },
      });
      expect(await read("matrix://blob")).to.include({ mimeType: "image/png", blob: RED_PIXEL_PNG });
      expect(await read("matrix://item/42")).to.include({ text: '{"id":"42"}' });
    },
  },
  {
    id: "not-found",
    title: "hears an error of the protocol for a resource, a prompt and a tool that do not exist",
    merged: true,
    run: async (cell) => {
      proves("resources.not-found", "call.unknown");
      const failed = (method: string, params: Json): Promise<unknown> =>
        cell.willing.request(method, params).catch((error: unknown) => error);

      const resource = await failed("resources/read", { uri: cell.uri("matrix://nothing") });
      const prompt = await failed("prompts/get", { name: cell.name("nothing") });
      const tool = await failed("tools/call", { name: cell.name("nothing"), arguments: {} });

      for (const error of [resource, prompt, tool])
        expect(error).to.be.an("error").that.has.property("code").that.is.a("number");
      expect((resource as { code: number }).code).to.be.oneOf([-32602, -32002]);
    },
  },
  {
    id: "prompt",
    title: "gets a prompt with arguments, and what is embedded in it",
    merged: true,
    run: async (cell) => {
      proves("prompts.get");
      const prompt = await cell.willing.request("prompts/get", {
        name: cell.name("greeting"),
        arguments: { name: "Ada", style: "frank" },
      });

      const messages = prompt["messages"] as readonly { content: Json }[];
      expect(messages[0]?.content["text"]).to.equal("Greet Ada in a frank way.");
      expect(messages[1]?.content["resource"]).to.include({ uri: cell.uri("matrix://text") });
    },
  },
  {
    id: "completion",
    title: "completes arguments of a prompt, with the others as context, and of a template",
    merged: true,
    run: async (cell) => {
      proves("completion.routed");
      const prompt = { type: "ref/prompt", name: cell.name("greeting") };
      const template = { type: "ref/resource", uri: cell.uri("matrix://item/{id}") };
      const complete = async (ref: Json, name: string, value: string, more: Json = {}): Promise<unknown> =>
        (
          (await cell.willing.request("completion/complete", { ref, argument: { name, value }, ...more }))[
            "completion"
          ] as Json
        )["values"];

      expect(await complete(prompt, "style", "fr")).to.deep.equal(["friendly", "frank"]);
      expect(await complete(prompt, "style", "x", { context: { arguments: { name: "Ada" } } })).to.deep.equal(
        ["formal", "friendly", "frank"],
      );
      expect(await complete(template, "id", "4")).to.deep.equal(["40", "41"]);
    },
  },
  {
    id: "meta",
    title: "sends traceparent and keys of its own in _meta, and the server gets them",
    run: async (cell) => {
      proves("meta.trace", "meta.verbatim");
      const meta = { traceparent: TRACEPARENT, "example.com/mine": { deep: [1] } };
      const answer = await cell.willing.callTool(cell.name("meta"), {}, { meta });

      expect(JSON.parse(textOf(answer))).to.deep.include(meta);
    },
  },
  {
    id: "param-headers",
    title: "calls a tool with a marked parameter; on a 2026 HTTP wire the server gets it as a header, too",
    merged: true,
    run: async (cell) => {
      proves("call.param-headers");
      const definitions = await cell.willing.list("tools");
      const region = "eu süd 1";
      const found = definitions.find((tool) => tool["name"] === cell.name("region"));
      const answer = await cell.willing.callTool(cell.name("region"), { region }, { definition: found });

      expect(found).to.have.nested.property("inputSchema.properties.region.x-mcp-header", "Region");
      const { argument, header } = JSON.parse(textOf(answer)) as { argument: string; header: string | null };
      expect(argument).to.equal(region);
      if (cell.upstreamEra === "2026" && cell.wire.endsWith("http"))
        expect(header).to.equal(`=?base64?${Buffer.from(region).toString("base64")}?=`);
    },
  },
  {
    id: "mcp-apps",
    title: "follows a tool to its ui:// resource, and gets its page with its _meta",
    merged: true,
    run: async (cell) => {
      proves("apps.pages");
      const tools = await cell.willing.list("tools");
      const panel = tools.find((tool) => tool["name"] === cell.name("panel")) ?? {};
      const { ui } = panel["_meta"] as { ui: Json };
      const answer = await cell.willing.request("resources/read", { uri: ui["resourceUri"] });

      const [page] = answer["contents"] as readonly Json[];
      expect(page).to.include({ uri: cell.uri(PANEL_URI), mimeType: "text/html;profile=mcp-app" });
      expect(page?.["text"]).to.contain("Hello from the app.");
      expect(page?.["_meta"]).to.deep.equal({
        ui: { csp: { connectDomains: ["https://api.example.com"] }, prefersBorder: true },
      });
      expect(ui["visibility"]).to.deep.equal(["model", "app"]);
    },
  },
  {
    id: "ping",
    title: "pings",
    run: async (cell) => {
      proves("eras.clients");
      const answer =
        cell.clientEra === "2025"
          ? await cell.willing.request("ping")
          : await cell.willing.request("server/discover");

      if (cell.clientEra === "2026") expect(answer["supportedVersions"]).to.deep.equal(["2026-07-28"]);
      else expect(answer).to.deep.equal({});
    },
  },
];
