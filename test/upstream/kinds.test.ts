import { expect } from "chai";

import { type HttpTool, NewHttpTool } from "../../src/domain/http-tool.ts";
import { rejection } from "../support/refusal.ts";
import { McpUpstream, NEVER, speaks2025, toolCall } from "./mcp-upstream.ts";
import { PoolBench } from "./pool-bench.ts";

const STDIO_SERVER = `
  const { createInterface } = require("node:readline");
  createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return;
    const result = method === "initialize"
      ? { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "child", version: "1" } }
      : { method, pid: process.pid, token: process.env.TOKEN, args: process.argv.slice(1), params };
    console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
  });
`;

describe("kinds of upstreams in the pool", function () {
  this.timeout(10_000);
  let bench: PoolBench;
  let upstream: McpUpstream;

  beforeEach(async () => {
    upstream = await McpUpstream.start();
    bench = new PoolBench({
      expand: (text) => text.replace("${TOKEN}", "s3cret").replace("${URL}", upstream.url),
    });
  });
  afterEach(async () => {
    await bench.close();
    await upstream.close();
  });

  it("starts a program, once for all scopes and eras, with expanded values", async () => {
    bench.define("child", {
      command: process.execPath,
      args: ["-e", STDIO_SERVER, "${TOKEN}"],
      env: { TOKEN: "${TOKEN}" },
    });

    const replies = await Promise.all(
      [toolCall("a", { scope: "anna" }), toolCall("b", { scope: "ben", era: "2026" })].map((call) =>
        bench.pool.call("child", call),
      ),
    );

    const [anna, ben] = replies.map(({ value }) => value);
    expect(anna).to.deep.include({ method: "tools/call", token: "s3cret", args: ["s3cret"] });
    expect(anna?.["pid"]).to.equal(ben?.["pid"]);
    expect(bench.pool.status("child")).to.deep.include({
      state: "ready",
      connections: 1,
      era: "2025",
      pid: anna?.["pid"],
    });
    expect(bench.pool.status("child").stderrTail).to.equal("");
  });

  it("tells what a program said before it died", async () => {
    bench.define("broken", {
      command: process.execPath,
      args: ["-e", 'console.error("no config"); process.exit(3)'],
    });

    const error = await rejection(() => bench.pool.call("broken", toolCall("a")));

    expect(error).to.deep.include({ code: "upstream_unavailable", outcome: "not_sent" });
    expect(error.details["stderr_tail"]).to.contain("no config");
    expect(bench.pool.status("broken")).to.deep.include({ state: "failed", error });
  });

  it("starts a program again that was killed, at once the first time", async () => {
    bench.define("child", {
      command: process.execPath,
      args: ["-e", `console.error("up"); ${STDIO_SERVER}`],
    });
    const first = await bench.pool.call("child", toolCall("a"));
    const pid = Number(first.value["pid"]);
    process.kill(pid, "SIGKILL");
    while (bench.pool.status("child").state !== "failed")
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(bench.pool.status("child").stderrTail).to.contain("up");

    const second = await bench.pool.call("child", toolCall("a"));

    expect(second.value["pid"]).not.to.equal(pid);
    expect(bench.states("child")).to.deep.equal(["connecting", "ready", "failed", "connecting", "ready"]);
  });

  for (const type of ["http", "streamable-http", "streamableHttp"]) {
    it(`knows "${type}" as Streamable HTTP`, async () => {
      speaks2025(upstream).result("tools/call", { ok: true });
      bench.define("up", { type, url: upstream.url });

      expect((await bench.pool.call("up", toolCall("a"))).value).to.deep.equal({ ok: true });
    });
  }

  it("names a URL that is none after it was expanded, without showing it", async () => {
    bench.define("up", { type: "http", url: "http://placeholder.test/" });
    const hidden = new PoolBench({ expand: () => "s3cret: not a url" });
    hidden.define("up", { type: "http", url: "http://placeholder.test/" });

    const error = await rejection(() => hidden.pool.call("up", toolCall("a")));

    expect(error).to.deep.include({ code: "config_invalid", outcome: "not_sent" });
    expect(error.message).to.contain('"up"').and.not.contain("s3cret");
    await hidden.close();
  });

  it("lets a definition that is not the operator's reach public addresses only", async () => {
    speaks2025(upstream);
    bench.define("http", { type: "http", url: upstream.url }, { egress: "public" });
    bench.define("sse", { type: "sse", url: upstream.url }, { egress: "public" });

    for (const server of ["http", "sse"]) {
      expect(await rejection(() => bench.pool.call(server, toolCall("a")))).to.deep.include({
        code: "egress_denied",
        outcome: "not_sent",
      });
    }
    expect(upstream.seen).to.deep.equal([]);
  });

  it("serves plain HTTP tools as one server", async () => {
    const description = "Tells the weather.";
    const tool: HttpTool = {
      ...NewHttpTool.parse({ name: "weather", description, endpoint: "http://127.0.0.1:1/", method: "GET" }),
      id: "htl_1",
      revision: 1,
      created_at: "2026-01-01T00:00:00Z",
      updated_at: "2026-01-01T00:00:00Z",
    };
    const custom = new PoolBench({ httpTools: () => [tool] });
    custom.define("custom", {
      type: "http-tools",
      gateway: { enabled: true, era: "auto", sessions: "auto" },
    });

    const offering = await custom.pool.explore("custom", NEVER());

    expect(offering.tools.map(({ name }) => name)).to.deep.equal(["weather"]);
    expect(await rejection(() => custom.pool.call("custom", toolCall("weather")))).to.have.property(
      "code",
      "egress_denied",
    );
    await custom.close();
  });
});
