import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { ChildNotes } from "../../../src/upstream/stdio/child-notes.ts";
import { processStarts } from "../../../src/upstream/stdio/process-starts.ts";
import { stillRunning, until } from "../../support/child-processes.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { SILENT } from "../mcp-upstream.ts";

const DEAD_GATEWAY = { pid: 4_194_303, started: "1@long-ago" };

describe("ChildNotes", function () {
  this.timeout(10_000);
  let folder: string;
  let warnings: { message: string; fields: object }[];
  let notes: ChildNotes;
  let running: number[];

  beforeEach(() => {
    folder = join(temporaryFolder(), "children");
    warnings = [];
    running = [];
    notes = make(folder);
  });
  afterEach(() => {
    for (const pid of stillRunning(running)) process.kill(-pid, "SIGKILL");
  });

  function make(at: string): ChildNotes {
    const warn = (message: string, fields: object = {}) => void warnings.push({ message, fields });
    return new ChildNotes({ folder: at, logger: { ...SILENT, warn } });
  }

  /** A process with a group of its own that heeds nothing. */
  function start(): number {
    const { pid = 0 } = spawn("/bin/sh", ["-c", "trap '' TERM HUP INT; while :; do sleep 1; done"], {
      detached: true,
      stdio: "ignore",
    });
    running.push(pid);
    return pid;
  }

  async function note(pid: number, change: object = {}): Promise<string> {
    const { started = "" } = (await processStarts([pid])).get(pid) ?? {};
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `1-${pid}.json`);
    writeFileSync(
      file,
      JSON.stringify({ pid, started, pgid: pid, server: "s", gateway: DEAD_GATEWAY, ...change }),
    );
    return file;
  }

  const files = (): readonly string[] => readdirSync(folder);
  const gone = (pid: number) => until("it is gone", () => stillRunning([pid]).length === 0);

  it("notes a child with its start and its gateway, for the owner's eyes only", async () => {
    const pid = start();

    await notes.add(pid, "weather");

    const [name = ""] = files();
    const content = JSON.parse(readFileSync(join(folder, name), "utf8")) as Record<string, unknown>;
    expect(content).to.deep.include({ pid, pgid: pid, server: "weather" });
    expect(content["gateway"]).to.deep.include({ pid: process.pid });
    expect(content["started"]).to.be.a("string").and.not.equal("");
  });

  it("forgets a child that is gone", async () => {
    const pid = start();
    await notes.add(pid, "weather");

    await notes.remove(pid);
    await notes.remove(pid);

    expect(files()).to.deep.equal([]);
  });

  it("notes nothing of a child that has ended before", async () => {
    await notes.add(4_194_303, "weather");

    expect(files()).to.deep.equal([]);
  });

  it("warns once when the folder cannot be written, and goes on", async () => {
    const blocked = join(temporaryFolder(), "file");
    writeFileSync(blocked, "");
    const failing = make(blocked);

    await failing.add(start(), "weather");
    await failing.add(start(), "weather");

    expect(warnings.map(({ message }) => message)).to.deep.equal(["child process not noted"]);
  });

  describe("at the start of a gateway", () => {
    it("kills the group that a dead gateway has left behind, says so, and forgets it", async () => {
      const pid = start();
      await note(pid);

      const killed = await notes.sweep();

      await gone(pid);
      expect(killed).to.equal(1);
      expect(files()).to.deep.equal([]);
      expect(warnings).to.deep.equal([
        {
          message: "orphaned child process killed",
          fields: { server: "s", pid, gateway: DEAD_GATEWAY.pid },
        },
      ]);
    });

    it("leaves the children of a living gateway alone, its own among them", async () => {
      const [own, other] = [start(), start()];
      await notes.add(own, "mine");
      const gateway = start();
      const { started = "" } = (await processStarts([gateway])).get(gateway) ?? {};
      await note(other, { gateway: { pid: gateway, started } });

      const killed = await notes.sweep();

      expect(killed).to.equal(0);
      expect(stillRunning([own, other])).to.have.length(2);
      expect(files()).to.have.length(2);
    });

    it("never kills a process that merely has the number of a child", async () => {
      const pid = start();
      await note(pid, { started: "17@another-time" });

      const killed = await notes.sweep();

      expect(killed).to.equal(0);
      expect(stillRunning([pid])).to.deep.equal([pid]);
      expect(files()).to.deep.equal([]);
    });

    it("does not take a process with the number of the dead gateway for it", async () => {
      const pid = start();
      await note(pid, { gateway: { pid: process.pid, started: "17@another-time" } });

      expect(await notes.sweep()).to.equal(1);

      await gone(pid);
    });

    it("forgets children that are gone", async () => {
      await note(4_194_302, { started: "17@another-time" });

      expect(await notes.sweep()).to.equal(0);
      expect(files()).to.deep.equal([]);
    });

    for (const [what, text] of [
      ["is cut off", '{"pid": 12'],
      [
        "names the group of everybody",
        '{"pid":1,"started":"x","pgid":1,"server":"s","gateway":{"pid":9,"started":"y"}}',
      ],
      [
        "names the gateway's own group",
        '{"pid":7,"started":"x","pgid":0,"server":"s","gateway":{"pid":9,"started":"y"}}',
      ],
      ["is of another kind", "[]"],
    ] as const) {
      it(`does nothing with a file that ${what}, and removes it when it is no longer being written`, async () => {
        mkdirSync(folder, { recursive: true });
        const file = join(folder, "1-2.json");
        writeFileSync(file, text);

        expect(await notes.sweep()).to.equal(0);
        expect(files()).to.deep.equal(["1-2.json"]);
        utimesSync(file, 1, 1);
        await notes.sweep();

        expect(files()).to.deep.equal([]);
      });
    }

    it("finds nothing where there is no folder", async () => {
      expect(await make(join(folder, "none")).sweep()).to.equal(0);
    });
  });
});
