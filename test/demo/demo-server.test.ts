import { spawn } from "node:child_process";
import { once } from "node:events";
import { text as textFrom } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { Client as ClientV2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { expect } from "chai";

const PROGRAM = fileURLToPath(new URL("../../src/demo/demo-server.js", import.meta.url));
const COMMAND = { command: process.execPath, args: [PROGRAM] };
const INFO = { name: "demo-test", version: "1" };

interface CallOptions {
  readonly onprogress?: (event: { progress: number }) => void;
  readonly signal?: AbortSignal;
}

interface Connected {
  /** Both SDKs name these methods alike; their types differ in details that do not matter here. */
  readonly client: Omit<ClientV1, "callTool" | "request">;
  readonly call: (
    name: string,
    args: Record<string, unknown>,
    options?: CallOptions,
  ) => Promise<Record<string, unknown>>;
}

async function connectV1(): Promise<Connected> {
  const client = new ClientV1(INFO);
  await client.connect(new StdioV1(COMMAND));
  return {
    client,
    call: (name, args, options) => client.callTool({ name, arguments: args }, undefined, options),
  };
}

async function connectV2(mode: "legacy" | "auto" | { pin: string }): Promise<Connected> {
  const client = new ClientV2(INFO, { versionNegotiation: { mode } });
  await client.connect(new StdioV2(COMMAND));
  return {
    client: client as unknown as ClientV1,
    call: (name, args, options) => client.callTool({ name, arguments: args }, options),
  };
}

const CLIENTS: Readonly<Record<string, () => Promise<Connected>>> = {
  "SDK v1": connectV1,
  "SDK v2, legacy": () => connectV2("legacy"),
  "SDK v2, auto": () => connectV2("auto"),
  "SDK v2, pinned to 2026-07-28": () => connectV2({ pin: "2026-07-28" }),
};

for (const [title, connect] of Object.entries(CLIENTS)) {
  describe(`the demo server with ${title}`, function () {
    this.timeout(15_000);
    let client: Connected["client"];
    let call: Connected["call"];

    before(async () => {
      ({ client, call } = await connect());
    });
    after(() => client.close());

    it("introduces itself", () => {
      expect(client.getServerVersion()).to.deep.include({ name: "switchgear-demo" });
      expect(client.getInstructions()).to.contain("demo");
      expect(client.getServerCapabilities()).to.have.all.keys("tools", "resources", "prompts", "completions");
    });

    it("lists its tools with descriptions, schemas and hints", async () => {
      const { tools } = await client.listTools();

      expect(tools.map(({ name }) => name)).to.deep.equal([
        "echo",
        "add",
        "now",
        "countdown",
        "roll_dice",
        "word_count",
      ]);
      for (const tool of tools) {
        expect(tool.description, tool.name).to.have.length.above(20);
        expect(tool.annotations?.readOnlyHint, tool.name).to.equal(true);
        expect(tool.inputSchema.type, tool.name).to.equal("object");
      }
    });

    it("answers with structured content that fits the output schema", async () => {
      await client.listTools();

      const result = await call("add", { a: 2, b: 0.5 });

      expect(result["structuredContent"]).to.deep.equal({ sum: 2.5 });
      expect(result["content"]).to.deep.equal([{ type: "text", text: '{"sum":2.5}' }]);
    });

    it("reports every step of a countdown before its result", async () => {
      const seen: number[] = [];

      const result = await call(
        "countdown",
        { steps: 4, seconds: 0.1 },
        { onprogress: ({ progress }) => seen.push(progress) },
      );

      expect(result["structuredContent"]).to.deep.equal({ steps: 4, seconds: 0.1 });
      // When the last event arrives in one piece with the result, the clients of the SDK drop it.
      expect(seen.slice(0, 3)).to.deep.equal([1, 2, 3]);
    });

    it("tells the model what is wrong with its arguments", async () => {
      const result = await call("roll_dice", { sides: 1 });

      expect(result["isError"]).to.equal(true);
      expect(result["content"]).to.deep.equal([
        { type: "text", text: 'The argument "sides" must be from 2 to 1000.' },
      ]);
    });

    it("refuses a tool that it does not have", async () => {
      const refused = await call("delete_everything", {}).then(
        () => undefined,
        (error: unknown) => error,
      );

      expect(refused).to.have.property("message").that.contains("Unknown tool: delete_everything");
    });

    it("lets a countdown be cancelled, and goes on", async () => {
      const caller = new AbortController();
      const running = call(
        "countdown",
        { steps: 1, seconds: 60 },
        { signal: caller.signal, onprogress: () => caller.abort() },
      );
      const outcome = await running.then(
        () => "answered",
        () => "cancelled",
      );
      const next = await call("echo", { text: "still here" });

      expect(outcome).to.equal("cancelled");
      expect(next["content"]).to.deep.equal([{ type: "text", text: "still here" }]);
    });

    it("has a resource and a template", async () => {
      const { resources } = await client.listResources();
      const { resourceTemplates } = await client.listResourceTemplates();
      const welcome = await client.readResource({ uri: resources[0]?.uri ?? "" });
      const greeting = await client.readResource({ uri: "demo://greeting/Ada%20L." });

      expect(resourceTemplates[0]?.uriTemplate).to.equal("demo://greeting/{name}");
      expect(welcome.contents[0]).to.have.property("text").that.contains("# Welcome");
      expect(greeting.contents[0]).to.include({ uri: "demo://greeting/Ada%20L.", text: "Hello, Ada L.!" });
    });

    it("has prompts with arguments, and completes them", async () => {
      const { prompts } = await client.listPrompts();
      const prompt = await client.getPrompt({ name: "explain", arguments: { topic: "gravity" } });
      const completed = await client.complete({
        ref: { type: "ref/prompt", name: "plan_weekend" },
        argument: { name: "city", value: "p" },
      });

      expect(prompts.map(({ name }) => name)).to.deep.equal(["explain", "plan_weekend"]);
      expect(prompt.messages[0]?.content)
        .to.have.property("text")
        .that.contains("Explain gravity to a beginner");
      expect(completed.completion.values).to.deep.equal(["Paris", "Prague"]);
    });
  });
}

describe("the demo server as a program", function () {
  this.timeout(15_000);

  it("answers what came before the end of its input, then leaves", async () => {
    const child = spawn(process.execPath, [PROGRAM], { stdio: ["pipe", "pipe", "inherit"] });
    const output = textFrom(child.stdout);
    child.stdin.end('{"jsonrpc":"2.0","id":1,"method":"ping"}\n\nnonsense\n');

    const [code] = (await once(child, "exit")) as [number];

    expect(code).to.equal(0);
    expect(
      (await output)
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).to.have.deep.members([
      { jsonrpc: "2.0", id: 1, result: {} },
      { jsonrpc: "2.0", id: null, error: { code: -32700, message: "Parse error" } },
    ]);
  });

  it("leaves in the middle of a countdown when its client goes", async () => {
    const child = spawn(process.execPath, [PROGRAM], { stdio: ["pipe", "pipe", "inherit"] });
    const call = { name: "countdown", arguments: { steps: 2, seconds: 0.2 }, _meta: { progressToken: 1 } };
    child.stdin.write(
      `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { ...call, arguments: { steps: 60, seconds: 60 } } })}\n`,
    );
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/call", params: call })}\n`);
    await once(child.stdout, "data");
    child.stdin.end();

    const [code] = (await once(child, "exit")) as [number];

    expect(code).to.equal(0);
  });
});
