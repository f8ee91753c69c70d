import { expect } from "chai";

import { until } from "../wire/raw-server.ts";
import { NEVER } from "./mcp-upstream.ts";
import { PoolBench } from "./pool-bench.ts";
import { TalkingChild, askable } from "./talking-child.ts";

const ANNA = { scope: "anna", envelope: askable("anna") } as const;

describe("tools that one caller's child reveals", function () {
  this.timeout(20_000);
  let bench: PoolBench;
  let child: TalkingChild;

  beforeEach(() => {
    bench = new PoolBench({ limits: { connectMs: 10_000 } });
    child = new TalkingChild(bench);
  });
  afterEach(() => bench.close());

  const isListed = async () =>
    (await bench.pool.explore("talk", NEVER())).tools.some(({ name }) => name === "hidden");
  const reveal = async (who: object): Promise<void> => {
    const before = bench.listChanges.length;
    await child.call("reveal", who);
    await until(() => bench.listChanges.length > before);
  };

  for (const [whose, who] of [
    ["a session", ANNA],
    ["a 2026 caller", { ...ANNA, era: "2026" }],
  ] as const) {
    it(`are listed when it is the child of ${whose}, until it reveals them no more`, async () => {
      expect(await isListed()).to.equal(false);

      await reveal(who);
      expect(await isListed()).to.equal(true);
      await reveal(who);

      expect(await isListed()).to.equal(false);
      expect(bench.told).to.deep.equal([]);
    });
  }

  it("are listed behind those that all have", async () => {
    const before = (await bench.pool.explore("talk", NEVER())).tools;
    await reveal(ANNA);

    const { tools } = await bench.pool.explore("talk", NEVER());

    expect(tools.slice(0, -1)).to.deep.equal(before);
    expect(tools.at(-1)).to.have.property("name", "hidden");
  });

  it("go with the session, which is told", async () => {
    await reveal(ANNA);
    expect(await isListed()).to.equal(true);

    bench.pool.release("anna");

    expect(bench.listChanges).to.have.length(2);
    expect(await isListed()).to.equal(false);
  });

  it("go with the child, though the session goes on with another one", async () => {
    await reveal(ANNA);
    await isListed();
    const pid = Number(await child.pid(ANNA));

    process.kill(pid, "SIGKILL");
    await until(() => bench.listChanges.length === 2);

    expect(await isListed()).to.equal(false);
    expect(await child.pid(ANNA)).not.to.equal(pid);
  });

  it("do not keep anybody waiting for a child that says nothing any more", async () => {
    await reveal(ANNA);
    await isListed();
    const pid = Number(await child.pid(ANNA));
    process.kill(pid, "SIGSTOP");

    expect(await isListed()).to.equal(true);

    process.kill(pid, "SIGCONT");
  });
});
