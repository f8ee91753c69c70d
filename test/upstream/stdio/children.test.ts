import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import type { ChildCommand } from "../../../src/upstream/stdio/child.ts";
import { Children, type ChildrenDeps } from "../../../src/upstream/stdio/children.ts";
import { stillRunning, until } from "../../support/child-processes.ts";
import { rejection } from "../../support/refusal.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { SILENT } from "../mcp-upstream.ts";

describe("Children", function () {
  this.timeout(10_000);
  let folder: string;
  let open: Children[];

  beforeEach(() => {
    folder = join(temporaryFolder(), "children");
    open = [];
  });
  afterEach(() => Promise.all(open.map((children) => children.close())));

  function make(change: Partial<ChildrenDeps> = {}): Children {
    const children = new Children({ limit: 8, folder, logger: SILENT, ...change });
    open.push(children);
    return children;
  }

  const shell = (script: string): ChildCommand => ({
    command: "/bin/sh",
    args: ["-c", script],
    cwd: undefined,
    environment: { PATH: process.env["PATH"] ?? "" },
    declared: {},
  });
  const notes = (): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);

  it("counts and notes a child as long as it is there", async () => {
    const children = make();

    const child = await children.start("s", shell("cat"));
    await until("it is noted", () => notes().length === 1);
    expect(children.count).to.equal(1);
    await child.stop();

    await until("it is forgotten", () => children.count === 0);
    expect(notes()).to.deep.equal([]);
  });

  it("forgets a child that ends by itself, and one that could not be started", async () => {
    const children = make();

    const child = await children.start("s", shell("exit 3"));
    await child.exited;
    const failure = await children
      .start("s", { ...shell(""), command: "/no/such/program" })
      .catch((error: unknown) => error);

    expect(failure).to.have.property("code", "ENOENT");
    await until("it is forgotten", () => children.count === 0);
    expect(notes()).to.deep.equal([]);
  });

  it("counts a child until its whole group is gone", async () => {
    const children = make();

    const child = await children.start("s", shell("(trap '' TERM; sleep 0.5) & exit 0"));
    await child.exited;
    expect(children.count).to.equal(1);

    await until("the group is gone", () => children.count === 0);
  });

  it("refuses the child beyond the limit, with a way out, and takes one when there is room", async () => {
    const children = make({ limit: 2 });
    const [first] = await Promise.all([children.start("a", shell("cat")), children.start("b", shell("cat"))]);

    const error = await rejection(() => children.start("c", shell("cat")));
    await first.stop();
    await until("there is room", () => children.count === 1);
    const third = await children.start("c", shell("cat"));

    expect(error).to.deep.include({ code: "upstream_busy", executed: "not_executed" });
    expect(error.message).to.contain('"c"').and.to.contain("2 child processes");
    expect(error.details).to.deep.equal({ server: "c", limit: 2 });
    expect(error.fix[0]?.label).to.contain("gateway.limits.children");
    await third.stop();
  });

  it("does not let many who come at once pass the limit together", async () => {
    const children = make({ limit: 3 });

    const started = await Promise.allSettled(
      Array.from({ length: 10 }, () => children.start("s", shell("cat"))),
    );
    const good = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));

    expect(good).to.have.length(3);
    await Promise.all(good.map((child) => child.stop()));
  });

  it("waits at its close for children that stop, and leaves none", async () => {
    const children = make();
    const child = await children.start(
      "s",
      shell("trap 'sleep 0.2; exit 0' TERM; while :; do sleep 0.05; done"),
    );

    child.stop({ afterEofMs: 0, afterTermMs: 2_000 }).catch(() => undefined);
    await children.close();

    expect(stillRunning([child.pid])).to.deep.equal([]);
    expect(notes()).to.deep.equal([]);
  });

  it("does without notes and a watchman where it is given no folder", async () => {
    const children = make({ folder: undefined });

    const child = await children.start("s", shell("cat"));
    await child.stop();
    await children.close();

    expect(children.count).to.equal(0);
  });

  it("finds nothing to sweep in a new folder, and tells nobody", async () => {
    const told: number[] = [];
    const children = make({ onOrphans: (count) => told.push(count) });

    await Promise.all([children.sweep(), children.sweep()]);

    expect(told).to.deep.equal([]);
  });
});
