import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import { stillRunning } from "../support/child-processes.ts";
import { rejection } from "../support/refusal.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { until } from "../wire/raw-server.ts";
import { NEVER, toolCall } from "./mcp-upstream.ts";
import { PoolBench } from "./pool-bench.ts";
import { TalkingChild, askable } from "./talking-child.ts";

const MINUTE = 60_000;
const PROGRAM = { command: process.execPath, args: ["-e", "console.error('no disk'); process.exit(3)"] };

describe("child processes of upstreams", function () {
  this.timeout(20_000);
  let bench: PoolBench;

  beforeEach(() => {
    bench = new PoolBench({ limits: { connectMs: 10_000 } });
  });
  afterEach(() => bench.close());

  const call = (server = "up") => bench.pool.call(server, toolCall("who"));

  describe("that end at their start", () => {
    /** Each attempt when it may be made. */
    async function die(times: number): Promise<GatewayError[]> {
      const errors: GatewayError[] = [];
      for (let n = 0; n < times; n++) {
        errors.push(await rejection(() => call()));
        bench.laterMs += 31_000;
      }
      return errors;
    }

    it("are parked at the fifth time; whoever waited for it hears so already", async () => {
      bench.define("up", PROGRAM);

      const codes = (await die(5)).map(({ code }) => code);

      expect(codes).to.deep.equal([...Array.from({ length: 4 }, () => "upstream_unavailable"), "crash_loop"]);
    });

    it("are told of with their last words, at once and without a start", async () => {
      bench.define("up", PROGRAM);
      await die(5);
      const connecting = bench.states("up").filter((state) => state === "connecting").length;

      const error = await rejection(() => call());

      expect(error).to.include({ code: "crash_loop", executed: "not_executed" });
      expect(error.details).to.deep.include({ server: "up", exit_code: 3, stderr_tail: "no disk" });
      expect(bench.states("up").filter((state) => state === "connecting")).to.have.length(connecting);
      expect(bench.pool.status("up").error?.code).to.equal("crash_loop");
    });

    it("get one attempt after five minutes, and the next after ten", async () => {
      bench.define("up", PROGRAM);
      await die(5);

      bench.laterMs += 5 * MINUTE;
      const parole = await rejection(() => call());

      expect(parole).to.include({ code: "crash_loop", retryAfterMs: 10 * MINUTE });
    });

    it("begin afresh when their definition is dropped", async () => {
      bench.define("up", PROGRAM);
      await die(5);

      await bench.pool.drop("up");

      expect((await rejection(() => call())).code).to.equal("upstream_unavailable");
    });

    it("are no loop when the program cannot even be started", async () => {
      bench.define("up", { command: "/no/such/program" });

      const codes = new Set((await die(7)).map(({ code }) => code));

      expect([...codes]).to.deep.equal(["upstream_unavailable"]);
    });
  });

  describe("that end in their work", () => {
    it("are counted, and parked when it never ends", async () => {
      const child = new TalkingChild(bench, { name: "up" });
      for (let n = 0; n < 5; n++) {
        await child.pid();
        await rejection(() => child.call("die"));
        await until(() => bench.pool.status("up").state === "failed");
        bench.laterMs += 31_000;
      }

      const { error, restarts } = bench.pool.status("up");

      expect([error?.code, restarts]).to.deep.equal(["crash_loop", 4]);
      expect((await rejection(() => child.pid())).code).to.equal("crash_loop");
    });

    it("are shown with their number, their start and their restarts", async () => {
      const child = new TalkingChild(bench, { name: "up" });
      const pid = await child.pid();
      const first = bench.pool.status("up");

      await rejection(() => child.call("die"));
      const next = await child.pid();

      expect(first).to.deep.include({ pid, restarts: 0 });
      expect(Date.parse(first.startedAt ?? "")).to.be.closeTo(Date.now(), 10_000);
      expect(bench.pool.status("up")).to.deep.include({ pid: next, restarts: 1 });
    });

    it("do not park others when the child of one caller ends", async () => {
      const child = new TalkingChild(bench, { name: "up" });
      const anna = { scope: "anna", envelope: askable("anna") };
      await child.pid();
      for (let n = 0; n < 6; n++) {
        await rejection(() => child.call("die", anna));
        bench.laterMs += 31_000;
      }

      expect(await child.pid()).to.be.a("number");
      expect(bench.pool.status("up")).to.deep.include({ restarts: 0 });
    });
  });

  describe("that nobody uses", () => {
    it("are ended, and started again by the next call", async () => {
      const child = new TalkingChild(bench, { name: "up", gateway: { idle: "200ms" } });
      const pid = Number(await child.pid());

      await until(() => bench.pool.status("up").state === "idle");
      await until(() => stillRunning([pid]).length === 0);
      const next = await child.pid();

      expect(next).not.to.equal(pid);
      expect(bench.states("up")).to.deep.equal(["connecting", "ready", "idle", "connecting", "ready"]);
      expect(bench.pool.status("up")).to.deep.include({ restarts: 0 });
    });

    it("live as long as somebody calls, however long the call takes", async () => {
      const child = new TalkingChild(bench, { name: "up", gateway: { idle: "200ms" } });
      const pid = await child.pid();

      await child.call("slow", { args: { ms: 600 } });
      for (let n = 0; n < 6; n++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(await child.pid()).to.equal(pid);
      }
    });

    it("live as long as somebody follows a resource", async () => {
      const child = new TalkingChild(bench, { name: "up", gateway: { idle: "150ms" } });
      const pid = await child.pid();
      const who = { scope: "anna", era: "2025" } as const;
      await bench.pool.follow("up", "file:///a", who, NEVER());

      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(bench.pool.status("up")).to.deep.include({ state: "ready", pid });
      bench.pool.unfollow("up", "file:///a", who);

      await until(() => bench.pool.status("up").state === "idle");
    });

    it("live for ever where the setting is 0", async () => {
      const child = new TalkingChild(bench, { name: "up", gateway: { idle: 0 } });
      const pid = await child.pid();

      bench.laterMs += 24 * 60 * MINUTE;
      await new Promise((resolve) => setTimeout(resolve, 200));

      expect(await child.pid()).to.equal(pid);
    });
  });

  describe("beyond the limit of the gateway", () => {
    beforeEach(async () => {
      await bench.close();
      bench = new PoolBench({ limits: { connectMs: 10_000, children: 1 } });
    });

    it("are refused clearly, and started as soon as there is room", async () => {
      const one = new TalkingChild(bench, { name: "one" });
      const two = new TalkingChild(bench, { name: "two" });
      await one.pid();

      const error = await rejection(() => two.pid());
      await bench.pool.drop("one");
      await until(() => bench.pool.children === 0);

      expect(error).to.include({ code: "upstream_busy", executed: "not_executed" });
      expect(error.message).to.contain('"two"').and.to.contain("1 child processes");
      expect(await two.pid()).to.be.a("number");
    });
  });

  it("are noted in the folder while they run, and not after the end of the pool", async () => {
    const folder = join(temporaryFolder(), "children");
    await bench.close();
    bench = new PoolBench({ childrenFolder: folder, limits: { connectMs: 10_000 } });
    const child = new TalkingChild(bench, { name: "up" });
    const pid = await child.pid();
    await until(() => existsSync(folder) && readdirSync(folder).length === 1);
    const [name] = readdirSync(folder);

    await bench.close();

    expect(name).to.equal(`${process.pid}-${String(pid)}.json`);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  describe("for which somebody has to act", () => {
    for (const code of ["needs_input", "config_invalid"] as const) {
      it(`are hardly tried by themselves after ${code}, but whenever somebody calls`, async () => {
        let attempts = 0;
        await bench.close();
        bench = new PoolBench({
          expand: () => {
            attempts += 1;
            throw new GatewayError(code, "TOKEN is not set.");
          },
        });
        bench.define("up", PROGRAM);
        const who = { scope: "anna", era: "2025" } as const;
        const following = rejection(() => bench.pool.follow("up", "file:///a", who, NEVER()));

        expect((await following).code).to.equal(code);
        bench.laterMs += 31_000;
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(attempts).to.equal(1);
        expect((await rejection(() => call())).code).to.equal(code);

        expect(attempts).to.equal(2);
      });
    }
  });
});
