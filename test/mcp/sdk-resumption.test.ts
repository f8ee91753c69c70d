import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { expect } from "chai";

import { Reply } from "../../src/wire/reply.ts";
import { until } from "../support/child-processes.ts";
import { ResumingClient } from "../support/resuming-client.ts";

describe("the SDK's client, coming back by itself", () => {
  let resuming: ResumingClient;
  let client: Client;
  let transport: StreamableHTTPClientTransport;

  /** Method and status of every exchange. */
  let exchanges: string[];

  beforeEach(async () => {
    resuming = await ResumingClient.start();
    client = new Client({ name: "sdk", version: "1" });
    exchanges = [];
    transport = new StreamableHTTPClientTransport(new URL(`${resuming.harness.url}/mcp`), {
      requestInit: { headers: { authorization: "Bearer anna" } },
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        exchanges.push(`${init?.method} ${response.status}`);
        return response;
      },
    });
    await client.connect(transport);
  });
  afterEach(async () => {
    await client.close();
    await resuming.harness.close();
  });

  it("gets the answer of a call whose connection broke", async () => {
    const seen: number[] = [];
    const answer = client.callTool({ name: "mail__send" }, undefined, {
      onprogress: ({ progress }) => seen.push(progress),
    });
    await resuming.underWay();
    resuming.held.call?.onInterrupted?.(20);
    resuming.held.progress(1);
    resuming.held.end("after all");

    expect(await answer).to.deep.include({ content: [{ type: "text", text: "after all" }] });
    expect(seen).to.deep.equal([1]);
  });

  it("stops coming back when a call has failed, and keeps its stream of news", async () => {
    resuming.harness.answer = (failing) => {
      failing.onProgress?.({ progress: 1 });
      return Reply.of("error", { code: -32_000, message: "no" }, "2025");
    };
    await until("the stream of news is open", () => exchanges.includes("GET 200"));
    const failure = await client
      .callTool({ name: "mail__send" }, undefined, { onprogress: () => {} })
      .catch((error: unknown) => error);

    expect(failure).to.have.property("code", -32_000);
    await until("it came back once more", () => exchanges.includes("GET 204"), 4_000);
    expect(exchanges.filter((each) => each.startsWith("GET"))).to.deep.equal(["GET 200", "GET 204"]);
  });
});
