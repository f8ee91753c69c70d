import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { type EverythingUpstream, startEverythingUpstream } from "../fixtures/everything-upstream.ts";
import { EXOTIC_RESULT, EXOTIC_TOOL } from "../fixtures/faulty-tools.ts";
import { until } from "../support/child-processes.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { exchange } from "../support/http-exchange.ts";
import { CLIENT_KINDS, type Json, type TestClient, connectV1 } from "../support/mcp-clients.ts";
import { proves } from "../support/proves.ts";
import { type RemoteUpstream, everythingCommand, startEverything } from "../support/real-upstreams.ts";
import { textOf } from "./failed-call.ts";
import { JSON_HEADERS, ask2025, ask2026, initialize, rpc, toolPages } from "./messages.ts";

const FAULTY = fileURLToPath(new URL("../fixtures/faulty-stdio.js", import.meta.url));
const HELLO = `data:text/plain;base64,${Buffer.from("hello").toString("base64")}`;

describe("what happens during a call and beside it", function () {
  this.timeout(30_000);

  let http: RemoteUpstream;
  let fixture: EverythingUpstream;
  let gateway: Gateway;

  before(async () => {
    http = await startEverything("streamableHttp");
    fixture = await startEverythingUpstream({ port: 0, era: "dual" });
    const { command, args } = everythingCommand();
    gateway = await startGateway({
      mcpServers: {
        everything: { command, args },
        "everything-http": { type: "http", url: http.url },
        fixture: { type: "http", url: fixture.url },
        raw: { command: process.execPath, args: [FAULTY] },
      },
      gateway: { mode: "full", startup: { grace: "20s" }, limits: { listPageSize: 7 } },
    });
  });

  after(async () => {
    const stopped = await gateway?.stop();
    await Promise.all([http?.stop(), fixture?.close()]);

    expect(stopped).to.deep.equal({ code: 0, left: [] });
  });

  for (const kind of CLIENT_KINDS) {
    describe(`seen by ${kind.title}`, () => {
      let client: TestClient;

      before(async () => {
        client = await kind.connect(gateway);
      });

      after(() => client?.close());

      for (const server of ["everything", "everything-http"]) {
        it(`passes on every progress event of "${server}" before the answer`, async () => {
          const events: number[] = [];
          let isAnswered = false;

          await client.callTool(
            `${server}__trigger-long-running-operation`,
            { duration: 0.5, steps: 5 },
            { onprogress: ({ progress }) => void events.push(isAnswered ? Number.NaN : progress) },
          );
          isAnswered = true;

          const all = [1, 2, 3, 4, 5];
          expect(events).to.deep.equal(kind.dropsProgress ? all.slice(0, events.length) : all);
        });
      }

      it("cancels the upstream's work within a second", async () => {
        proves("cancel.upstream");
        const count = async (tool: string): Promise<number> =>
          Number(textOf(await client.callTool(tool, { tool: "hang" })));
        const [calls, cancelled] = [await count("raw__count"), await count("raw__cancellations")];
        const leaving = new AbortController();
        const call = client
          .callTool("raw__hang", {}, { signal: leaving.signal })
          .catch((error: unknown) => error);
        await until("the call arrived", async () => (await count("raw__count")) === calls + 1);

        leaving.abort();

        await until("it was told", async () => (await count("raw__cancellations")) === cancelled + 1, 1_000);
        expect(await call).to.be.an("error");
      });

      it("completes arguments of prompts, with the others as context, and of templates", async () => {
        proves("completion.routed");
        const prompt = { type: "ref/prompt", name: "everything__completable-prompt" } as const;
        const uri = "switchgear://everything/demo://resource/dynamic/text/{resourceId}";

        const departments = await client.complete(prompt, "department", "E");
        const people = await client.complete(prompt, "name", "", { department: "Engineering" });
        const ids = await client.complete({ type: "ref/resource", uri }, "resourceId", "42");

        expect(departments).to.have.nested.property("completion.values").that.deep.equals(["Engineering"]);
        expect(people).to.have.nested.property("completion.values").that.includes("Alice");
        expect(ids).to.have.nested.property("completion.values").that.deep.equals(["42"]);
      });

      it("passes on structured content", async () => {
        const answer = await client.callTool("everything__get-structured-content", { location: "New York" });

        expect(answer["structuredContent"]).to.deep.equal({
          temperature: 33,
          conditions: "Cloudy",
          humidity: 82,
        });
      });

      it("gives links that can be read as they are", async () => {
        const answer = await client.callTool("everything-http__get-resource-links", { count: 2 });
        const links = (answer["content"] as readonly Json[]).filter(
          (block) => block["type"] === "resource_link",
        );

        expect(links).to.have.length(2);
        for (const { uri } of links) {
          const { contents } = (await client.readResource(String(uri))) as { contents: readonly Json[] };

          expect(contents[0]?.["uri"]).to.equal(uri);
        }
      });

      it("answers an unknown tool with an error of the protocol", async () => {
        proves("call.unknown");
        const error: unknown = await client.callTool("raw__nothing", {}).catch((reason: unknown) => reason);

        expect(error).to.be.an("error").that.includes({ code: -32602 });
        expect(error).to.have.property("message").that.contains("Unknown tool: raw__nothing");
      });

      it("introduces itself", () => {
        expect(client.instructions?.length ?? 0).to.be.within(1, 2_048);
        expect(client.capabilities).to.include.keys("tools", "prompts", "resources", "completions");
      });

      it("tells of a changed list, which then has the change", async () => {
        proves("changed.told");
        const heard = new Set<string>();
        client.onListChanged((list) => heard.add(list));
        const name = `${kind.title.replaceAll(/\W/g, "-")}.gz`;

        await client.callTool("everything__gzip-file-as-resource", {
          name,
          data: HELLO,
          outputType: "resourceLink",
        });
        await client.callTool("fixture__test_trigger_tool_change", {});

        await until("both changes were announced", () => heard.has("resources") && heard.has("tools"), 5_000);
        const uris = (await client.list("resources")).map((resource) => String(resource["uri"]));
        expect(uris.filter((uri) => uri.endsWith(name))).to.have.length(1);
      });
    });
  }

  it("keeps quiet when an upstream announces a change that is none", async () => {
    proves("changed.quiet");
    const client = await connectV1(gateway.endpoint("raw"), gateway.headers);
    // Whatever the tests before this one have left to be told is told now.
    await client.callTool("announce", {});
    await client.callTool("slow", { ms: 1_500 });
    const heard: string[] = [];
    client.onListChanged((list) => heard.push(list));
    const before = await client.list("tools");

    await client.callTool("announce", {});
    await client.callTool("slow", { ms: 1_000 });

    const after = await client.list("tools");
    await client.close();
    expect(after).to.deep.equal(before);
    expect(heard).to.deep.equal([]);
  });

  it("serves its lists in pages of the configured size, each entry once", async () => {
    proves("lists.pages");
    const session = await initialize(gateway);

    const pages = await toolPages((params) => ask2025(gateway, session, "tools/list", params));

    const names = pages.flat().map((tool) => tool["name"]);
    expect(pages.length).to.be.above(5);
    expect(pages.slice(0, -1).every((page) => page.length === 7)).to.equal(true);
    expect(new Set(names).size).to.equal(names.length);
  });

  it("keeps fields that no schema knows, in lists and in answers", async () => {
    proves("lists.verbatim", "meta.verbatim");
    const pages = await toolPages((params) => ask2026(gateway, "raw", "tools/list", params));
    const params = { name: "exotic", arguments: {} };
    const { _meta: meta, ...answer } = await ask2026(gateway, "raw", "tools/call", params, "exotic");

    const { _meta: ownMeta, ...own } = EXOTIC_RESULT;
    expect(pages.flat().find((tool) => tool["name"] === "exotic")).to.deep.equal(EXOTIC_TOOL);
    expect(answer).to.deep.include(own);
    expect(meta).to.deep.include(ownMeta);
  });

  it("sends every progress event ahead of the answer even if the upstream writes them all at once", async () => {
    proves("progress.order", "progress.token");
    const session = await initialize(gateway, "raw");
    const params = { name: "burst", arguments: { count: 20 }, _meta: { progressToken: "mine" } };

    const { text } = await exchange(gateway.endpoint("raw"), {
      body: rpc(4, "tools/call", params),
      headers: { ...JSON_HEADERS, ...gateway.headers, "mcp-session-id": session },
    });

    const messages = [...text.matchAll(/^data: ?(\{.*)$/gm)].map(
      (match) => JSON.parse(match[1] ?? "") as Json,
    );
    const progress = messages.slice(0, -1).map((message) => message["params"] as Json);
    expect(progress.map((event) => event["progress"])).to.deep.equal(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    expect(progress.every((event) => event["progressToken"] === "mine")).to.equal(true);
    expect(messages.at(-1)).to.have.nested.property("result.content[0].text", "burst");
    expect(messages.at(-1)?.["id"]).to.equal(4);
  });
});
