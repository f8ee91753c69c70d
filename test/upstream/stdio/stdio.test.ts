import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { UpstreamUnavailable } from "../../../src/domain/upstream-errors.ts";
import { descendantsOf, stillRunning } from "../../support/child-processes.ts";
import { rejection } from "../../support/refusal.ts";
import { StdioBench, textOf, toolCall } from "./stdio-bench.ts";

describe("connectStdio", function () {
  this.timeout(15_000);
  let bench: StdioBench;
  let directory: string;
  let before: readonly number[];

  beforeEach(() => {
    bench = new StdioBench();
    directory = mkdtempSync(join(tmpdir(), "switchgear-stdio-"));
    before = descendantsOf(process.pid);
  });
  afterEach(async () => {
    await bench.close();
    rmSync(directory, { recursive: true });
  });

  const childrenLeft = () =>
    stillRunning(descendantsOf(process.pid).filter((pid) => !before.includes(pid))).length;

  it("resolves when the child has introduced itself", async () => {
    const connection = await bench.tools();

    expect(connection.era).to.equal("2025");
    expect(connection.serverInfo).to.deep.equal({ name: "fixture", version: "1" });
    expect(connection.capabilities).to.deep.equal({ tools: { listChanged: true } });
    expect(connection.instructions).to.equal("None.");
    expect(stillRunning([connection.pid])).to.deep.equal([connection.pid]);
  });

  it("reports a command that does not exist at once, with what to do", async () => {
    const started = performance.now();

    const error = await rejection(() => bench.connect({ command: "no-such-command-4470" }));

    expect(error).to.be.instanceOf(UpstreamUnavailable);
    expect(error.message).to.contain('the command "no-such-command-4470" was not found');
    expect(error.details).to.include({ server: "fixture", command: "no-such-command-4470", errno: "ENOENT" });
    expect(error.fix[0]?.command).to.equal("command -v no-such-command-4470");
    expect(error.executed).to.equal("not_executed");
    expect(performance.now() - started).to.be.below(5_000);
  });

  it("shows no command to paste when the name would mean something to a shell", async () => {
    const error = await rejection(() => bench.connect({ command: "no-such; rm -rf x" }));

    expect(error.fix[0]?.label).to.contain("Install");
    expect(error.fix[0]).not.to.have.property("command");
  });

  it("reports a file that may not be executed", async () => {
    const file = join(directory, "server");
    writeFileSync(file, "#!/bin/sh\n", { mode: 0o600 });

    const error = await rejection(() => bench.connect({ command: file }));

    expect(error.message).to.contain("may not be executed");
    expect(error.fix[0]?.command).to.equal(`chmod +x ${file}`);
  });

  it("names the system's reason when a command cannot be started for another one", async () => {
    const error = await rejection(() => bench.tools({ args: ["x".repeat(3_000_000)] }));

    expect(error.code).to.equal("upstream_unavailable");
    expect(error.message).to.contain("could not be started (E2BIG)");
  });

  it("reports a missing working directory as such, not as a missing command", async () => {
    const cwd = join(directory, "gone");

    const error = await rejection(() => bench.tools({ cwd }));

    expect(error.message).to.contain(`its working directory "${cwd}" does not exist`);
    expect(error.fix[0]?.command).to.equal(`mkdir -p ${cwd}`);
  });

  it("starts the child in the declared working directory", async () => {
    const connection = await bench.tools({ cwd: directory });

    const reply = await connection.call(toolCall("directory"));

    expect(textOf(reply.value)).to.equal(directory);
  });

  it("reports an early death with exit code, last words and a fix that fits them", async () => {
    const started = performance.now();

    const error = await rejection(() => bench.fixture("misbehaving-start", "dies"));

    expect(error).to.be.instanceOf(UpstreamUnavailable);
    expect(error.message).to.contain("exited with code 7 before it answered the MCP handshake");
    expect(error.details).to.include({ exit_code: 7, signal: null, command: process.execPath });
    expect(error.details["stderr_tail"]).to.contain("API_TOKEN is not set");
    expect(error.fix[0]?.label).to.contain('"env"');
    expect(performance.now() - started).to.be.below(5_000);
  });

  it("reports the signal that ended a child", async () => {
    const error = await rejection(() => bench.fixture("misbehaving-start", "dies-of-signal"));

    expect(error.message).to.contain("was ended by SIGKILL");
    expect(error.details).to.include({ exit_code: null, signal: "SIGKILL" });
  });

  it("reports a child that the handshake kills", async () => {
    const error = await rejection(() => bench.fixture("misbehaving-start", "dies-of-initialize"));

    expect(error.code).to.equal("upstream_unavailable");
    expect(error.details["exit_code"]).to.equal(1);
    expect(error.executed).to.equal("not_executed");
  });

  it("never shows the value of a declared variable", async () => {
    const error = await rejection(() =>
      bench.fixture("misbehaving-start", "leaks-a-secret", { env: { API_TOKEN: "planted-secret-1" } }),
    );

    expect(error.details["stderr_tail"]).to.equal("starting with ${API_TOKEN}");
  });

  it("keeps the end of a flood on stderr", async () => {
    const error = await rejection(() => bench.fixture("misbehaving-start", "floods-stderr"));

    const tail = error.details["stderr_tail"] as string;
    expect(tail.endsWith("the last line")).to.equal(true);
    expect(tail.length).to.be.at.most(4_096);
  });

  it("gives up a child that never answers, and leaves no process", async () => {
    const error = await rejection(() =>
      bench.fixture("misbehaving-start", "mute", { limits: { connectMs: 300 } }),
    );

    expect(error.code).to.equal("upstream_unavailable");
    expect(error.message).to.contain("no answer to the MCP handshake in 300 ms");
    expect(error.fix[0]?.label).to.contain('"stdio" argument');
    expect(childrenLeft()).to.equal(0);
  });

  it("stops when the caller gives up, and leaves no process", async () => {
    const caller = new AbortController();
    const connecting = bench.fixture("misbehaving-start", "mute", { signal: caller.signal });
    setTimeout(() => caller.abort(), 100);

    const error = await rejection(() => connecting);

    expect(error.code).to.equal("cancelled");
    expect(childrenLeft()).to.equal(0);
  });

  it("starts nothing for a caller who has gone already", async () => {
    const error = await rejection(() => bench.tools({ signal: AbortSignal.abort() }));

    expect(error.code).to.equal("cancelled");
    expect(childrenLeft()).to.equal(0);
  });

  it("bears banners on stdout and shows them among the last words", async () => {
    const connection = await bench.fixture("misbehaving-start", "banner");

    expect(connection.serverInfo).to.deep.equal({ name: "fixture", version: "1" });
    expect(connection.stderrTail).to.equal(
      "[stdout] Welcome to the fixture!\n[stdout] Listening on stdio ...\n",
    );
    expect(bench.logged).to.have.length(1);
  });

  it("waits for a slow start within the limit", async () => {
    const connection = await bench.fixture("misbehaving-start", "slow-start");

    expect(connection.era).to.equal("2025");
  });

  it("hands down declared variables and what every program needs, and nothing else", async () => {
    const connection = await bench.tools({
      env: { DECLARED: "yes" },
      baseEnv: { PATH: "/usr/bin:/bin", HOME: "/home/x", SWITCHGEAR_KEY: "never", AWS_SECRET: "never" },
    });

    const environment = JSON.parse(textOf((await connection.call(toolCall("environment"))).value)) as object;

    expect(environment).to.include({ PATH: "/usr/bin:/bin", HOME: "/home/x", DECLARED: "yes" });
    expect(environment).not.to.have.any.keys("SWITCHGEAR_KEY", "AWS_SECRET");
  });

  it("passes arguments to the program as they are, without a shell", async () => {
    const marker = join(directory, "marker");
    const error = await rejection(() =>
      bench.fixture("misbehaving-start", `dies; touch ${marker}`, { limits: { connectMs: 1_000 } }),
    );

    expect(error.code).to.equal("upstream_unavailable");
    expect(() => rmSync(marker)).to.throw("ENOENT");
  });
});
