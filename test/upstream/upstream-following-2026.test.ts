import { expect } from "chai";

import { until } from "../wire/raw-server.ts";
import { NEVER } from "./mcp-upstream.ts";
import { PoolBench } from "./pool-bench.ts";
import { type Mode, TalkingChild, askable } from "./talking-child.ts";

const ANNA = { scope: "t/anna", era: "2026", envelope: askable("anna") } as const;
const BEN = { scope: "t/ben", era: "2026", envelope: askable("ben") } as const;
const CARL = { scope: "t/carl", era: "2026" } as const;
type Who = typeof ANNA | typeof BEN | typeof CARL;

describe("following resources of a child by 2026 callers", function () {
  this.timeout(20_000);
  let bench: PoolBench;
  let child: TalkingChild;

  beforeEach(() => {
    bench = new PoolBench({ limits: { connectMs: 10_000 } });
  });
  afterEach(() => bench.close());

  const use = (mode: Mode = "2025", gateway: object = {}): void => {
    child = new TalkingChild(bench, { mode, gateway });
  };
  const follow = (uri: string, whose: Who) => bench.pool.follow("talk", uri, whose, NEVER());
  const unfollow = (uri: string, whose: Who) => bench.pool.unfollow("talk", uri, whose);
  const followed = async (whose: object = {}) => (await child.call("follows", whose)) as unknown;
  const touch = (whose: object) => child.call("touch", { ...whose, args: { uri: "a://1" } });

  it("happens on the process of their calls, if they can be asked", async () => {
    use();
    const before = await child.pid(ANNA);

    await follow("a://1", ANNA);
    await touch(ANNA);
    await until(() => bench.updates.length === 1);

    expect(bench.updates).to.deep.equal([["talk", "a://1", "a://1", ["t/anna"]]]);
    expect(await followed(ANNA)).to.deep.equal(["a://1"]);
    expect(await child.pid(ANNA)).to.equal(before);
    expect(await followed()).to.deep.equal([]);
    unfollow("a://1", ANNA);
    expect(await followed(ANNA)).to.deep.equal([]);
  });

  it("makes that process where there is none yet, and the first call goes there", async () => {
    use();

    await follow("a://1", ANNA);

    expect(bench.pool.status("talk")).to.deep.include({ connections: 2, leases: 1 });
    expect(await followed(ANNA)).to.deep.equal(["a://1"]);
    expect(bench.pool.status("talk").leases).to.equal(1);
  });

  it("is one process for all that one caller follows, also when it begins at once", async () => {
    use();

    await Promise.all(["a://1", "a://2", "a://3"].map((uri) => follow(uri, ANNA)));

    expect(bench.pool.status("talk").leases).to.equal(1);
    expect(await followed(ANNA)).to.have.members(["a://1", "a://2", "a://3"]);
  });

  it("stays what later calls prefer, whichever process was used last", async () => {
    use();
    await follow("a://1", ANNA);
    const home = await child.pid(ANNA);
    const slow = () => child.call("slow", { ...ANNA, args: { ms: 150 } });

    const pids = (await Promise.all([slow(), slow()])).map(({ pid }) => pid);

    expect(pids[0]).to.equal(home);
    expect(pids[1]).not.to.equal(home);
    expect([await child.pid(ANNA), await child.pid(ANNA)]).to.deep.equal([home, home]);
  });

  it("goes to the process that is busy with the caller's only call", async () => {
    use();
    const home = await child.pid(ANNA);
    const busy = child.call("slow", { ...ANNA, args: { ms: 300 } });

    await follow("a://1", ANNA);

    expect(await busy).to.deep.equal({ pid: home });
    expect(bench.pool.status("talk").leases).to.equal(1);
    expect(await followed(ANNA)).to.deep.equal(["a://1"]);
  });

  it("is kept apart: nobody hears of what another's process changes", async () => {
    use();
    await follow("a://1", ANNA);
    await follow("a://1", BEN);

    await touch(BEN);
    await until(() => bench.updates.length > 0);

    expect(bench.updates).to.deep.equal([["talk", "a://1", "a://1", ["t/ben"]]]);
    unfollow("a://1", BEN);
    expect([await followed(BEN), await followed(ANNA)]).to.deep.equal([[], ["a://1"]]);
  });

  it("goes on after the end of the process without a call, and says that something may have changed", async () => {
    use();
    await follow("a://1", ANNA);
    const pid = Number(await child.pid(ANNA));

    process.kill(pid, "SIGKILL");
    await until(() => bench.updates.length > 0);

    expect(bench.updates).to.deep.equal([["talk", "a://1", "a://1", ["t/anna"]]]);
    expect(await followed(ANNA)).to.deep.equal(["a://1"]);
    expect(await child.pid(ANNA)).not.to.equal(pid);
    await touch(ANNA);
    await until(() => bench.updates.length > 1);
  });

  it("goes on under the next definition, on a process of their own again", async () => {
    use();
    await follow("a://1", ANNA);
    await bench.pool.drop("talk");

    await bench.pool.explore("talk", NEVER());
    await until(() => bench.updates.length > 0);

    expect(await followed(ANNA)).to.deep.equal(["a://1"]);
    expect(await followed()).to.deep.equal([]);
  });

  it("happens on the shared process for those who can be asked nothing, or where all are to share", async () => {
    use();
    await follow("a://1", CARL);
    expect(await followed()).to.deep.equal(["a://1"]);
    expect(bench.pool.status("talk")).to.deep.include({ connections: 1, leases: 0 });
    await bench.pool.drop("talk");
    use("2025", { sessions: "shared" });

    await follow("a://2", ANNA);

    expect(await followed()).to.have.members(["a://1", "a://2"]);
    expect(bench.pool.status("talk").leases).to.equal(0);
  });

  it("happens on the process of the 2026 era where there is one", async () => {
    use("both");

    await follow("a://1", ANNA).catch(() => undefined);

    expect(bench.pool.status("talk").leases).to.equal(0);
  });

  it("is refused as the process says, and leaves nothing followed", async () => {
    use();

    const error = await follow("secret:1", ANNA).catch((reason: unknown) => reason);

    expect(error).to.deep.include({ code: "upstream_error", outcome: "rejected" });
    expect(await followed(ANNA)).to.deep.equal([]);
  });
});
