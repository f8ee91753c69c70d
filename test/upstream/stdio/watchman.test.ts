import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

import { expect } from "chai";

import { Watchman } from "../../../src/upstream/stdio/watchman.ts";
import { stillRunning, until } from "../../support/child-processes.ts";
import { SILENT } from "../mcp-upstream.ts";

describe("Watchman", function () {
  this.timeout(15_000);
  let warnings: string[];
  let watchman: Watchman;
  let running: number[];

  beforeEach(() => {
    warnings = [];
    running = [];
    watchman = make();
  });
  afterEach(async () => {
    await watchman.close();
    for (const pid of stillRunning(running)) process.kill(-pid, "SIGKILL");
  });

  function make(shell?: string): Watchman {
    const logger = { ...SILENT, warn: (message: string) => void warnings.push(message) };
    return new Watchman({ logger, ...(shell === undefined ? {} : { shell }) });
  }

  function start(script: string): number {
    const child: ChildProcess = spawn("/bin/sh", ["-c", script], { detached: true, stdio: "ignore" });
    running.push(child.pid ?? 0);
    return child.pid ?? 0;
  }
  const stubborn = (): number => start("trap '' TERM HUP INT; while :; do sleep 1; done");
  const obedient = (): number => start("sleep 60");
  const gone = (pid: number, withinMs: number) =>
    until("it is gone", () => stillRunning([pid]).length === 0, withinMs);

  it("is no process as long as there is nobody to watch", () => {
    expect(watchman.pid).to.equal(undefined);
  });

  it("is one process for all", () => {
    watchman.add(stubborn());
    const { pid } = watchman;
    watchman.add(stubborn());

    expect(watchman.pid).to.equal(pid);
    expect(stillRunning([pid ?? 0])).to.deep.equal([pid]);
  });

  it("kills whoever is left when the pipe ends, also those who heed nothing", async () => {
    const [polite, deaf] = [obedient(), stubborn()];
    watchman.add(polite);
    watchman.add(deaf);
    const { pid = 0 } = watchman;

    await watchman.close();

    await gone(polite, 500);
    await gone(deaf, 500);
    expect(stillRunning([pid])).to.deep.equal([]);
  });

  it("lets those live whose group was taken back", async () => {
    const [first, kept, last] = [stubborn(), stubborn(), stubborn()];
    for (const pid of [first, kept, last]) watchman.add(pid);
    watchman.remove(kept);

    await watchman.close();

    await gone(first, 500);
    await gone(last, 500);
    expect(stillRunning([kept])).to.deep.equal([kept]);
  });

  it("tells numbers apart that begin alike", async () => {
    const pid = stubborn();
    watchman.add(pid);
    watchman.remove(Math.trunc(pid / 10));

    await watchman.close();

    await gone(pid, 500);
  });

  it("ends at once when nobody is left", async () => {
    const pid = stubborn();
    watchman.add(pid);
    watchman.remove(pid);
    const began = performance.now();

    await watchman.close();

    expect(performance.now() - began).to.be.below(500);
    expect(stillRunning([pid])).to.deep.equal([pid]);
  });

  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    it(`outlives ${signal}, which is meant for the gateway`, async () => {
      const pid = stubborn();
      watchman.add(pid);
      const { pid: own = 0 } = watchman;
      // The shell needs a moment to set its traps.
      await new Promise((resolve) => setTimeout(resolve, 100));

      process.kill(own, signal);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await watchman.close();

      await gone(pid, 500);
    });
  }

  it("is in a group of its own, so that whatever is sent to the gateway's does not reach it", () => {
    watchman.add(stubborn());

    // Throws if there is no such group.
    expect(process.kill(-(watchman.pid ?? 0), 0)).to.equal(true);
  });

  it("is started again when somebody kills it, and knows everybody", async () => {
    const pid = stubborn();
    watchman.add(pid);
    const { pid: first = 0 } = watchman;

    process.kill(first, "SIGKILL");
    await until("there is another one", () => watchman.pid !== first);
    await watchman.close();

    await gone(pid, 500);
    expect(warnings).to.deep.equal(["watchman of the child processes lost"]);
  });

  it("says so where there is no shell, and nothing else fails", async () => {
    const without = make("/no/such/shell");

    without.add(stubborn());
    await until("it was said", () => warnings.length > 0);
    without.remove(1);
    await without.close();

    expect(warnings).to.deep.equal(["watchman of the child processes lost"]);
  });

  it("needs next to no memory", async function () {
    if (process.platform !== "linux") return;
    watchman.add(stubborn());
    await new Promise((resolve) => setTimeout(resolve, 100));

    const rollup = readFileSync(`/proc/${watchman.pid}/smaps_rollup`, "utf8");

    const own = Number(/Private_Dirty:\s+(\d+)/.exec(rollup)?.[1]);
    expect(own, "KiB of its own").to.be.below(2_048);
  });
});
