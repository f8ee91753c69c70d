import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { descendantsOf, stillRunning } from "../../support/child-processes.ts";
import { everythingCommand, filesystemCommand, memoryCommand } from "../../support/real-upstreams.ts";
import { rejection } from "../../support/refusal.ts";
import { StdioBench, call, textOf, toolCall } from "./stdio-bench.ts";

const toolNames = (value: unknown) => (value as { tools: { name: string }[] }).tools.map(({ name }) => name);

describe("StdioConnection", function () {
  this.timeout(20_000);
  let bench: StdioBench;
  let directory: string;

  beforeEach(() => {
    bench = new StdioBench();
    directory = realpathSync(mkdtempSync(join(tmpdir(), "switchgear-stdio-")));
  });
  afterEach(async () => {
    await bench.close();
    rmSync(directory, { recursive: true });
  });

  it("lists and calls tools of server-everything, with progress", async () => {
    const connection = await bench.connect(everythingCommand());
    const progress: unknown[] = [];

    const tools = await connection.call(call("tools/list"));
    const sum = await connection.call(toolCall("get-sum", { a: 2, b: 3 }));
    const long = await connection.call(
      toolCall(
        "trigger-long-running-operation",
        { duration: 0.2, steps: 4 },
        { onProgress: (params) => progress.push(params["progress"]) },
      ),
    );

    expect(toolNames(tools.value)).to.include.members(["echo", "get-sum"]);
    expect(textOf(sum.value)).to.contain("5");
    expect(long.isToolError).to.equal(false);
    expect(progress).to.deep.equal([1, 2, 3, 4]);
  });

  it("reads resources and prompts of server-everything", async () => {
    const connection = await bench.connect(everythingCommand());

    const resources = await connection.call(call("resources/list"));
    const [first] = resources.value["resources"] as { uri: string }[];
    const read = await connection.call(call("resources/read", { params: { uri: first?.uri ?? "" } }));
    const prompts = await connection.call(call("prompts/list"));

    expect(read.value["contents"]).to.be.an("array").with.length(1);
    expect(prompts.value["prompts"]).to.be.an("array").with.length.above(0);
  });

  it("keeps a knowledge graph in server-memory", async () => {
    const { command, args, env = {} } = memoryCommand(join(directory, "memory.json"));
    const connection = await bench.connect({ command, args, env });
    const entities = [{ name: "Ada", entityType: "person", observations: ["writes programs"] }];

    await connection.call(
      call("tools/call", { params: { name: "create_entities", arguments: { entities } } }),
    );
    const graph = await connection.call(toolCall("read_graph"));

    expect(textOf(graph.value)).to.contain("writes programs");
  });

  it("reads a file through server-filesystem, and hands on its refusal as an answer", async () => {
    writeFileSync(join(directory, "note.txt"), "a note");
    const connection = await bench.connect(filesystemCommand(directory));

    const read = await connection.call(toolCall("read_text_file", { path: join(directory, "note.txt") }));
    const outside = await connection.call(toolCall("read_text_file", { path: "/etc/hostname" }));

    expect(textOf(read.value)).to.equal("a note");
    expect(outside.isToolError).to.equal(true);
  });

  it("asks for progress only when the caller did, and keeps the rest of _meta", async () => {
    const connection = await bench.tools();
    const params = { name: "silent", arguments: {}, _meta: { traceparent: "00-1" } };
    const caller = new AbortController();
    const silent = (onProgress?: () => void) =>
      void connection
        .call(call("tools/call", { params, signal: caller.signal, onProgress }))
        .catch(() => undefined);
    silent();
    silent(() => undefined);

    const reply = await connection.call(toolCall("received"));
    caller.abort();

    const received = JSON.parse(textOf(reply.value)) as { id: number; params: { _meta?: object } }[];
    const [without, withProgress] = received.slice(-3);
    expect(without?.params["_meta"]).to.deep.equal({ traceparent: "00-1" });
    expect(withProgress?.params["_meta"]).to.deep.equal({
      traceparent: "00-1",
      progressToken: withProgress?.id,
    });
    expect(params["_meta"], "the caller's params are not touched").to.deep.equal({ traceparent: "00-1" });
  });

  it("sends notifications", async () => {
    const connection = await bench.tools();

    connection.notify("notifications/roots/list_changed", { a: 1 });
    const reply = await connection.call(toolCall("received"));

    expect(JSON.parse(textOf(reply.value))).to.deep.include({
      jsonrpc: "2.0",
      method: "notifications/roots/list_changed",
      params: { a: 1 },
    });
  });

  it("ends the child and whatever it started, and tells nobody of an end that was asked for", async () => {
    const connection = await bench.fixture("misbehaving-start", "grandchild-holds-stdout");
    const processes = [connection.pid, ...descendantsOf(connection.pid)];
    expect(stillRunning(processes)).to.have.length(2);

    await connection.close();

    expect(stillRunning(processes)).to.deep.equal([]);
    expect(bench.closed).to.deep.equal([]);
  });

  it("fails the calls in flight when it is closed, and refuses later ones", async () => {
    const connection = await bench.tools();
    const sent = new Promise<void>((resolve) => {
      setTimeout(resolve, 50);
    });
    const calling = rejection(() => connection.call(toolCall("silent")));
    await sent;

    await Promise.all([connection.close(), connection.close()]);

    expect((await calling).code).to.equal("upstream_broken");
    expect((await rejection(() => connection.call(toolCall("echo")))).executed).to.equal("not_executed");
  });

  it("ends a child that ignores the end of its input and SIGTERM", async () => {
    const connection = await bench.fixture("misbehaving-start", "stubborn", {
      patience: { afterEofMs: 50, afterTermMs: 100 },
    });

    await connection.close();

    expect(stillRunning([connection.pid])).to.deep.equal([]);
  });
});
