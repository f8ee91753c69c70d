import { expect } from "chai";

import { rejection } from "../support/refusal.ts";
import { until } from "../wire/raw-server.ts";
import { NEVER, toolCall } from "./mcp-upstream.ts";
import { PoolBench } from "./pool-bench.ts";
import { type SdkUpstream, startV1 } from "./sdk-upstreams.ts";
import { TalkingChild, askable } from "./talking-child.ts";

const ANNA = { scope: "anna", envelope: askable("anna") } as const;
const CALLERS = [ANNA, { scope: "ben" }, { ...ANNA, era: "2026" }] as const;

describe("upstreams that are restarted", function () {
  this.timeout(20_000);
  let bench: PoolBench;

  beforeEach(() => {
    bench = new PoolBench({ limits: { connectMs: 10_000 } });
  });
  afterEach(() => bench.close());

  describe("over HTTP, with all sessions lost", () => {
    let upstream: SdkUpstream;

    beforeEach(async () => {
      upstream = await startV1();
      bench.define("up", { type: "http", url: upstream.url });
    });
    afterEach(() => upstream.close());

    const add = (options: Parameters<typeof toolCall>[1]) =>
      bench.pool.call(
        "up",
        toolCall("add", { params: { name: "add", arguments: { a: 1, b: 1 } }, ...options }),
      );

    /** Also lets the gateway's side of the sockets hear of it. */
    async function stop(): Promise<void> {
      await upstream.close();
      await new Promise((resolve) => setTimeout(resolve, 30));
    }

    async function restart(): Promise<void> {
      const { port } = new URL(upstream.url);
      await stop();
      upstream = await startV1(Number(port));
    }

    it("serve all callers again, in new sessions, and nobody notices", async () => {
      await Promise.all(CALLERS.map(add));

      await restart();
      const replies = await Promise.all(CALLERS.map(add));

      for (const { value } of replies) expect(value["content"]).to.deep.equal([{ type: "text", text: "2" }]);
      expect(bench.pool.status("up")).to.deep.include({ state: "ready", leases: 3 });
    });

    it("serve callers again who came while it was down and were told so", async () => {
      await Promise.all(CALLERS.map(add));
      const { port } = new URL(upstream.url);
      await stop();

      for (const caller of CALLERS)
        expect(await rejection(() => add(caller))).to.have.property("outcome", "not_sent");
      upstream = await startV1(Number(port));
      bench.laterMs += 60_000;

      for (const caller of CALLERS)
        expect((await add(caller)).value["content"]).to.deep.equal([{ type: "text", text: "2" }]);
    });

    it("are explored again on the shared connection", async () => {
      await bench.pool.explore("up", NEVER());
      await restart();

      const offering = await bench.pool.explore("up", NEVER());

      expect(offering.tools).to.have.length(2);
    });
  });

  describe("as child processes", () => {
    let child: TalkingChild;

    beforeEach(() => {
      child = new TalkingChild(bench);
    });

    it("serve all callers again, each from a new process", async () => {
      const before: unknown[] = [];
      for (const caller of CALLERS) before.push(await child.pid(caller));
      before.push(await child.pid({ scope: "carl" }), await child.pid(ANNA));
      for (const pid of new Set(before)) process.kill(Number(pid), "SIGKILL");
      await until(() => bench.pool.connections === 0);
      bench.laterMs += 60_000;

      const after: unknown[] = [];
      for (const caller of CALLERS) after.push(await child.pid(caller));

      expect(after.filter((pid) => before.includes(pid))).to.deep.equal([]);
      expect(await child.pid(ANNA)).to.equal(after[0]);
    });

    it("serve a session from its own process while the shared one cannot be started", async () => {
      const own = await child.pid(ANNA);
      const shared = Number(await child.pid());
      bench.define("talk", { command: "/nowhere/at/all" });
      process.kill(shared, "SIGKILL");
      await until(() => bench.pool.status("talk").connections === 1);

      expect(await child.pid(ANNA)).to.equal(own);
    });

    it("tell a call that was under way that it may have been executed, and begin anew with the next one", async () => {
      const own = Number(await child.pid(ANNA));
      const failed = rejection(() => child.call("slow", { ...ANNA, args: { ms: 10_000 } }));
      await new Promise((resolve) => setTimeout(resolve, 50));

      process.kill(own, "SIGKILL");

      expect(await failed).to.deep.include({ code: "upstream_broken", executed: "unknown" });
      expect(await child.pid(ANNA)).not.to.equal(own);
    });

    it("are not started again and again when they end at once each time", async () => {
      await child.pid(ANNA);
      for (let i = 0; i < 4; i++) await rejection(() => child.call("die", ANNA));

      const error = await rejection(() => child.pid(ANNA));

      expect(error).to.deep.include({ code: "upstream_unavailable", outcome: "not_sent" });
      expect(await child.pid()).to.be.a("number");
      bench.laterMs += 60_000;
      expect(await child.pid(ANNA)).to.be.a("number");
    });
  });
});
