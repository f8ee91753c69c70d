import { spawn } from "node:child_process";
import { once } from "node:events";
import { symlinkSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { processStarts, startsFromPs } from "../../../src/upstream/stdio/process-starts.ts";
import { until } from "../../support/child-processes.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const NOBODY = 4_194_303;

describe("processStarts", () => {
  for (const [what, starts] of [
    ["of this system", processStarts],
    ["told by ps", startsFromPs],
  ] as const) {
    describe(what, () => {
      it("says the same of a process each time", async () => {
        const first = (await starts([process.pid])).get(process.pid);
        const second = (await starts([process.pid, process.pid])).get(process.pid);

        expect(first?.started).to.be.a("string").and.not.equal("");
        expect(first?.zombie).to.equal(false);
        expect(second).to.deep.equal(first);
      });

      it("knows nothing of a process that is not there", async () => {
        expect([...(await starts([NOBODY, process.pid])).keys()]).to.deep.equal([process.pid]);
        expect((await starts([NOBODY])).size).to.equal(0);
        expect((await starts([])).size).to.equal(0);
      });

      it("tells a process that nobody has reaped from one that lives", async () => {
        // The shell does not ask for the end of its child.
        const shell = spawn("/bin/sh", ["-c", "sleep 0.3 & echo $!; exec sleep 10"]);
        const [line] = (await once(shell.stdout, "data")) as [Buffer];
        const pid = Number(line.toString());

        const zombie = await until("it has ended", async () => {
          const start = (await starts([pid])).get(pid);
          return start?.zombie === true && start;
        });

        expect(zombie.started).not.to.equal("");
        shell.kill("SIGKILL");
        await once(shell, "exit");
      });
    });
  }

  it("tells processes with names that look like fields apart", async () => {
    const program = join(temporaryFolder(), "x) Z 1 (y");
    symlinkSync("/bin/sleep", program);
    const child = spawn(program, ["10"], { stdio: "ignore" });
    await once(child, "spawn");
    const pid = child.pid ?? 0;

    const start = (await processStarts([pid])).get(pid);

    expect(start?.zombie).to.equal(false);
    child.kill("SIGKILL");
  });
});
