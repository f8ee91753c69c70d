import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { expect } from "chai";

import type { AskingClient } from "../support/asking-client.ts";
import { askingV1 } from "../support/asking-v1.ts";
import { askingV2 } from "../support/asking-v2.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { CLIENT_KINDS, type Json } from "../support/mcp-clients.ts";
import { everythingCommand, filesystemCommand, memoryCommand } from "../support/real-upstreams.ts";

interface Found {
  readonly matches: readonly {
    readonly id: string;
    readonly inputSchema?: { readonly properties: object };
  }[];
}

const textOf = (result: Json): string => (result["content"] as { text: string }[])[0]?.text ?? "";

describe("search mode with real servers and clients", function () {
  this.timeout(60_000);
  let root: string;
  let gateway: Gateway;

  before(async () => {
    root = mkdtempSync(join(tmpdir(), "switchgear-files-"));
    const commands = {
      everything: everythingCommand(),
      files: filesystemCommand(root),
      memory: memoryCommand(join(root, "memory.jsonl")),
    };
    const entries = Object.entries(commands).map(([name, { command, args, env }]) => [
      name,
      { command, args, ...(env && { env }) },
    ]);
    gateway = await startGateway({
      mcpServers: Object.fromEntries(entries) as Json,
      gateway: { mode: "search", startup: { grace: "20s" } },
    });
  });
  after(async () => {
    const { left } = await gateway.stop();
    rmSync(root, { recursive: true, force: true });
    expect(left).to.deep.equal([]);
  });

  for (const kind of CLIENT_KINDS)
    it(`lets ${kind.title} find, describe and call a tool that it was not shown`, async () => {
      const client = await kind.connect(gateway);

      const listed = (await client.list("tools")).map(({ name }) => name);
      const found = JSON.parse(
        textOf(await client.callTool("search_tools", { query: "the sum of two numbers" })),
      ) as Found;
      const [best] = found.matches;
      const described = textOf(await client.callTool("describe_tools", { ids: [best?.id] }));
      const called = await client.callTool("call_tool", {
        name: best?.id,
        arguments: { a: 2, b: 3 },
      });
      const byName = await client.callTool("everything__echo", { message: "hello" });
      await client.close();

      expect(listed).to.deep.equal(["search_tools", "describe_tools", "call_tool", "call_read_tool"]);
      expect(best?.id).to.equal("everything__get-sum");
      expect(Object.keys(best?.inputSchema?.properties ?? {})).to.deep.equal(["a", "b"]);
      expect(described).to.include('"server":"everything"');
      expect(textOf(called)).to.include("5");
      expect(textOf(byName)).to.include("hello");
      expect(client.instructions).to.include("search_tools");
    });

  it("is written and read through call_tool as by name", async () => {
    const client = await CLIENT_KINDS[0]?.connect(gateway);
    const path = join(root, "note.txt");

    await client?.callTool("call_tool", {
      tool: "files__write_file",
      args: JSON.stringify({ path, content: "hi" }),
    });
    const read = await client?.callTool("files__read_text_file", { path });
    await client?.close();

    expect(textOf(read ?? {})).to.equal("hi");
  });

  const answers = {
    capabilities: { elicitation: { form: {} } },
    answer: { "elicitation/create": () => ({ action: "accept", content: { name: "Anna" } }) },
  };
  const url = () => new URL(gateway.endpoint());
  const init = () => ({ requestInit: { headers: gateway.headers } });
  const asking: readonly (readonly [string, () => Promise<AskingClient>])[] = [
    ["SDK v1", () => askingV1(new HttpV1(url(), init()), answers)],
    ["SDK v2", () => askingV2(new HttpV2(url(), init()), { pin: "2026-07-28" }, answers)],
  ];
  for (const [title, connect] of asking)
    it(`brings the question of a tool that call_tool calls to a user of ${title}`, async () => {
      const client = await connect();

      const answer = await client.callTool("call_tool", {
        name: "everything__trigger-elicitation-request",
        arguments: {},
      });
      await client.close();

      expect(client.heard.questions.map(({ method }) => method)).to.deep.equal(["elicitation/create"]);
      expect(JSON.stringify(answer)).to.include("Anna");
    });

  it("costs a client a fraction, and the status says so", async () => {
    const response = await fetch(`${gateway.url}/api/v1/status`, { headers: gateway.headers });

    const { lists } = (await response.json()) as {
      lists: { effective: string; tokens: Record<string, number> }[];
    };

    expect(lists[0]?.effective).to.equal("search");
    expect(lists[0]?.tokens["search"]).to.be.below((lists[0]?.tokens["full"] ?? 0) / 4);
  });
});
