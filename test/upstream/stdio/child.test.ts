import { expect } from "chai";

import { Child, type ChildCommand } from "../../../src/upstream/stdio/child.ts";
import { descendantsOf, stillRunning, until } from "../../support/child-processes.ts";

const PATIENCE = { afterEofMs: 50, afterTermMs: 200 };

describe("Child", function () {
  this.timeout(10_000);
  let open: Child[];

  beforeEach(() => {
    open = [];
  });
  afterEach(() => Promise.all(open.map((child) => child.stop({ afterEofMs: 0, afterTermMs: 0 }))));

  /** A script of the shell that is on every POSIX system. */
  async function start(script: string, overrides: Partial<ChildCommand> = {}): Promise<Child> {
    const child = await Child.start({
      command: "/bin/sh",
      args: ["-c", script],
      cwd: undefined,
      environment: { PATH: process.env["PATH"] ?? "" },
      declared: {},
      ...overrides,
    });
    open.push(child);
    return child;
  }

  it("rejects with the system's error when there is no such program", async () => {
    const failure = await start("", { command: "/no/such/program" }).then(
      () => undefined,
      (error: unknown) => error,
    );

    expect(failure).to.have.property("code", "ENOENT");
  });

  it("settles with the exit code", async () => {
    const child = await start("exit 9");

    expect(await child.exited).to.deep.equal({ code: 9, signal: null });
  });

  it("settles with the signal", async () => {
    const child = await start("kill -9 $$");

    expect(await child.exited).to.deep.equal({ code: null, signal: "SIGKILL" });
  });

  it("has read all of stderr when it settles", async () => {
    const child = await start("echo one >&2; echo two >&2; exit 1");

    await child.exited;

    expect(child.stderr.text).to.equal("one\ntwo\n");
  });

  it("settles although another program holds its output open", async () => {
    const child = await start("sleep 600 & exit 0");
    const started = performance.now();

    await child.exited;

    expect(performance.now() - started).to.be.below(5_000);
  });

  it("is the head of a process group of its own, which ends with it", async () => {
    const child = await start("sleep 600 & sleep 600 & wait");
    const started = await until("both have started", () => {
      const found = descendantsOf(child.pid);
      return found.length === 2 && found;
    });

    await child.stop(PATIENCE);

    expect(stillRunning([child.pid, ...started])).to.deep.equal([]);
  });

  it("lets a program leave by itself when its input ends", async () => {
    const child = await start("trap 'exit 99' TERM; cat > /dev/null; exit 4");

    await child.stop({ afterEofMs: 5_000, afterTermMs: 5_000 });

    expect(await child.exited).to.deep.equal({ code: 4, signal: null });
  });

  it("asks one that does not leave, then", async () => {
    const child = await start("trap 'exit 5' TERM; while :; do sleep 0.01; done");
    await until("the trap is set", () => descendantsOf(child.pid).length > 0);

    await child.stop(PATIENCE);

    expect(await child.exited).to.deep.equal({ code: 5, signal: null });
  });

  it("kills one that does not listen", async () => {
    const child = await start("trap '' TERM; while :; do sleep 0.01; done");
    await until("the trap is set", () => descendantsOf(child.pid).length > 0);

    await child.stop(PATIENCE);

    expect(await child.exited).to.deep.equal({ code: null, signal: "SIGKILL" });
  });

  it("is stopped once, however often it is asked to", async () => {
    const child = await start("cat > /dev/null");

    const first = child.stop(PATIENCE);
    const second = child.stop();

    expect(second).to.equal(first);
    await first;
  });

  it("ends what a dead program has left behind, unasked", async () => {
    const child = await start("sleep 600 & echo $!; exit 0");
    const [pid] = (await child.stdout.toArray()) as Buffer[];

    await until("nobody is left", () => stillRunning([Number(String(pid))]).length === 0);

    expect(stillRunning([Number(String(pid))])).to.deep.equal([]);
  });

  it("gives the program the environment that it was given, and no more", async () => {
    const child = await start("env", { environment: { PATH: "/usr/bin:/bin", A: "1" } });

    const output = Buffer.concat((await child.stdout.toArray()) as Buffer[]).toString("utf8");

    const names = output
      .trim()
      .split("\n")
      .map((line) => line.split("=")[0] ?? "");
    expect(names).to.include.members(["A", "PATH"]);
    // What a shell sets by itself, and what Node gives every child while coverage is measured.
    const usual = ["A", "PATH", "PWD", "OLDPWD", "SHLVL", "_", "NODE_V8_COVERAGE"];
    expect(names.filter((name) => !usual.includes(name))).to.deep.equal([]);
  });

  it("survives writes to a program that has gone", async () => {
    const child = await start("exit 0");
    await child.exited;

    child.stdin.write("anybody?\n");
    await child.stop(PATIENCE);

    expect(child.stdin.destroyed).to.equal(true);
  });
});
