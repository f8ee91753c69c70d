import { expect } from "chai";

import { until } from "../wire/raw-server.ts";
import { NEVER } from "./mcp-upstream.ts";
import { PoolBench } from "./pool-bench.ts";
import { TalkingChild, askable } from "./talking-child.ts";

const ANNA = { scope: "anna", era: "2025" } as const;
const BEN = { scope: "ben", era: "2025", envelope: askable("ben") } as const;

describe("following resources of a server whose definition is dropped", function () {
  this.timeout(20_000);
  let bench: PoolBench;
  let child: TalkingChild;

  beforeEach(() => {
    bench = new PoolBench({ limits: { connectMs: 10_000 } });
    child = new TalkingChild(bench);
  });
  afterEach(() => bench.close());

  const follow = (uri: string, who: typeof ANNA | typeof BEN) => bench.pool.follow("talk", uri, who, NEVER());
  const followed = (options: object = {}) => child.call("follows", options);

  it("connects to nobody while nobody wants the server", async () => {
    await follow("a://1", ANNA);

    await bench.pool.drop("talk");
    await new Promise((resolve) => setTimeout(resolve, 50));

    expect(bench.pool.connections).to.equal(0);
    expect(bench.updates).to.deep.equal([]);
    bench.pool.unfollow("talk", "a://1", ANNA);
  });

  it("goes on under the next definition, for all who followed, and says that something may have changed", async () => {
    await follow("a://1", ANNA);
    await follow("a://2", BEN);
    const before = await child.pid();
    await bench.pool.drop("talk");
    child = new TalkingChild(bench);

    await bench.pool.explore("talk", NEVER());
    await until(() => bench.updates.length === 2);

    expect(bench.updates).to.have.deep.members([
      ["talk", "a://1", "a://1", ["anna"]],
      ["talk", "a://2", "a://2", ["ben"]],
    ]);
    expect(await child.pid()).not.to.equal(before);
    expect(await followed()).to.deep.equal(["a://1"]);
    expect(await followed(BEN)).to.deep.equal(["a://2"]);
    bench.pool.unfollow("talk", "a://1", ANNA);
    expect(await followed()).to.deep.equal([]);
  });

  it("counts on: as often as it was followed it must be given up", async () => {
    await follow("a://1", ANNA);
    await follow("a://1", ANNA);
    await bench.pool.drop("talk");
    await bench.pool.explore("talk", NEVER());
    await until(() => bench.updates.length === 2);

    bench.pool.unfollow("talk", "a://1", ANNA);
    expect(await followed()).to.deep.equal(["a://1"]);
    bench.pool.unfollow("talk", "a://1", ANNA);

    expect(await followed()).to.deep.equal([]);
  });

  it("is tried until it works, where the new definition does not yet", async () => {
    await follow("a://1", ANNA);
    await bench.pool.drop("talk");
    bench.define("talk", {
      command: process.execPath,
      args: ["-e", "setTimeout(() => process.exit(1), 200)"],
    });
    const exploring = bench.pool.explore("talk", NEVER()).catch((error: unknown) => error);
    expect(await exploring).to.have.property("code", "upstream_unavailable");

    await bench.pool.drop("talk");
    child = new TalkingChild(bench);
    await bench.pool.explore("talk", NEVER());

    await until(() => bench.updates.length === 1);
    expect(await followed()).to.deep.equal(["a://1"]);
  });

  it("is not taken up for those who have gone meanwhile", async () => {
    await follow("a://1", ANNA);
    await follow("a://2", ANNA);
    await follow("a://2", BEN);
    await bench.pool.drop("talk");
    bench.pool.release("anna");
    bench.pool.unfollow("talk", "a://2", BEN);

    await bench.pool.explore("talk", NEVER());
    await new Promise((resolve) => setTimeout(resolve, 50));

    expect(await followed()).to.deep.equal([]);
    expect(await followed(BEN)).to.deep.equal([]);
    expect(bench.updates).to.deep.equal([]);
  });

  it("is logged when the new definition's server refuses it", async () => {
    await follow("a://1", ANNA);
    await bench.pool.drop("talk");
    child = new TalkingChild(bench, { mode: "deaf" });

    await bench.pool.explore("talk", NEVER());
    await until(() => bench.warnings.length > 0);

    expect(bench.warnings).to.deep.equal(["resource not followed"]);
    expect(bench.updates).to.deep.equal([]);
  });
});
