import { expect } from "chai";

import type { JsonObject } from "../../src/domain/json.ts";
import { descendantsOf, stillRunning } from "../support/child-processes.ts";
import { until } from "../wire/raw-server.ts";
import { PoolBench } from "./pool-bench.ts";
import { Answering, type Mode, TalkingChild, askable } from "./talking-child.ts";

describe("children in the pool of 2026 callers that can be asked", function () {
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
  const status = () => bench.pool.status("talk");
  const anna = { scope: "anna", envelope: askable("anna") } as const;
  const ben = { scope: "ben", envelope: askable("ben") } as const;
  const modernAnna = { ...anna, era: "2026" } as const;

  it("are one for each call at the same time, and the same one for calls one after the other", async () => {
    use();
    const slow = () => child.call("slow", { ...modernAnna, args: { ms: 200 } });

    const [first, second] = await Promise.all([slow(), slow()]);
    const third = await child.pid(modernAnna);
    const fourth = await child.pid(modernAnna);

    expect(first["pid"]).not.to.equal(second["pid"]);
    expect([first["pid"], second["pid"]]).to.include(third);
    expect(fourth).to.equal(third);
    expect(status().leases).to.equal(2);
  });

  it("ask the user of the very call, also when there are several at once", async () => {
    use();
    const users = Array.from({ length: 4 }, (_, i) => new Answering({ action: "accept", content: { i } }));

    const said = await Promise.all(
      users.map(({ onRequest }) => child.call("ask", { ...modernAnna, onRequest })),
    );

    expect(said.map(({ answer }) => answer)).to.deep.equal(
      users.map((_, i) => ({ action: "accept", content: { i } })),
    );
    expect(users.map(({ asked }) => asked.length)).to.deep.equal([1, 1, 1, 1]);
  });

  it("are never lent to another principal, or to a client that can do something else", async () => {
    use();
    const own = await child.pid(modernAnna);

    const others = [
      await child.pid({ ...ben, era: "2026" }),
      await child.pid({ ...modernAnna, envelope: askable("another client") }),
      await child.pid({ ...modernAnna, era: "2025" }),
    ];

    expect(new Set([own, ...others]).size).to.equal(4);
  });

  it("refuse questions outside of a call: nobody could be reached", async () => {
    use();

    await child.call("askLater", modernAnna);
    await new Promise((resolve) => setTimeout(resolve, 60));

    expect(bench.questions).to.deep.equal([]);
    expect(await child.call("answers", modernAnna)).to.have.nested.property("[0].code", -32601);
  });

  it("are asked once whether they speak 2026, and leave no process behind that does not", async () => {
    use();
    const before = descendantsOf(process.pid);

    await child.pid(modernAnna);
    await child.pid(modernAnna);
    await until(() => status().connections === 2);

    const begun = () => stillRunning(descendantsOf(process.pid).filter((pid) => !before.includes(pid)));
    await until(() => begun().length === 2);
    expect(status()).to.deep.include({ connections: 2, leases: 1, eras: ["2025"] });
  });

  it("are one for all of them where the program speaks 2026", async () => {
    use("both");
    const shared = await child.pid({ scope: "carl" });

    const said = await Promise.all(
      [modernAnna, { ...ben, era: "2026" } as const].map((who) => child.call("who", who)),
    );

    const [ofAnna, ofBen] = said;
    expect(ofAnna?.["pid"]).to.equal(ofBen?.["pid"]).and.not.equal(shared);
    const meta = ofAnna?.["meta"] as JsonObject | undefined;
    expect(meta?.["io.modelcontextprotocol/clientCapabilities"]).to.deep.equal(anna.envelope.capabilities);
    expect(status()).to.deep.include({ connections: 2, leases: 0, eras: ["2025", "2026"] });
  });

  it("work where the program ends at the first word of 2026", async () => {
    use("dies");
    const user = new Answering({ action: "accept" });

    const { answer } = await child.call("ask", { ...modernAnna, onRequest: user.onRequest });

    expect(answer).to.deep.equal({ action: "accept" });
    expect(status()).to.deep.include({ state: "ready", eras: ["2025"] });
    expect(status()).not.to.have.property("error");
  });

  for (const era of ["2026", "assume-2026"] as const) {
    it(`share one child with all others where the operator says ${era}`, async () => {
      use("both", { era });

      const pids = await Promise.all([child.pid({ scope: "carl" }), child.pid(modernAnna), child.pid(ben)]);

      expect(new Set(pids).size).to.equal(1);
      expect(status()).to.deep.include({ connections: 1, leases: 0, eras: ["2026"] });
    });
  }

  it("are exclusive without asking where the operator says 2025", async () => {
    use("both", { era: "2025" });

    await child.pid(modernAnna);

    expect(status()).to.deep.include({ connections: 2, leases: 1, eras: ["2025"] });
  });
});
